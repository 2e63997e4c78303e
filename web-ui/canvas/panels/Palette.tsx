// What can be added: actions in groups, and where it fits, triggers and notes. By mouse and by keyboard.

import { useReactFlow } from "@xyflow/react";
import { type CSSProperties, useEffect, useLayoutEffect, useRef, useState } from "react";
import { Icon } from "../../icons/Icon.tsx";
import type { CatalogKind } from "../catalog.ts";
import { freshId, type Position } from "../document.ts";
import { addAction, addBlock, addNote, addTrigger, setTransition } from "../edits.ts";
import { newAction, newTrigger, rounded } from "../make.ts";
import { type PaletteRequest, useCatalog, useEditor, useEditorStore } from "../store.ts";
import { t } from "../texts.ts";

export function Palette() {
  const request = useEditor((state) => state.palette);
  return request && <PaletteBox request={request} />;
}

interface Entry {
  key: string;
  icon: string;
  title: string;
  help: string;
  group: string;
  pick: () => void;
}

function PaletteBox({ request }: { request: PaletteRequest }) {
  const store = useEditorStore();
  const box = useRef<HTMLDivElement>(null);
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(0);
  const entries = useEntries(request).filter((entry) => fits(entry, query));
  const style = usePlace(request, box);
  const close = () => store.getState().set({ palette: null });

  useEffect(() => {
    const outside = (event: Event) => {
      if (event.target instanceof Node && !box.current?.contains(event.target))
        store.getState().set({ palette: null });
    };
    // The click that opened the palette is still on its way.
    const timer = setTimeout(() => document.addEventListener("pointerdown", outside, true));
    return () => {
      clearTimeout(timer);
      document.removeEventListener("pointerdown", outside, true);
    };
  }, [store]);

  const pick = (entry: Entry | undefined) => {
    if (!entry) return;
    close();
    entry.pick();
  };
  const chosen = Math.min(active, entries.length - 1);
  return (
    <div
      ref={box}
      className="palette card"
      style={style}
      role="dialog"
      aria-label={t("palette")}
      onKeyDown={(event) => {
        if (event.key === "Escape") close();
        if (event.key === "Enter") pick(entries[chosen]);
        if (event.key === "ArrowDown") setActive(Math.min(chosen + 1, entries.length - 1));
        if (event.key === "ArrowUp") setActive(Math.max(chosen - 1, 0));
        if (["Enter", "ArrowDown", "ArrowUp"].includes(event.key)) event.preventDefault();
      }}
    >
      <div className="palette-search">
        <Icon name="search" />
        <input
          type="text"
          placeholder={t("palette-search")}
          aria-label={t("palette-search")}
          data-testid="palette-search"
          // biome-ignore lint/a11y/noAutofocus: the person has just asked for this field
          autoFocus
          value={query}
          onChange={(event) => {
            setQuery(event.target.value);
            setActive(0);
          }}
        />
      </div>
      <div className="palette-list">
        {entries.map((entry, index) => (
          <div key={entry.key}>
            {entry.group !== entries[index - 1]?.group && <div className="palette-group">{entry.group}</div>}
            <button
              type="button"
              className={`palette-entry ${index === chosen ? "active" : ""}`}
              data-testid={`palette-${entry.key}`}
              title={entry.help}
              onPointerMove={() => setActive(index)}
              onFocus={() => setActive(index)}
              onClick={() => pick(entry)}
            >
              <Icon name={entry.icon} />
              <span>
                <span className="palette-title">{entry.title}</span>
                <span className="palette-help">{entry.help}</span>
              </span>
            </button>
          </div>
        ))}
        {entries.length === 0 && <p className="palette-none">{t("nothing-found")}</p>}
      </div>
    </div>
  );
}

function fits(entry: Entry, query: string): boolean {
  const wanted = query.trim().toLowerCase();
  return `${entry.title} ${entry.help} ${entry.key}`.toLowerCase().includes(wanted);
}

function useEntries(request: PaletteRequest): Entry[] {
  const store = useEditorStore();
  const catalog = useCatalog();
  const place = useNewPlace(request);
  const entry = (kind: CatalogKind, group: string, pick: () => void): Entry => ({
    key: kind.kind,
    icon: kind.icon,
    title: kind.title,
    help: kind.help,
    group,
    pick,
  });
  const actions = catalog.catalog.actions.map((kind) =>
    entry(kind, kind.group_title, () => {
      const action = newAction(kind);
      const { edit, show } = store.getState();
      const { block, index, source } = request;
      if (block) {
        edit((doc) => addAction(doc, block, action, index));
        show({ type: "block", id: block }, action.id);
        return;
      }
      const id = freshId("b");
      edit((doc) => {
        const next = addBlock(doc, { id, name: "", position: place(), actions: [action] });
        return source ? setTransition(next, source, { block: id }) : next;
      });
      show({ type: "block", id }, action.id);
    }),
  );
  if (!request.triggers) return byGroup(actions);
  const triggers = catalog.catalog.triggers.map((kind) => {
    const made = entry(kind, t("triggers"), () => {
      const trigger = newTrigger(kind, place());
      store.getState().edit((doc) => addTrigger(doc, trigger));
      store.getState().show({ type: "trigger", id: trigger.id });
    });
    return { ...made, key: `trigger-${kind.kind}` };
  });
  const note: Entry = {
    key: "note",
    icon: "note",
    title: t("note"),
    help: t("note-help"),
    group: t("other"),
    pick: () => {
      const id = freshId("n");
      store.getState().edit((doc) => addNote(doc, { id, text: "", position: place() }));
      store.getState().show({ type: "note", id });
    },
  };
  return [...byGroup(actions), ...triggers, note];
}

/** Groups in the order they first come up, each with all of its entries. */
function byGroup(entries: Entry[]): Entry[] {
  const groups = [...new Set(entries.map((entry) => entry.group))];
  return groups.flatMap((group) => entries.filter((entry) => entry.group === group));
}

/** Where a new card goes: to the asked place, else into the middle of what is seen. */
function useNewPlace(request: PaletteRequest): () => Position {
  const flow = useReactFlow();
  return () => {
    if (request.position) return rounded(request.position);
    const board = document.querySelector(".board")?.getBoundingClientRect();
    const middle = {
      x: (board?.left ?? 0) + (board?.width ?? 0) / 2,
      y: (board?.top ?? 0) + (board?.height ?? 0) / 3,
    };
    const { x, y } = flow.screenToFlowPosition(middle);
    return rounded({ x: x - 132, y });
  };
}

/** Keeps the palette on the screen, next to where it was asked for. On a phone the styles take over. */
function usePlace(request: PaletteRequest, box: { current: HTMLDivElement | null }): CSSProperties {
  const [style, setStyle] = useState<CSSProperties>({
    left: request.x,
    top: request.y,
    visibility: "hidden",
  });
  useLayoutEffect(() => {
    const size = box.current?.getBoundingClientRect();
    if (!size) return;
    const fit = (wanted: number, length: number, whole: number) =>
      Math.max(8, Math.min(wanted, whole - length - 8));
    setStyle({ left: fit(request.x, size.width, innerWidth), top: fit(request.y, size.height, innerHeight) });
  }, [request, box]);
  return style;
}
