// An action on a card.

import type { MouseEvent, ReactNode } from "react";
import { Icon } from "../../icons/Icon.tsx";
import type { Port } from "../catalog.ts";
import { type Action, isObject, type Json, type JsonObject } from "../document.ts";
import { useCatalog, useEditor, useEditorStore } from "../store.ts";
import { rich, t } from "../texts.ts";
import { ConditionText } from "./ConditionText.tsx";
import { PortRow } from "./Port.tsx";
import { objects, sentence, text } from "./sentences.tsx";
import { RichText, TemplateText, VariableChip } from "./TemplateText.tsx";

interface ActionProps {
  block: string;
  action: Action;
}

const SPEAKING: ReadonlySet<string> = new Set(["send_message", "ask"]);

interface Branching {
  /** The option with the branches. */
  list: string;
  /** What a branch without a name is called. */
  face: (branch: JsonObject) => ReactNode;
}

/** Kinds that are drawn with a line per branch. */
const BRANCHING: Record<string, Branching> = {
  branch: {
    list: "branches",
    face: (branch) => {
      const condition = text(branch.condition);
      if (!condition) return <span className="missing">{t("no-condition")}</span>;
      return <ConditionText source={condition} />;
    },
  },
  switch: {
    list: "cases",
    face: (branch) => {
      const value = text(branch.value);
      return value ? <TemplateText source={value} /> : t("empty-value");
    },
  },
  random_split: { list: "branches", face: () => t("a-branch") },
};

/** Whether an action shows as one grey sentence and nothing else. */
export function isSilent(action: Action, ports: Port[]): boolean {
  const plain = ports.filter((port) => port.style === "plain");
  return !SPEAKING.has(action.kind) && plain.every((port) => port.quiet && !action.exits?.[port.id]);
}

export function ActionView({ block, action }: ActionProps) {
  const store = useEditorStore();
  const severity = useEditor((state) =>
    worst(state.findings.filter((finding) => finding.action === action.id)),
  );
  const open = useEditor((state) => state.openAction === action.id);
  const show = (event: MouseEvent) => {
    // The node's own click would select the card and close the action again.
    event.stopPropagation();
    if (!event.shiftKey) store.getState().show({ type: "block", id: block }, action.id);
  };
  const className = `action ${open ? "action-open" : ""} ${severity ? `action-${severity}` : ""}`;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents lint/a11y/noStaticElementInteractions: a shortcut for the mouse; the inspector's list does the same by keyboard
    <div className={className} data-testid={`action-${action.id}`} onClick={show}>
      <Face block={block} action={action} />
    </div>
  );
}

function Face({ action }: ActionProps) {
  const branching = BRANCHING[action.kind];
  return (
    <>
      {SPEAKING.has(action.kind) && <Message action={action} />}
      {action.kind === "ask" && <Waiting action={action} />}
      {branching && <Branches action={action} {...branching} />}
      {!SPEAKING.has(action.kind) && !branching && <Silent action={action} />}
      <FixedExits action={action} />
    </>
  );
}

/** Ways out with fixed names, but for errors and time-outs, which leave from the bottom edge. */
function FixedExits({ action }: { action: Action }) {
  const catalog = useCatalog();
  const open = useEditor((state) => state.openAction === action.id);
  const shown = catalog
    .ports(action)
    .filter((port) => port.pointer === "" && port.style === "plain")
    .filter((port) => !port.quiet || open || action.exits?.[port.id]);
  return shown.map((port) => (
    <PortRow
      key={port.id}
      id={`${action.id}/${port.id}`}
      to={action.exits?.[port.id]}
      className="branch branch-otherwise"
      label={port.label}
    >
      <span className="branch-text">{port.label}</span>
    </PortRow>
  ));
}

export function worst(findings: { severity: "error" | "warning" }[]): "error" | "warning" | null {
  if (findings.length === 0) return null;
  return findings.some((finding) => finding.severity === "error") ? "error" : "warning";
}

/** Whether a message says something without words. */
function holdsMore(options: JsonObject): boolean {
  return objects(options.media).length > 0 || isObject(options.place) || isObject(options.contact);
}

function Message({ action }: { action: Action }) {
  const { options } = action;
  const words = text(options.text);
  const rows = Array.isArray(options.buttons) ? options.buttons : [];
  const files = objects(options.media).length;
  const generated = isObject(options.options_from) ? text(options.options_from.label) : "";
  return (
    <>
      <div className="bubble">
        {files > 0 && (
          <div className="bubble-files">
            <Icon name="paperclip" />
            {files}
          </div>
        )}
        <div className="bubble-text">
          {words && <RichText source={words} />}
          {!words && !holdsMore(options) && <span className="missing">{t("no-text")}</span>}
        </div>
      </div>
      {generated && (
        <div className="button-line button-generated">
          <Icon name="list" />
          <TemplateText source={generated} />
        </div>
      )}
      {rows.map((row, index) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: rows have no name of their own
          key={index}
          className={`button-row ${Array.isArray(row) && row.length > 1 ? "button-row-bracket" : ""}`}
        >
          {objects(row).map((button) => (
            <ButtonLine key={text(button.id)} action={action} button={button} />
          ))}
        </div>
      ))}
    </>
  );
}

const BUTTON_ICONS: Record<string, string> = {
  url: "external-link",
  copy: "copy",
  inline: "at",
  mini_app: "app-window",
  contact: "phone",
  location: "map-pin",
};

function ButtonLine({ action, button }: { action: Action; button: Record<string, Json> }) {
  const id = text(button.id);
  const caption = text(button.text);
  const icon = BUTTON_ICONS[text(button.action)];
  const label = (
    <span className="button-caption">
      {caption ? <TemplateText source={caption} /> : <span className="missing">{t("no-caption")}</span>}
    </span>
  );
  if (icon) {
    return (
      <div className="button-line">
        {label}
        <Icon name={icon} className="button-kind" />
      </div>
    );
  }
  return (
    <PortRow id={`${action.id}/${id}`} to={action.exits?.[id]} className="button-line" label={caption}>
      {label}
    </PortRow>
  );
}

function Waiting({ action }: { action: Action }) {
  const { options } = action;
  const answer = t(`answer-${text(options.kind) || "text"}`);
  const target = text(options.save_to);
  const wrong = text(options.error_text);
  return (
    <div className="waiting">
      <Icon name="hourglass" />
      <span>
        {target
          ? rich("waits-to", { answer, target: <VariableChip key="target" path={target} /> })
          : t("waits", { answer })}
      </span>
      {wrong && (
        <span className="chip chip-wrong" title={t("wrong-answer", { text: wrong })}>
          <Icon name="alert-circle" />
        </span>
      )}
    </div>
  );
}

/** A branch's share of chance, in percent. */
function percent(branch: JsonObject, all: JsonObject[]): string {
  const share = (one: JsonObject) => (typeof one.share === "number" ? one.share : 1);
  const total = all.reduce((sum, one) => sum + share(one), 0);
  return total > 0 ? `${Math.round((share(branch) / total) * 100)}%` : "";
}

function Branches({ action, list, face }: { action: Action } & Branching) {
  const catalog = useCatalog();
  const branches = objects(action.options[list]);
  return (
    <div className="branches">
      <div className="branches-title">
        <Icon name={catalog.action(action.kind)?.icon ?? "git-branch"} />
        <span>{sentence(action, catalog.action(action.kind))}</span>
      </div>
      {branches.map((branch) => {
        const id = text(branch.id);
        const name = text(branch.name);
        return (
          <PortRow key={id} id={`${action.id}/${id}`} to={action.exits?.[id]} className="branch" label={name}>
            <span className="branch-text">
              {name || face(branch)}
              {action.kind === "random_split" && <small> {percent(branch, branches)}</small>}
            </span>
          </PortRow>
        );
      })}
    </div>
  );
}

function Silent({ action }: { action: Action }) {
  const kind = useCatalog().action(action.kind);
  return (
    <div className="silent">
      <Icon name={kind?.icon ?? "puzzle"} />
      <span>{sentence(action, kind)}</span>
    </div>
  );
}
