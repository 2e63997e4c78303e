// A remark on the canvas.

import type { Node, NodeProps } from "@xyflow/react";
import { memo } from "react";
import type { Note } from "../document.ts";
import { t } from "../texts.ts";

export type NoteNode = Node<{ note: Note }, "note">;

export const NoteCard = memo(function NoteCard({ data: { note } }: NodeProps<NoteNode>) {
  return (
    <article className="flow-card note-card" data-testid={`note-${note.id}`}>
      {note.text || <span className="missing">{t("empty-note")}</span>}
    </article>
  );
});
