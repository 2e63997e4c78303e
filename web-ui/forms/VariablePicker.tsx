// Picks a variable, or a new one, or what the platform knows of the subscriber.

import { useEffect, useRef, useState } from "react";
import { t } from "../canvas/texts.ts";
import { Icon } from "../icons/Icon.tsx";
import { FUNCTIONS, functionTitle, variableChip } from "./chips.ts";
import { useForm } from "./context.ts";

interface Entry {
  source: string;
  label: string;
  look: string;
}

interface Group {
  title: string;
  entries: Entry[];
}

interface PickerProps {
  /** Whether the field may carry secrets. */
  secrets: boolean;
  onPick: (source: string) => void;
}

export function VariablePicker({ secrets, onPick }: PickerProps) {
  const [open, setOpen] = useState(false);
  const anchor = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    if (!open) return;
    const close = (event: Event) => {
      if (event.target instanceof Node && !anchor.current?.contains(event.target)) setOpen(false);
    };
    document.addEventListener("pointerdown", close);
    return () => document.removeEventListener("pointerdown", close);
  }, [open]);
  return (
    <span className="popover-anchor" ref={anchor}>
      <button
        type="button"
        className="tool tool-wide"
        title={t("insert-variable")}
        aria-label={t("insert-variable")}
        aria-expanded={open}
        onMouseDown={(event) => event.preventDefault()}
        onClick={() => setOpen(!open)}
      >
        <Icon name="variable-plus" />
      </button>
      {open && (
        <PickerBox
          secrets={secrets}
          onDone={(source) => {
            setOpen(false);
            if (source) onPick(source);
          }}
        />
      )}
    </span>
  );
}

function PickerBox({ secrets, onDone }: { secrets: boolean; onDone: (source: string) => void }) {
  const { variables } = useForm();
  const [query, setQuery] = useState("");
  const typed = query.trim();
  const groups = groupsOf(
    variables.map(({ path }) => path).filter((path) => secrets || !path.startsWith("env.")),
    typed,
  );
  const first = groups[0]?.entries[0];
  const fresh = /^[\p{L}_][\p{L}\d_]*$/u.test(typed) ? typed : "";
  return (
    <div className="popover-box picker">
      <input
        type="text"
        className="form-control form-control-sm"
        placeholder={t("find-variable")}
        aria-label={t("find-variable")}
        // biome-ignore lint/a11y/noAutofocus: the person has just asked for this field
        autoFocus
        value={query}
        onChange={(event) => setQuery(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") onDone("");
          if (event.key !== "Enter") return;
          event.preventDefault();
          if (first) onDone(first.source);
          else if (fresh) onDone(`#{client.${fresh}}`);
        }}
      />
      <div className="picker-list">
        {groups.map((group) => (
          <div key={group.title}>
            <div className="picker-group">{group.title}</div>
            {group.entries.map((entry) => (
              <button
                key={entry.source}
                type="button"
                className="picker-entry"
                onClick={() => onDone(entry.source)}
              >
                <span className={`chip chip-${entry.look}`}>{entry.label}</span>
              </button>
            ))}
          </div>
        ))}
        {fresh && (
          <div>
            <div className="picker-group">{t("new-variable")}</div>
            <button type="button" className="picker-entry" onClick={() => onDone(`#{client.${fresh}}`)}>
              <span className="chip chip-client">{fresh}</span> {t("scope-client")}
            </button>
            <button type="button" className="picker-entry" onClick={() => onDone(`#{${fresh}}`)}>
              <span className="chip chip-run">{fresh}</span> {t("scope-run")}
            </button>
            {secrets && (
              <button type="button" className="picker-entry" onClick={() => onDone(`#{env.${fresh}}`)}>
                <span className="chip chip-env">{fresh}</span> {t("scope-env")}
              </button>
            )}
          </div>
        )}
      </div>
    </div>
  );
}

const ORDER = ["client", "run", "person", "global", "env"] as const;

function groupsOf(paths: string[], query: string): Group[] {
  const wanted = query.toLowerCase();
  const fits = (label: string) => label.toLowerCase().includes(wanted);
  const chips = paths.map((path) => ({ source: `#{${path}}`, ...variableChip(path) }));
  const groups: Group[] = ORDER.map((scope) => ({
    title: t(`scope-${scope}`),
    entries: chips.filter((chip) => chip.look === scope && fits(chip.label)),
  }));
  const functions = FUNCTIONS.map((name) => ({
    source: `[${name}]`,
    label: functionTitle(name),
    look: "function",
  }));
  groups.splice(1, 0, { title: t("scope-function"), entries: functions.filter(({ label }) => fits(label)) });
  return groups.filter((group) => group.entries.length > 0);
}
