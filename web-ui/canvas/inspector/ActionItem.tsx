// One action in the inspector: a line that opens into its form.

import { type DragEvent, useEffect, useRef } from "react";
import { FormContext } from "../../forms/context.ts";
import { FieldFindings, ObjectForm } from "../../forms/SchemaForm.tsx";
import { TargetSelect } from "../../forms/TargetSelect.tsx";
import { MoveTools } from "../../forms/widgets/RowTools.tsx";
import { Icon } from "../../icons/Icon.tsx";
import { worst } from "../card/ActionView.tsx";
import { sentence, text } from "../card/sentences.tsx";
import { RichText } from "../card/TemplateText.tsx";
import type { CatalogAction, Schema } from "../catalog.ts";
import { canWait, convert, isQuestion } from "../convert.ts";
import type { Action, Block } from "../document.ts";
import { addAction, copyAction, removeAction, setOptions, updateAction } from "../edits.ts";
import { useCatalog, useEditor, useEditorStore } from "../store.ts";
import { t } from "../texts.ts";
import { useWorld } from "./world.ts";

interface ActionItemProps {
  block: Block;
  action: Action;
  index: number;
  count: number;
  onMove: (to: number) => void;
  drag: {
    onDragStart: () => void;
    onDragEnd: () => void;
    onDragOver: (event: DragEvent) => void;
    onDrop: () => void;
  };
}

export function ActionItem({ block, action, index, count, onMove, drag }: ActionItemProps) {
  const store = useEditorStore();
  const kind = useCatalog().action(action.kind);
  // The only action of a card needs no click to open.
  const open = useEditor(
    (state) => state.openAction === action.id || (count === 1 && state.openAction === null),
  );
  const severity = useEditor((state) =>
    worst(state.findings.filter((finding) => finding.action === action.id)),
  );
  const box = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (open && count > 1) box.current?.scrollIntoView({ block: "nearest" });
  }, [open, count]);
  const speaks = action.kind === "send_message" || action.kind === "ask";
  return (
    <li ref={box} className={`action-item ${open ? "open" : ""}`} data-testid={`item-${action.id}`} {...drag}>
      <div className="action-item-head">
        <span className="grip" draggable title={t("drag-to-reorder")}>
          <Icon name="grip-vertical" />
        </span>
        <button
          type="button"
          className="action-item-open"
          aria-expanded={open}
          onClick={() =>
            store.getState().set({ openAction: open && count > 1 ? null : action.id, focusField: null })
          }
        >
          <Icon name={kind?.icon ?? "puzzle"} />
          <span className="action-item-text">
            <span className="action-item-kind">{kind?.title ?? action.kind}</span>
            {!open && (
              <span className="action-item-sum">
                {speaks ? <RichText source={text(action.options.text)} /> : sentence(action, kind)}
              </span>
            )}
          </span>
          {severity && <Icon name="alert-triangle" className={`mark-${severity}`} />}
        </button>
        <span className="row-tools">
          {count > 1 && open && (
            <MoveTools canUp={index > 0} canDown={index < count - 1} onMove={(by) => onMove(index + by)} />
          )}
          {open && (
            <button
              type="button"
              className="tool"
              title={t("duplicate")}
              aria-label={t("duplicate")}
              onClick={() => {
                const copy = copyAction(action);
                store.getState().edit((doc) => addAction(doc, block.id, copy, index + 1));
                store.getState().set({ openAction: copy.id });
              }}
            >
              <Icon name="copy" />
            </button>
          )}
          <button
            type="button"
            className="tool"
            title={t("delete")}
            aria-label={t("delete")}
            onClick={() => {
              store.getState().edit((doc) => removeAction(doc, block.id, action.id));
              if (open) store.getState().set({ openAction: null });
            }}
          >
            <Icon name="trash" />
          </button>
        </span>
      </div>
      {open && <ActionForm block={block} action={action} />}
    </li>
  );
}

function ActionForm({ block, action }: { block: Block; action: Action }) {
  const store = useEditorStore();
  const catalog = useCatalog();
  const kind = catalog.action(action.kind);
  const ports = catalog.ports(action);
  const all = useEditor((state) => state.findings);
  const findings = all.filter((finding) => finding.action === action.id);
  const focus = useEditor((state) => state.focusField);
  const world = useWorld({
    root: action.options,
    position: block.position,
    findings,
    focus,
    sourceOf: (exit) => ({ from: "exit", block: block.id, action: action.id, exit }),
    portAt: (pointer) => ports.find((port) => port.pointer === pointer)?.id,
  });
  if (!kind) return <p className="form-hint p-3">{t("unknown-action", { kind: action.kind })}</p>;
  const fixed = ports.filter((port) => port.pointer === "");
  return (
    <FormContext value={world}>
      <div className="action-form">
        <p className="form-hint">{kind.help}</p>
        <FieldFindings
          findings={findings.filter((finding) => finding.field === "" || finding.field.startsWith("/exits"))}
        />
        {canWait(action, catalog) && (
          <label className="form-check form-switch wait-switch">
            <input
              type="checkbox"
              className="form-check-input"
              data-testid="wait-switch"
              checked={isQuestion(action)}
              onChange={() =>
                store
                  .getState()
                  .edit((doc) => updateAction(doc, block.id, action.id, (step) => convert(step, catalog)))
              }
            />
            <span className="form-check-label">{t("wait-for-answer")}</span>
          </label>
        )}
        <ObjectForm
          key={action.kind}
          rare={rareOptions(kind)}
          schema={kind.schema}
          value={action.options}
          pointer=""
          onChange={(options) =>
            store
              .getState()
              .edit((doc) => setOptions(doc, block.id, action.id, options), `options ${action.id}`)
          }
        />
        {fixed.length > 0 && (
          <fieldset className="action-exits">
            <legend className="form-label">{t("exits")}</legend>
            {fixed.map((port) => (
              <div key={port.id} className={`exit-line quiet-${port.style}`}>
                <span>{port.label}</span>
                <TargetSelect
                  exit={port.id}
                  to={action.exits?.[port.id]}
                  label={port.label}
                  empty={emptyExit(port.id)}
                />
              </div>
            ))}
          </fieldset>
        )}
      </div>
    </FormContext>
  );
}

/** What the catalogue says few need; and switches, numbers and choices that it leaves at their default. */
function rareOptions(kind: CatalogAction): ReadonlySet<string> {
  const tuning = ([name, property]: [string, Schema]) =>
    !(name in kind.defaults) &&
    (property["x-more"] ||
      property.enum !== undefined ||
      ["boolean", "integer", "number"].includes(property.type ?? ""));
  return new Set(
    Object.entries(kind.schema.properties ?? {})
      .filter(tuning)
      .map(([name]) => name),
  );
}

/** What happens at an exit without a line: a loop's body and a jump have to lead somewhere. */
function emptyExit(exit: string): string {
  if (exit === "error") return t("to-error-block");
  return exit === "each" || exit === "to" ? t("not-chosen") : t("runs-on");
}
