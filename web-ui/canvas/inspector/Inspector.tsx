// The side panel of what is selected.

import { Icon } from "../../icons/Icon.tsx";
import { deleteSelected } from "../board/keys.ts";
import { actionsOf, findBlock, findSection, findTrigger, notesOf, updateNote } from "../edits.ts";
import { PanelHead } from "../panels/PanelHead.tsx";
import { parseNodeId, useEditor, useEditorStore } from "../store.ts";
import { t } from "../texts.ts";
import { BlockPanel } from "./BlockPanel.tsx";
import { SectionPanel, SectionSelect } from "./SectionPanel.tsx";
import { TriggerPanel } from "./TriggerPanel.tsx";

export function Inspector() {
  const selected = useEditor((state) => state.selected);
  const doc = useEditor((state) => state.doc);
  const ids = [...selected].filter((id) => !id.includes(" "));
  const [only] = ids;
  if (ids.length > 1) return <ManyPanel ids={ids} />;
  if (!only) return null;
  const { type, id } = parseNodeId(only);
  if (type === "block") {
    const block = findBlock(doc, id);
    return block && <BlockPanel key={id} block={block} actions={actionsOf(block)} />;
  }
  if (type === "trigger") {
    const trigger = findTrigger(doc, id);
    return trigger && <TriggerPanel key={id} trigger={trigger} />;
  }
  if (type === "section") {
    const section = findSection(doc, id);
    return section && <SectionPanel key={id} section={section} />;
  }
  const note = notesOf(doc).find((one) => one.id === id);
  return note && <NotePanel key={id} id={id} text={note.text} />;
}

function ManyPanel({ ids }: { ids: string[] }) {
  const store = useEditorStore();
  const blocks = ids.map(parseNodeId).flatMap(({ type, id }) => (type === "block" ? [id] : []));
  return (
    <aside className="side-panel" aria-label={t("inspector")}>
      <PanelHead title={t("many-selected", { count: ids.length })} />
      <div className="panel-body">
        {blocks.length > 0 && <SectionSelect blocks={blocks} />}
        <button type="button" className="btn btn-outline-danger w-100" onClick={() => deleteSelected(store)}>
          <Icon name="trash" />
          {t("delete")}
        </button>
      </div>
    </aside>
  );
}

function NotePanel({ id, text }: { id: string; text: string }) {
  const store = useEditorStore();
  return (
    <aside className="side-panel" aria-label={t("inspector")}>
      <PanelHead title={t("note")}>
        <button type="button" className="tool" aria-label={t("delete")} onClick={() => deleteSelected(store)}>
          <Icon name="trash" />
        </button>
      </PanelHead>
      <div className="panel-body">
        <textarea
          className="form-control"
          rows={6}
          aria-label={t("note")}
          data-testid="field-note"
          value={text}
          onChange={(event) => {
            const next = event.target.value;
            store
              .getState()
              .edit((doc) => updateNote(doc, id, (note) => ({ ...note, text: next })), `note ${id}`);
          }}
        />
      </div>
    </aside>
  );
}
