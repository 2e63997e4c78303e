// Arranges cards from left to right. Loaded on demand, so it knows nothing of the editor.

import { graphlib, layout } from "@dagrejs/dagre";

const GRID = 20;

/** Where the cards of these sizes go, given which leads to which. */
export function arrange(
  sizes: ReadonlyMap<string, { width: number; height: number }>,
  lines: readonly { source: string; target: string }[],
): Map<string, { x: number; y: number }> {
  const graph = new graphlib.Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 40, ranksep: 120 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const [id, size] of sizes) graph.setNode(id, { ...size });
  for (const { source, target } of lines) {
    if (graph.hasNode(source) && graph.hasNode(target)) graph.setEdge(source, target);
  }
  layout(graph);
  const snap = (value: number) => Math.round(value / GRID) * GRID;
  const places = [...sizes.keys()].map((id) => {
    const { x, y, width, height } = graph.node(id);
    return [id, { x: snap(x - width / 2), y: snap(y - height / 2) }] as const;
  });
  return new Map(places);
}
