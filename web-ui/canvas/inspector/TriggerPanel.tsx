// A trigger in the inspector.

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

/** Kinds that never meet an open question. */
const OUTSIDE: ReadonlySet<string> = new Set(["webhook", "fallback"]);

export function TriggerPanel({ trigger }: { trigger: Trigger }) {
  const store = useEditorStore();
  const kind = useCatalog().trigger(trigger.kind);
  const all = useEditor((state) => state.findings);
  const findings = all.filter(({ node }) => node?.type === "trigger" && node.id === trigger.id);
  const focus = useEditor((state) => state.focusField);
  const source = { from: "trigger" as const, trigger: trigger.id };
  const world = useWorld({
    key: trigger.id,
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
          {!OUTSIDE.has(trigger.kind) && (
            <div className="form-field">
              <label className="form-label" htmlFor="trigger-interrupts">
                {t("interrupts")}
              </label>
              <select
                id="trigger-interrupts"
                className="form-select"
                value={trigger.interrupts === true ? "yes" : trigger.interrupts === false ? "no" : ""}
                onChange={(event) => {
                  const chosen = event.target.value;
                  change(
                    ({ interrupts: _, ...rest }) =>
                      chosen === "" ? rest : { ...rest, interrupts: chosen === "yes" },
                    "interrupts",
                  );
                }}
              >
                <option value="">{t("interrupts-default")}</option>
                <option value="yes">{t("yes")}</option>
                <option value="no">{t("no")}</option>
              </select>
            </div>
          )}
        </FormContext>
        <NextTarget source={source} position={trigger.position} to={trigger.next} empty={t("nowhere")} />
      </div>
    </aside>
  );
}

function WebhookAddress({ trigger }: { trigger: string }) {
  const url = useBoot().webhooks.find((webhook) => webhook.trigger === trigger)?.url;
  if (!url) return <p className="form-hint">{t("webhook-after-publish")}</p>;
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
      <label className="form-label" htmlFor="webhook-url">
        {t("webhook-url")}
      </label>
      <div className="input-group">
        <input id="webhook-url" type="text" className="form-control font-monospace" readOnly value={url} />
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
