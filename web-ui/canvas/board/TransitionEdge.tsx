// A line between two cards. A selected one can be turned into a link, or cut.

import { BaseEdge, EdgeLabelRenderer, type EdgeProps, getBezierPath } from "@xyflow/react";
import { memo } from "react";
import { Icon } from "../../icons/Icon.tsx";
import { setTransition, transitionOf } from "../edits.ts";
import { useEditorStore } from "../store.ts";
import { t } from "../texts.ts";
import type { CanvasEdge } from "./graph.ts";

export const TransitionEdge = memo(function TransitionEdge({
  selected,
  data,
  ...edge
}: EdgeProps<CanvasEdge>) {
  const store = useEditorStore();
  const [path, labelX, labelY] = getBezierPath({ ...edge, curvature: 0.35 });
  const change = (to: "link" | "none") => {
    if (!data) return;
    store.getState().edit((doc) => {
      const present = transitionOf(doc, data.source);
      return setTransition(
        doc,
        data.source,
        present && to === "link" ? { ...present, view: "link" } : undefined,
      );
    });
    store.getState().select([]);
  };
  return (
    <>
      <BaseEdge id={edge.id} path={path} interactionWidth={18} markerEnd={edge.markerEnd} />
      {selected && (
        <EdgeLabelRenderer>
          <div
            className="edge-tools nodrag nopan"
            style={{ transform: `translate(-50%, -50%) translate(${labelX}px, ${labelY}px)` }}
          >
            <button
              type="button"
              title={t("draw-as-link")}
              aria-label={t("draw-as-link")}
              onClick={() => change("link")}
            >
              <Icon name="link" />
            </button>
            <button
              type="button"
              title={t("disconnect")}
              aria-label={t("disconnect")}
              onClick={() => change("none")}
            >
              <Icon name="unlink" />
            </button>
          </div>
        </EdgeLabelRenderer>
      )}
    </>
  );
});
