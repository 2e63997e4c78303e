// The bar over the board: the scenario's name, what is saved, undo, findings, publish.

import { useReactFlow } from "@xyflow/react";
import { Icon } from "../../icons/Icon.tsx";
import type { CanvasNode } from "../board/graph.ts";
import { moveNodes } from "../edits.ts";
import type { Saver } from "../saving.ts";
import { parseNodeId, useBoot, useEditor, useEditorStore } from "../store.ts";
import { t } from "../texts.ts";
import { publishOrAsk } from "./PublishDialog.tsx";
import { SaveMark } from "./SaveMark.tsx";

export function Toolbar({ saver }: { saver: Saver }) {
  const boot = useBoot();
  const store = useEditorStore();
  const canUndo = useEditor((state) => state.past.length > 0);
  const canRedo = useEditor((state) => state.future.length > 0);
  const publishing = useEditor((state) => state.publishing);
  const { undo, redo, set } = store.getState();

  return (
    <div className="canvas-bar" role="toolbar" aria-label={t("toolbar")}>
      <a className="scenario-name" href={boot.urls.settings} title={t("scenario-settings")}>
        {boot.scenario.name}
      </a>
      <SaveMark saver={saver} />
      <span className="bar-space" />
      <div className="btn-group">
        <BarButton icon="arrow-back-up" label={t("undo")} disabled={!canUndo} onClick={undo} testId="undo" />
        <BarButton
          icon="arrow-forward-up"
          label={t("redo")}
          disabled={!canRedo}
          onClick={redo}
          testId="redo"
        />
      </div>
      <div className="btn-group">
        <button
          type="button"
          className="btn btn-icon"
          title={t("add-card")}
          aria-label={t("add-card")}
          data-testid="add-card"
          onClick={(event) => {
            const { left, bottom } = event.currentTarget.getBoundingClientRect();
            set({ palette: { x: left, y: bottom + 4, triggers: true } });
          }}
        >
          <Icon name="square-rounded-plus" />
        </button>
        <BarButton
          icon="search"
          label={t("search-hint")}
          onClick={() => set({ searching: true })}
          testId="search"
        />
        <ArrangeButton />
      </div>
      <FindingsButton />
      <a
        className="btn bar-test"
        href={boot.urls.test}
        target="_blank"
        rel="noopener"
        title={t("open-test-chat")}
        aria-label={t("open-test-chat")}
      >
        <Icon name="message-circle" />
        <span className="bar-label">{t("test-chat")}</span>
      </a>
      <button
        type="button"
        className={`btn btn-primary ${publishing ? "btn-loading" : ""}`}
        disabled={publishing}
        title={t("publish")}
        aria-label={t("publish")}
        data-testid="publish"
        onClick={() => void publishOrAsk(saver, store)}
      >
        <Icon name="rocket" />
        <span className="bar-label">{t("publish")}</span>
      </button>
    </div>
  );
}

interface BarButtonProps {
  icon: string;
  label: string;
  disabled?: boolean;
  testId: string;
  onClick: () => void;
}

function BarButton({ icon, label, disabled = false, testId, onClick }: BarButtonProps) {
  return (
    <button
      type="button"
      className="btn btn-icon"
      title={label}
      aria-label={label}
      disabled={disabled}
      data-testid={testId}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}

function FindingsButton() {
  const store = useEditorStore();
  const errors = useEditor(
    (state) => state.findings.filter((finding) => finding.severity === "error").length,
  );
  const warnings = useEditor((state) => state.findings.length) - errors;
  const open = useEditor((state) => state.side === "findings");
  const count = errors + warnings;
  if (count === 0 && !open) return null;
  return (
    <button
      type="button"
      className={`btn bar-findings ${errors > 0 ? "has-errors" : "has-warnings"}`}
      title={t("findings")}
      aria-label={t("findings-count", { count })}
      aria-expanded={open}
      data-testid="findings"
      onClick={() => {
        store.getState().select([]);
        store.getState().set({ side: open ? "none" : "findings" });
      }}
    >
      <Icon name="alert-triangle" />
      {count}
    </button>
  );
}

function ArrangeButton() {
  const store = useEditorStore();
  const flow = useReactFlow<CanvasNode>();
  const run = async () => {
    const { arrange } = await import("../board/layout.ts");
    const cards = flow.getNodes().filter((node) => node.type !== "note");
    const sizes = new Map(
      cards.map((node) => [
        node.id,
        { width: node.measured?.width ?? 264, height: node.measured?.height ?? 120 },
      ]),
    );
    const moved = [...arrange(sizes, flow.getEdges())].map(([id, position]) => ({
      node: parseNodeId(id),
      position,
    }));
    store.getState().edit((doc) => moveNodes(doc, moved));
    setTimeout(() => void flow.fitView({ duration: 250, maxZoom: 1, padding: 0.15 }), 50);
  };
  return <BarButton icon="sitemap" label={t("arrange")} testId="arrange" onClick={() => void run()} />;
}
