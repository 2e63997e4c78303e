// A block in the inspector: its name, its actions in order, where it leads.

import { type DragEvent, useState } from "react";
import { FormContext } from "../../forms/context.ts";
import { FieldFindings } from "../../forms/SchemaForm.tsx";
import { TargetSelect } from "../../forms/TargetSelect.tsx";
import { Icon } from "../../icons/Icon.tsx";
import { deleteSelected, duplicate } from "../board/keys.ts";
import type { Action, Block } from "../document.ts";
import { moveAction, type Source, setTransition, updateBlock } from "../edits.ts";
import { blockTitle } from "../names.ts";
import { PanelHead } from "../panels/PanelHead.tsx";
import { useCatalog, useEditor, useEditorStore } from "../store.ts";
import { t } from "../texts.ts";
import { ActionItem } from "./ActionItem.tsx";
import { SectionSelect } from "./SectionPanel.tsx";
import { useWorld } from "./world.ts";

export function BlockPanel({ block, actions }: { block: Block; actions: Action[] }) {
  const store = useEditorStore();
  const catalog = useCatalog();
  const [dragged, setDragged] = useState<number | null>(null);
  const all = useEditor((state) => state.findings);
  const findings = all.filter(
    ({ node, action }) => node?.type === "block" && node.id === block.id && !action,
  );
  const move = (from: number, to: number) =>
    store.getState().edit((doc) => moveAction(doc, block.id, from, to));
  return (
    <aside className="side-panel" aria-label={t("inspector")} data-testid="inspector">
      <PanelHead
        title={
          <input
            className="panel-name"
            aria-label={t("block-name")}
            data-testid="block-name"
            placeholder={blockTitle(block, catalog)}
            value={block.name ?? ""}
            onChange={(event) => {
              const name = event.target.value;
              store
                .getState()
                .edit((doc) => updateBlock(doc, block.id, (card) => ({ ...card, name })), `name ${block.id}`);
            }}
          />
        }
      >
        <button
          type="button"
          className="tool"
          title={t("duplicate")}
          aria-label={t("duplicate")}
          onClick={() => duplicate(store, [{ type: "block", id: block.id }])}
        >
          <Icon name="copy" />
        </button>
        <button
          type="button"
          className="tool"
          title={t("delete")}
          aria-label={t("delete")}
          data-testid="delete-block"
          onClick={() => deleteSelected(store)}
        >
          <Icon name="trash" />
        </button>
      </PanelHead>
      <div className="panel-body">
        <FieldFindings findings={findings} />
        <ol className="action-list">
          {actions.map((action, index) => (
            <ActionItem
              key={action.id}
              block={block}
              action={action}
              index={index}
              count={actions.length}
              onMove={(to) => move(index, to)}
              drag={{
                onDragStart: () => setDragged(index),
                onDragEnd: () => setDragged(null),
                onDragOver: (event: DragEvent) => dragged !== null && event.preventDefault(),
                onDrop: () => {
                  if (dragged !== null && dragged !== index) move(dragged, index);
                  setDragged(null);
                },
              }}
            />
          ))}
        </ol>
        <button
          type="button"
          className="btn w-100"
          data-testid="add-action"
          onClick={(event) => {
            const { left, top } = event.currentTarget.getBoundingClientRect();
            store.getState().set({ palette: { x: left, y: top - 320, block: block.id, triggers: false } });
          }}
        >
          <Icon name="plus" />
          {t("add-action")}
        </button>
        <NextTarget
          source={{ from: "block", block: block.id }}
          position={block.position}
          to={block.next}
          empty={t("ends-here")}
        />
        <SectionSelect blocks={[block.id]} />
        <ErrorsHere block={block.id} />
      </div>
    </aside>
  );
}

/** The scenario's one error block: whatever goes wrong without a way out of its own comes here. */
function ErrorsHere({ block }: { block: string }) {
  const store = useEditorStore();
  const here = useEditor((state) => state.doc.on_error?.block === block);
  return (
    <label className="form-check form-switch errors-here">
      <input
        type="checkbox"
        className="form-check-input"
        data-testid="errors-here"
        checked={here}
        onChange={() =>
          store.getState().edit((doc) => setTransition(doc, { from: "errors" }, here ? undefined : { block }))
        }
      />
      <span className="form-check-label">{t("errors-here")}</span>
    </label>
  );
}

interface NextTargetProps {
  source: Source;
  position: Block["position"];
  to: Block["next"];
  empty: string;
  label?: string;
}

/** Where a card goes on, and whether that is drawn as a line or as a link. */
export function NextTarget({ source, position, to, empty, label = t("next") }: NextTargetProps) {
  const store = useEditorStore();
  const world = useWorld({
    root: {},
    position,
    findings: [],
    focus: null,
    sourceOf: () => source,
    portAt: () => undefined,
  });
  return (
    <FormContext value={world}>
      <div className="next-target">
        <div className="form-label">{label}</div>
        <TargetSelect exit="next" to={to} empty={empty} label={label} />
        {to && source.from !== "section" && (
          <label className="form-check form-switch">
            <input
              type="checkbox"
              className="form-check-input"
              checked={to.view === "link"}
              onChange={(event) => {
                const link = event.target.checked;
                store
                  .getState()
                  .edit((doc) =>
                    setTransition(
                      doc,
                      source,
                      link ? { block: to.block, view: "link" } : { block: to.block },
                    ),
                  );
              }}
            />
            <span className="form-check-label">{t("draw-as-link")}</span>
          </label>
        )}
      </div>
    </FormContext>
  );
}
