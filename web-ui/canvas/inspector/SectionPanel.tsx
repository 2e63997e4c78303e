// A section in the inspector: its name, who is let in, where everybody else goes; and the choice of a section for
// cards.

import { FormContext } from "../../forms/context.ts";
import { FieldFindings, ObjectForm } from "../../forms/SchemaForm.tsx";
import { Icon } from "../../icons/Icon.tsx";
import { deleteSelected } from "../board/keys.ts";
import type { Schema } from "../catalog.ts";
import { freshId, type Section } from "../document.ts";
import { addSection, blocksOf, type Source, sectionsOf, setSection, updateSection } from "../edits.ts";
import { blockTitle } from "../names.ts";
import { PanelHead } from "../panels/PanelHead.tsx";
import { useCatalog, useEditor, useEditorStore } from "../store.ts";
import { t } from "../texts.ts";
import { NextTarget } from "./BlockPanel.tsx";
import { useWorld } from "./world.ts";

export function SectionPanel({ section }: { section: Section }) {
  const store = useEditorStore();
  const catalog = useCatalog();
  const blocks = useEditor((state) => state.doc.blocks);
  const inside = (blocks ?? []).filter((block) => block.section === section.id);
  const all = useEditor((state) => state.findings);
  const findings = all.filter(({ node }) => node?.type === "section" && node.id === section.id);
  const source: Source = { from: "section", section: section.id };
  const focus = useEditor((state) => state.focusField);
  const world = useWorld({
    root: {},
    position: section.position,
    findings,
    focus,
    sourceOf: () => source,
    portAt: () => undefined,
  });
  const change = (patch: Partial<Section>, mark: string) =>
    store
      .getState()
      .edit(
        (doc) => updateSection(doc, section.id, (old) => ({ ...old, ...patch })),
        `${mark} ${section.id}`,
      );
  const schema: Schema = {
    properties: {
      condition: {
        type: "string",
        title: t("section-condition"),
        description: t("section-condition-help"),
        "x-widget": "condition",
      },
    },
  };
  return (
    <aside className="side-panel" aria-label={t("inspector")} data-testid="inspector">
      <PanelHead
        title={
          <input
            className="panel-name"
            aria-label={t("section-name")}
            data-testid="section-name"
            placeholder={t("unnamed-section")}
            value={section.name ?? ""}
            onChange={(event) => change({ name: event.target.value }, "section name")}
          />
        }
      >
        <button
          type="button"
          className="tool"
          title={t("delete-section")}
          aria-label={t("delete-section")}
          data-testid="delete-section"
          onClick={() => deleteSelected(store)}
        >
          <Icon name="trash" />
        </button>
      </PanelHead>
      <div className="panel-body">
        <FormContext value={world}>
          <FieldFindings findings={findings.filter(({ field }) => !field.startsWith("/condition"))} />
          <ObjectForm
            schema={schema}
            value={section.condition ? { condition: section.condition } : {}}
            pointer=""
            onChange={({ condition }) =>
              change({ condition: typeof condition === "string" ? condition : "" }, "section condition")
            }
          />
        </FormContext>
        {section.condition && (
          <NextTarget
            source={source}
            position={section.position}
            to={section.otherwise}
            empty={t("to-not-understood")}
            label={t("section-otherwise")}
          />
        )}
        <h3 className="panel-subtitle">{t("blocks-count", { count: inside.length })}</h3>
        <ul className="section-blocks">
          {inside.map((block) => (
            <li key={block.id}>
              <button
                type="button"
                className="btn btn-sm btn-ghost-secondary"
                onClick={() => store.getState().show({ type: "block", id: block.id })}
              >
                {blockTitle(block, catalog)}
              </button>
            </li>
          ))}
        </ul>
      </div>
    </aside>
  );
}

const NEW = "+";

/** Which section cards belong to. */
export function SectionSelect({ blocks }: { blocks: string[] }) {
  const store = useEditorStore();
  const doc = useEditor((state) => state.doc);
  const chosen = new Set(
    blocksOf(doc)
      .filter(({ id }) => blocks.includes(id))
      .map(({ section }) => section ?? ""),
  );
  const [only = ""] = chosen;
  const choose = (section: string) => {
    if (section !== NEW) {
      store.getState().edit((doc) => setSection(doc, blocks, section || undefined));
      return;
    }
    const id = freshId("s");
    store.getState().edit((doc) => setSection(addSection(doc, { id, name: "" }), blocks, id));
    store.getState().show({ type: "section", id });
  };
  return (
    <div className="form-field">
      <label className="form-label" htmlFor="section-of">
        {t("section")}
      </label>
      <select
        id="section-of"
        className="form-select"
        data-testid="section-of"
        value={chosen.size > 1 ? "?" : only}
        onChange={(event) => choose(event.target.value)}
      >
        {chosen.size > 1 && (
          <option value="?" disabled>
            {t("several-sections")}
          </option>
        )}
        <option value="">{t("no-section")}</option>
        {sectionsOf(doc).map((section) => (
          <option key={section.id} value={section.id}>
            {section.name || t("unnamed-section")}
          </option>
        ))}
        <option value={NEW}>{t("new-section")}</option>
      </select>
    </div>
  );
}
