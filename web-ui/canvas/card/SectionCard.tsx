// A section: a frame around its cards, or, folded, one card in their place.

import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import { memo } from "react";
import { Icon } from "../../icons/Icon.tsx";
import type { Section } from "../document.ts";
import { toggleFold, useEditor, useEditorStore } from "../store.ts";
import { t } from "../texts.ts";
import { ConditionText } from "./ConditionText.tsx";

export type SectionNode = Node<{ section: Section; folded: boolean; count: number }, "section">;

export const SectionCard = memo(function SectionCard({ data }: NodeProps<SectionNode>) {
  const { section, folded, count } = data;
  const store = useEditorStore();
  const selected = useEditor((state) => state.selected.has(`section:${section.id}`));
  const name = section.name || t("unnamed-section");
  return (
    <section
      className={`section-frame ${folded ? "section-folded" : ""} ${selected ? "section-selected" : ""}`}
      data-testid={`section-${section.id}`}
    >
      {folded && <Handle type="target" id="in" position={Position.Left} isConnectable={false} />}
      <header className="section-head">
        <button
          type="button"
          className="tool"
          aria-expanded={!folded}
          aria-label={t(folded ? "unfold-section" : "fold-section", { name })}
          title={t(folded ? "unfold-section" : "fold-section", { name })}
          onClick={() => toggleFold(store, section.id)}
        >
          <Icon name={folded ? "chevron-right" : "chevron-down"} />
        </button>
        <button
          type="button"
          className="section-name"
          onClick={() => store.getState().show({ type: "section", id: section.id })}
        >
          {name}
          <small>{t("blocks-count", { count })}</small>
        </button>
      </header>
      {section.condition && (
        <p className="section-condition">
          <Icon name="lock" />
          <span>
            <ConditionText source={section.condition} />
          </span>
        </p>
      )}
      {folded && <Handle type="source" id="out" position={Position.Right} isConnectable={false} />}
    </section>
  );
});
