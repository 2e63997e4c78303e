// A block on the canvas.

import { Handle, type Node, type NodeProps, Position, useUpdateNodeInternals } from "@xyflow/react";
import { memo, useEffect, useRef, useState } from "react";
import { Icon } from "../../icons/Icon.tsx";
import type { Port } from "../catalog.ts";
import type { Action, Block } from "../document.ts";
import { actionsOf } from "../edits.ts";
import { blockTitle } from "../names.ts";
import { useCatalog, useEditor, useEditorStore } from "../store.ts";
import { t } from "../texts.ts";
import { ActionView, isSilent, worst } from "./ActionView.tsx";
import { PortHandle, PortRow } from "./Port.tsx";

export type BlockNode = Node<{ block: Block }, "block">;

interface Step {
  action: Action;
  ports: Port[];
}

/** Three and more silent steps in a row fold. */
const FOLD_FROM = 3;

export const BlockCard = memo(function BlockCard({ id, data: { block }, selected }: NodeProps<BlockNode>) {
  const catalog = useCatalog();
  const store = useEditorStore();
  const openAction = useEditor((state) => (selected ? state.openAction : null));
  const severity = useEditor((state) =>
    worst(state.findings.filter(({ node }) => node?.type === "block" && node.id === block.id)),
  );
  const takesErrors = useEditor((state) => state.doc.on_error?.block === block.id);
  const steps: Step[] = actionsOf(block).map((action) => ({
    action,
    ports: catalog.ports(action),
  }));
  // Errors and time-outs show at the bottom edge once they are wired, or while their action is open.
  const quiet = steps.flatMap(({ action, ports }) =>
    ports
      .filter((port) => port.quiet && port.style !== "plain")
      .filter((port) => action.exits?.[port.id] || openAction === action.id)
      .map((port) => ({ action, port })),
  );
  useMeasuredPorts(id, [
    ...steps.map(
      ({ action, ports }) =>
        `${action.id}:${ports.map((port) => port.id)}:${Object.keys(action.exits ?? {})}`,
    ),
    openAction ?? "",
    ...quiet.map(({ action, port }) => `${action.id}/${port.id}`),
  ]);
  const first = steps[0];
  const title = blockTitle(block, catalog);
  return (
    <article
      className={`flow-card block-card ${severity ? `card-${severity}` : ""}`}
      data-testid={`block-${block.id}`}
      data-group={first && catalog.action(first.action.kind)?.group}
    >
      <Handle
        type="target"
        id="in"
        position={Position.Left}
        className="port port-in"
        isConnectableStart={false}
      />
      <header className="flow-card-head">
        <span className="flow-card-title">{title}</span>
        {takesErrors && (
          <span className="error-block" title={t("errors-here")}>
            <Icon name="alert-octagon" />
          </span>
        )}
        {severity && <Icon name="alert-triangle" className={`mark-${severity}`} />}
      </header>
      <div className="flow-card-body">
        {steps.length === 0 && <p className="card-empty">{t("empty-block")}</p>}
        {foldSteps(steps).map((group) =>
          group.length >= FOLD_FROM ? (
            <Folded key={group[0]?.action.id} block={block.id} steps={group} />
          ) : (
            group.map(({ action }) => <ActionView key={action.id} block={block.id} action={action} />)
          ),
        )}
      </div>
      {selected && (
        <button
          type="button"
          className="card-add nodrag"
          onClick={(event) => {
            event.stopPropagation();
            const { right, top } = event.currentTarget.getBoundingClientRect();
            store.getState().set({ palette: { x: right + 8, y: top, block: block.id, triggers: false } });
          }}
        >
          <Icon name="plus" />
          {t("add-action")}
        </button>
      )}
      <PortRow id="next" to={block.next} className="next-row" label={t("next")}>
        <span>{t("next")}</span>
      </PortRow>
      {quiet.length > 0 && (
        <div className="quiet-exits">
          {quiet.map(({ action, port }) => (
            <span key={`${action.id}/${port.id}`} className={`quiet-exit quiet-${port.style}`}>
              {port.label}
              <PortHandle
                id={`${action.id}/${port.id}`}
                to={action.exits?.[port.id]}
                side="bottom"
                label={port.label}
              />
            </span>
          ))}
        </div>
      )}
      <div className="far-face" aria-hidden="true">
        <Icon name={(first && catalog.action(first.action.kind)?.icon) ?? "square-rounded-plus"} />
        <span>{title}</span>
      </div>
    </article>
  );
});

/** React Flow measures ports when a card appears or changes its size; they may also change without that. */
function useMeasuredPorts(node: string, parts: string[]): void {
  const update = useUpdateNodeInternals();
  const signature = parts.join(" ");
  const measured = useRef(signature);
  useEffect(() => {
    if (measured.current === signature) return;
    measured.current = signature;
    update(node);
  }, [update, node, signature]);
}

function foldSteps(steps: Step[]): Step[][] {
  const groups: Step[][] = [];
  let silent = false;
  for (const step of steps) {
    const folds = isSilent(step.action, step.ports);
    const last = groups.at(-1);
    if (folds && silent && last) last.push(step);
    else groups.push([step]);
    silent = folds;
  }
  return groups;
}

function Folded({ block, steps }: { block: string; steps: Step[] }) {
  const [unfolded, setUnfolded] = useState(false);
  const openInside = useEditor((state) => steps.some(({ action }) => action.id === state.openAction));
  const troubled = useEditor((state) =>
    worst(state.findings.filter(({ action }) => steps.some((step) => step.action.id === action))),
  );
  if (unfolded || openInside) {
    return (
      <>
        {steps.map(({ action }) => (
          <ActionView key={action.id} block={block} action={action} />
        ))}
        {!openInside && <FoldButton count={steps.length} unfolded onClick={() => setUnfolded(false)} />}
      </>
    );
  }
  const [first] = steps;
  return (
    <div className={troubled ? `action-${troubled}` : ""}>
      {first && <ActionView block={block} action={first.action} />}
      <FoldButton count={steps.length - 1} unfolded={false} onClick={() => setUnfolded(true)} />
    </div>
  );
}

function FoldButton({ count, unfolded, onClick }: { count: number; unfolded: boolean; onClick: () => void }) {
  return (
    <button
      type="button"
      className="fold nodrag"
      aria-expanded={unfolded}
      onClick={(event) => {
        event.stopPropagation();
        onClick();
      }}
    >
      <Icon name={unfolded ? "chevron-up" : "chevron-down"} />
      {unfolded ? t("fold") : t("more-steps", { count })}
    </button>
  );
}
