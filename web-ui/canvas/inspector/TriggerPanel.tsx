// A trigger in the inspector.

import { useId } from "react";
import { toast } from "../../app/toast.ts";
import { FormContext } from "../../forms/context.ts";
import { FieldFindings, ObjectForm } from "../../forms/SchemaForm.tsx";
import { Icon } from "../../icons/Icon.tsx";
import { deleteSelected, duplicate } from "../board/keys.ts";
import type { Trigger } from "../document.ts";
import { updateTrigger } from "../edits.ts";
import { triggerTitle } from "../names.ts";
import { PanelHead } from "../panels/PanelHead.tsx";
import { useBoot, useCatalog, useEditor, useEditorStore } from "../store.ts";
import { t } from "../texts.ts";
import { NextTarget } from "./BlockPanel.tsx";
import { useWorld } from "./world.ts";

/** Kinds that begin beside the dialogue, so that nothing of it is in their way. */
const BESIDE: ReadonlySet<string> = new Set([
  "webhook",
  "called",
  "fallback",
  "join_request",
  "inline_query",
  "checkout",
  "link_visited",
  "schedule",
  "list_date",
  "list_row",
]);
/** Kinds that an open question competes with, and whether they win unless told otherwise. */
const INTERRUPTS: Readonly<Record<string, boolean>> = {
  command: true,
  start_link: true,
  text: false,
  mini_app: false,
  media: false,
  location: false,
  contact: false,
  tag_added: false,
  tag_removed: false,
  field_changed: false,
  membership: false,
  scenario_error: false,
};

export function TriggerPanel({ trigger }: { trigger: Trigger }) {
  const store = useEditorStore();
  const kind = useCatalog().trigger(trigger.kind);
  const all = useEditor((state) => state.findings);
  const findings = all.filter(({ node }) => node?.type === "trigger" && node.id === trigger.id);
  const focus = useEditor((state) => state.focusField);
  const source = { from: "trigger" as const, trigger: trigger.id };
  const world = useWorld({
    root: trigger.options,
    position: trigger.position,
    findings,
    focus,
    sourceOf: () => source,
    portAt: () => undefined,
  });
  const change = (patch: (trigger: Trigger) => Trigger, mark: string) =>
    store.getState().edit((doc) => updateTrigger(doc, trigger.id, patch), `${mark} ${trigger.id}`);
  return (
    <aside className="side-panel" aria-label={t("inspector")} data-testid="inspector">
      <PanelHead title={t("trigger-head", { title: triggerTitle(trigger, kind) })}>
        <button
          type="button"
          className="tool"
          title={t("duplicate")}
          aria-label={t("duplicate")}
          onClick={() => duplicate(store, [{ type: "trigger", id: trigger.id }])}
        >
          <Icon name="copy" />
        </button>
        <button
          type="button"
          className="tool"
          title={t("delete")}
          aria-label={t("delete")}
          onClick={() => deleteSelected(store)}
        >
          <Icon name="trash" />
        </button>
      </PanelHead>
      <div className="panel-body">
        <FormContext value={world}>
          {kind && <p className="form-hint">{kind.help}</p>}
          <FieldFindings
            findings={findings.filter((finding) => finding.field === "" || finding.field.startsWith("/next"))}
          />
          {kind && (
            <ObjectForm
              schema={kind.schema}
              value={trigger.options}
              pointer=""
              onChange={(options) => change((old) => ({ ...old, options }), "options")}
            />
          )}
          {trigger.kind === "webhook" && <WebhookAddress trigger={trigger.id} />}
          {!BESIDE.has(trigger.kind) && <InDialogue trigger={trigger} onChange={change} />}
        </FormContext>
        <NextTarget source={source} position={trigger.position} to={trigger.next} empty={t("nowhere")} />
      </div>
    </aside>
  );
}

const OVERLAPS = ["start_over", "queue", "ignore"] as const;

interface InDialogueProps {
  trigger: Trigger;
  onChange: (patch: (trigger: Trigger) => Trigger, mark: string) => void;
}

/** What the trigger does to a question that is open, and to a run of its scenario that is at work. */
function InDialogue({ trigger, onChange }: InDialogueProps) {
  const usual = INTERRUPTS[trigger.kind];
  const interrupts = trigger.interrupts ?? usual ?? false;
  return (
    <div className="form-fields mt-3">
      {usual !== undefined && (
        <label className="form-check form-switch">
          <input
            type="checkbox"
            className="form-check-input"
            data-testid="trigger-interrupts"
            checked={interrupts}
            onChange={(event) => {
              const wanted = event.target.checked;
              onChange(
                ({ interrupts: _, question_returns: returns, ...rest }) => ({
                  ...rest,
                  ...(wanted === usual ? {} : { interrupts: wanted }),
                  ...(wanted && returns ? { question_returns: true } : {}),
                }),
                "interrupts",
              );
            }}
          />
          <span className="form-check-label">{t("interrupts")}</span>
        </label>
      )}
      {interrupts && (
        <label className="form-check form-switch">
          <input
            type="checkbox"
            className="form-check-input"
            data-testid="trigger-returns"
            checked={trigger.question_returns === true}
            onChange={(event) => {
              const returns = event.target.checked;
              onChange(
                ({ question_returns: _, ...rest }) => (returns ? { ...rest, question_returns: true } : rest),
                "returns",
              );
            }}
          />
          <span className="form-check-label">{t("question-returns")}</span>
        </label>
      )}
      <div className="form-field">
        <label className="form-label" htmlFor="trigger-overlap">
          {t("overlap")}
        </label>
        <select
          id="trigger-overlap"
          className="form-select"
          value={trigger.overlap ?? "start_over"}
          onChange={(event) => {
            const chosen = OVERLAPS.find((one) => one === event.target.value) ?? "start_over";
            onChange(
              ({ overlap: _, ...rest }) => (chosen === "start_over" ? rest : { ...rest, overlap: chosen }),
              "overlap",
            );
          }}
        >
          {OVERLAPS.map((one) => (
            <option key={one} value={one}>
              {t(`overlap-${one}`)}
            </option>
          ))}
        </select>
      </div>
    </div>
  );
}

/** An address for every bot the scenario is attached to, or one that all of them share. */
function WebhookAddress({ trigger }: { trigger: string }) {
  const found = useBoot().webhooks.filter((webhook) => webhook.trigger === trigger);
  if (found.length === 0) return <p className="form-hint">{t("webhook-after-publish")}</p>;
  return found.map(({ bot_name, url }) => (
    <Address key={url} label={bot_name || t("webhook-url")} url={url} />
  ));
}

function Address({ label, url }: { label: string; url: string }) {
  const id = useId();
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(url);
      toast(t("copied"), "success");
    } catch {
      toast(t("copy-failed"), "warning");
    }
  };
  return (
    <div className="form-field">
      <label className="form-label" htmlFor={id}>
        {label}
      </label>
      <div className="input-group">
        <input id={id} type="text" className="form-control font-monospace" readOnly value={url} />
        <button
          type="button"
          className="btn btn-icon"
          title={t("copy")}
          aria-label={t("copy")}
          onClick={() => void copy()}
        >
          <Icon name="copy" />
        </button>
      </div>
    </div>
  );
}
