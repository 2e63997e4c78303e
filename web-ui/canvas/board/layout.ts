// Arranges the cards from left to right. Loaded on demand.

import { graphlib, layout } from "@dagrejs/dagre";
import type { Position, Scenario } from "../document.ts";
import { type NodeRef, transitions } from "../edits.ts";
import { nodeId, parseNodeId } from "../store.ts";
import { handleOf } from "./graph.ts";

const GRID = 20;

export function arrange(
  doc: Scenario,
  sizes: ReadonlyMap<string, { width: number; height: number }>,
): { node: NodeRef; position: Position }[] {
  const graph = new graphlib.Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 40, ranksep: 120 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const [id, size] of sizes) graph.setNode(id, { ...size });
  for (const { source, to } of transitions(doc)) {
    const from = handleOf(source)?.node;
    const target = nodeId({ type: "block", id: to.block });
    if (from && to.view !== "link" && graph.hasNode(from) && graph.hasNode(target))
      graph.setEdge(from, target);
  }
  layout(graph);
  const snap = (value: number) => Math.round(value / GRID) * GRID;
  return [...sizes.keys()].map((id) => {
    const { x, y, width, height } = graph.node(id);
    return { node: parseNodeId(id), position: { x: snap(x - width / 2), y: snap(y - height / 2) } };
  });
}
