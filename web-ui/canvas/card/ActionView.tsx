// An action on a card.

import type { MouseEvent } from "react";
import { isShown } from "../../forms/schema.ts";
import { Icon } from "../../icons/Icon.tsx";
import type { CatalogAction, Port, Schema } from "../catalog.ts";
import { type Action, isObject, type Json, type JsonObject } from "../document.ts";
import { useCatalog, useEditor, useEditorStore } from "../store.ts";
import { rich, t } from "../texts.ts";
import { PortRow } from "./Port.tsx";
import { drawValue, objects, sentence, text } from "./sentences.tsx";
import { RichText, TemplateText, VariableChip } from "./TemplateText.tsx";

interface ActionProps {
  block: string;
  action: Action;
}

const SPEAKING: ReadonlySet<string> = new Set(["send_message", "ask"]);

/** The option with a way out per element that is drawn as a line per branch, if the kind has one. */
function branchesOf(kind: CatalogAction | undefined): { list: string; label: string } | undefined {
  const each = kind?.exits.find((exit) => "each" in exit && /^\/\w+\/\*$/.test(exit.each));
  if (!each || !("each" in each)) return undefined;
  return { list: each.each.split("/")[1] ?? "", label: each.label.slice(1) };
}

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
  const kind = useCatalog().action(action.kind);
  const speaks = SPEAKING.has(action.kind);
  const branches = branchesOf(kind);
  return (
    <>
      {speaks && <Message action={action} />}
      {action.kind === "ask" && <Waiting action={action} />}
      {!speaks && branches && <Branches action={action} {...branches} />}
      {!speaks && !branches && <Silent action={action} />}
      {!speaks && !branches && <ButtonRows action={action} />}
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
      <ButtonRows action={action} />
    </>
  );
}

function ButtonRows({ action }: { action: Action }) {
  const schema = useCatalog().action(action.kind)?.schema.properties ?? {};
  if (schema.buttons?.["x-widget"] !== "buttons" || !isShown(schema.buttons, action.options, schema))
    return null;
  const rows = Array.isArray(action.options.buttons) ? action.options.buttons : [];
  return rows.map((row, index) => (
    <div
      // biome-ignore lint/suspicious/noArrayIndexKey: rows have no name of their own
      key={index}
      className={`button-row ${Array.isArray(row) && row.length > 1 ? "button-row-bracket" : ""}`}
    >
      {objects(row).map((button) => (
        <ButtonLine key={text(button.id)} action={action} button={button} />
      ))}
    </div>
  ));
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

function Branches({ action, list, label }: { action: Action; list: string; label: string }) {
  const kind = useCatalog().action(action.kind);
  const element = kind?.schema.properties?.[list]?.items;
  const branches = objects(action.options[list]);
  return (
    <div className="branches">
      <div className="branches-title">
        <Icon name={kind?.icon ?? "git-branch"} />
        <span>{sentence(action, kind)}</span>
      </div>
      {branches.map((branch) => {
        const id = text(branch.id);
        const name = text(branch[label]);
        return (
          <PortRow key={id} id={`${action.id}/${id}`} to={action.exits?.[id]} className="branch" label={name}>
            <span className="branch-text">
              {name || <BranchFace branch={branch} schema={element} label={label} />}
              {element?.properties?.share && <small> {percent(branch, branches)}</small>}
            </span>
          </PortRow>
        );
      })}
    </div>
  );
}

/** A branch without a name is called by what decides it. */
function BranchFace({
  branch,
  schema,
  label,
}: {
  branch: JsonObject;
  schema: Schema | undefined;
  label: string;
}) {
  const deciding = Object.entries(schema?.properties ?? {}).find(
    ([name, property]) => name !== label && property["x-widget"] !== "hidden" && property.type === "string",
  );
  if (!deciding) return t("a-branch");
  const [name, property] = deciding;
  if (!text(branch[name]) && property["x-widget"] === "condition") {
    return <span className="missing">{t("no-condition")}</span>;
  }
  return drawValue(branch[name], property);
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
