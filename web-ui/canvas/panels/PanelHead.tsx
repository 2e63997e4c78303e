// The head of a side panel.

import type { ReactNode } from "react";
import { Icon } from "../../icons/Icon.tsx";
import { useEditorStore } from "../store.ts";
import { t } from "../texts.ts";

export function PanelHead({ title, children }: { title: ReactNode; children?: ReactNode }) {
  const store = useEditorStore();
  return (
    <header className="panel-head">
      <div className="panel-title">{title}</div>
      {children}
      <button
        type="button"
        className="tool"
        aria-label={t("close")}
        title={t("close")}
        onClick={() => {
          store.getState().select([]);
          store.getState().set({ side: "none" });
        }}
      >
        <Icon name="x" />
      </button>
    </header>
  );
}
