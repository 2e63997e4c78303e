// The point a line begins at, and the pill that stands for a line.

import { Handle, Position } from "@xyflow/react";
import type { ReactNode } from "react";
import { Icon } from "../../icons/Icon.tsx";
import type { Transition } from "../document.ts";
import { findBlock } from "../edits.ts";
import { blockTitle } from "../names.ts";
import { useCatalog, useEditor, useEditorStore } from "../store.ts";
import { t } from "../texts.ts";

interface PortProps {
  id: string;
  to: Transition | null | undefined;
  className?: string;
  side?: "right" | "bottom";
  label?: string;
  children?: ReactNode;
}

/** A line of the card with a port at its right edge. */
export function PortRow({ id, to, className = "", label, children }: PortProps) {
  return (
    <div className={`port-row ${className}`} data-testid={`port-${id}`}>
      {children}
      <PortHandle id={id} to={to} {...(label === undefined ? {} : { label })} />
    </div>
  );
}

export function PortHandle({ id, to, side = "right", label = "" }: PortProps) {
  return (
    <>
      <Handle
        type="source"
        id={id}
        position={side === "right" ? Position.Right : Position.Bottom}
        className={`port ${to ? "port-wired" : ""}`}
        title={label ? t("drag-to-connect-from", { label }) : t("drag-to-connect")}
      />
      {to?.view === "link" && <LinkPill to={to} side={side} />}
    </>
  );
}

function LinkPill({ to, side }: { to: Transition; side: "right" | "bottom" }) {
  const store = useEditorStore();
  const catalog = useCatalog();
  const title = useEditor((state) => {
    const block = findBlock(state.doc, to.block);
    return block ? blockTitle(block, catalog) : to.block;
  });
  return (
    <button
      type="button"
      className={`link-pill link-pill-${side} nodrag nopan`}
      title={t("jump-to", { name: title })}
      onClick={(event) => {
        event.stopPropagation();
        store.getState().show({ type: "block", id: to.block });
      }}
    >
      <Icon name="arrow-right" />
      <span>{title}</span>
    </button>
  );
}
