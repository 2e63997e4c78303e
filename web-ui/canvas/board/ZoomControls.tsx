// Zoom in, out, and to the whole.

import { Panel, useReactFlow } from "@xyflow/react";
import { Icon } from "../../icons/Icon.tsx";
import { t } from "../texts.ts";

export function ZoomControls() {
  const flow = useReactFlow();
  const buttons: [icon: string, label: string, act: () => void][] = [
    ["zoom-in", t("zoom-in"), () => void flow.zoomIn({ duration: 150 })],
    ["zoom-out", t("zoom-out"), () => void flow.zoomOut({ duration: 150 })],
    ["maximize", t("zoom-fit"), () => void flow.fitView({ duration: 250, maxZoom: 1, padding: 0.15 })],
  ];
  return (
    <Panel position="bottom-left" className="zoom-controls btn-group-vertical">
      {buttons.map(([icon, label, act]) => (
        <button
          key={icon}
          type="button"
          className="btn btn-icon btn-sm"
          title={label}
          aria-label={label}
          onClick={act}
        >
          <Icon name={icon} />
        </button>
      ))}
    </Panel>
  );
}
