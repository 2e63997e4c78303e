// Turns the document into React Flow's nodes and edges.

import type { Edge } from "@xyflow/react";
import type { BlockNode } from "../card/BlockCard.tsx";
import type { NoteNode } from "../card/NoteCard.tsx";
import type { SectionNode } from "../card/SectionCard.tsx";
import type { TriggerNode } from "../card/TriggerCard.tsx";
import { ERROR_EXIT, TIMEOUT_EXIT } from "../catalog.ts";
import type { Block, Note, Position, Scenario, Section, Trigger } from "../document.ts";
import { blocksOf, notesOf, type Source, sectionsOf, transitions, triggersOf } from "../edits.ts";
import { nodeId } from "../store.ts";
import { t } from "../texts.ts";

export type CanvasNode = BlockNode | TriggerNode | NoteNode | SectionNode;
export type EdgeLook = "plain" | "error" | "timeout";
export type CanvasEdge = Edge<{ source: Source; look: EdgeLook }, "transition">;

const ORIGIN: Position = { x: 0, y: 0 };

/** One object per element for as long as it does not change, so that only changed cards are drawn again. */
function remembered<K extends string, T extends object>(key: K): (element: T) => Record<K, T> {
  const known = new WeakMap<T, Record<K, T>>();
  return (element) => {
    const data = known.get(element) ?? ({ [key]: element } as Record<K, T>);
    known.set(element, data);
    return data;
  };
}

const blockData = remembered<"block", Block>("block");
const triggerData = remembered<"trigger", Trigger>("trigger");
const noteData = remembered<"note", Note>("note");

/** How large cards are drawn, by id of the block; unknown until they were measured. */
export type Sizes = ReadonlyMap<string, { width: number; height: number }>;

const CARD = { width: 264, height: 120 };
/** Room between a section's frame and its cards; more above, for its name. */
const ROOM = { side: 28, top: 84, bottom: 28 };
const FOLDED = { width: 240, height: 64 };
const EMPTY = { width: 320, height: 140 };

const sectionData = new Map<string, SectionNode["data"]>();

function sectionNode(doc: Scenario, section: Section, folded: boolean, sizes: Sizes): SectionNode {
  const inside = blocksOf(doc).filter((block) => block.section === section.id);
  const boxes = inside.map(({ id, position = ORIGIN }) => ({ ...position, ...(sizes.get(id) ?? CARD) }));
  const left = Math.min(...boxes.map(({ x }) => x)) - ROOM.side;
  const top = Math.min(...boxes.map(({ y }) => y)) - ROOM.top;
  const right = Math.max(...boxes.map(({ x, width }) => x + width)) + ROOM.side;
  const bottom = Math.max(...boxes.map(({ y, height }) => y + height)) + ROOM.bottom;
  const none = boxes.length === 0;
  const size = folded ? FOLDED : none ? EMPTY : { width: right - left, height: bottom - top };
  const id = nodeId({ type: "section", id: section.id });
  const known = sectionData.get(id);
  const same = known?.section === section && known.folded === folded && known.count === inside.length;
  const data = same ? known : { section, folded, count: inside.length };
  sectionData.set(id, data);
  return {
    id,
    type: "section",
    data,
    position: none ? (section.position ?? ORIGIN) : { x: left, y: top },
    ...size,
    zIndex: folded ? 0 : -1,
    draggable: false,
    selectable: false,
    focusable: false,
  };
}

export function nodesOf(
  doc: Scenario,
  selected: ReadonlySet<string>,
  folded: ReadonlySet<string>,
  sizes: Sizes,
): CanvasNode[] {
  const common = (
    type: "block" | "trigger" | "note",
    id: string,
    position: Position | undefined,
    label: string,
  ) => ({
    id: nodeId({ type, id }),
    position: position ?? ORIGIN,
    selected: selected.has(nodeId({ type, id })),
    ariaLabel: label,
  });
  const isShown = ({ section }: Block) => !section || !folded.has(section);
  return [
    ...sectionsOf(doc).map((section) => sectionNode(doc, section, folded.has(section.id), sizes)),
    ...notesOf(doc).map((note) => ({
      ...common("note", note.id, note.position, note.text),
      type: "note" as const,
      data: noteData(note),
    })),
    ...triggersOf(doc).map((trigger) => ({
      ...common("trigger", trigger.id, trigger.position, t("trigger")),
      type: "trigger" as const,
      data: triggerData(trigger),
    })),
    ...blocksOf(doc)
      .filter(isShown)
      .map((block) => ({
        ...common("block", block.id, block.position, block.name || t("unnamed-block")),
        type: "block" as const,
        data: blockData(block),
      })),
  ];
}

/** The port a transition begins at. */
export function handleOf(source: Source): { node: string; handle: string } | undefined {
  switch (source.from) {
    case "trigger":
      return { node: nodeId({ type: "trigger", id: source.trigger }), handle: "next" };
    case "block":
      return { node: nodeId({ type: "block", id: source.block }), handle: "next" };
    case "exit":
      return { node: nodeId({ type: "block", id: source.block }), handle: `${source.action}/${source.exit}` };
    case "section":
    case "errors":
      return undefined;
  }
}

export function sourceOf(node: string, handle: string | null | undefined): Source | undefined {
  const [type, id] = [node.slice(0, node.indexOf(":")), node.slice(node.indexOf(":") + 1)];
  if (type === "trigger") return { from: "trigger", trigger: id };
  if (type !== "block" || !handle) return undefined;
  const slash = handle.indexOf("/");
  if (slash < 0) return { from: "block", block: id };
  return { from: "exit", block: id, action: handle.slice(0, slash), exit: handle.slice(slash + 1) };
}

export function edgesOf(
  doc: Scenario,
  selected: ReadonlySet<string>,
  folded: ReadonlySet<string>,
): CanvasEdge[] {
  // Lines of cards that are folded away begin and end at their section, one for each pair.
  const away = new Map(
    blocksOf(doc).flatMap(({ id, section }) =>
      section && folded.has(section)
        ? [[nodeId({ type: "block", id }), nodeId({ type: "section", id: section })] as const]
        : [],
    ),
  );
  const drawn = new Set<string>();
  const known = new Set(blocksOf(doc).map((block) => block.id));
  return transitions(doc).flatMap(({ source, to }) => {
    const handle = handleOf(source);
    if (!handle || to.view === "link" || !known.has(to.block)) return [];
    const id = `${handle.node} ${handle.handle}`;
    const end = nodeId({ type: "block", id: to.block });
    const [from, target] = [away.get(handle.node) ?? handle.node, away.get(end) ?? end];
    if (from !== handle.node) {
      const pair = `${from} ${target}`;
      if (from === target || drawn.has(pair)) return [];
      drawn.add(pair);
    }
    const lit = [handle.node, from, target, id].some((one) => selected.has(one));
    const state = lit ? "edge-lit" : selected.size > 0 ? "edge-faded" : "";
    const look = lookOf(source);
    return [
      {
        id,
        type: "transition" as const,
        source: from,
        sourceHandle: from === handle.node ? handle.handle : "out",
        target,
        targetHandle: "in",
        selected: selected.has(id),
        className: `edge-${look} ${state}`,
        zIndex: lit ? 10 : 0,
        data: { source, look },
      },
    ];
  });
}

/** Takes over what did not change, so that React draws only what did. */
export function keepEdges(before: CanvasEdge[], wanted: CanvasEdge[]): CanvasEdge[] {
  const known = new Map(before.map((edge) => [edge.id, edge]));
  return wanted.map((edge) => {
    const old = known.get(edge.id);
    const same =
      old?.target === edge.target &&
      old.source === edge.source &&
      old.className === edge.className &&
      old.selected === edge.selected;
    return old && same ? old : edge;
  });
}

export function keepNodes(before: CanvasNode[], wanted: CanvasNode[]): CanvasNode[] {
  const known = new Map(before.map((node) => [node.id, node]));
  return wanted.map((node) => {
    const old = known.get(node.id);
    if (!old) return node;
    const still = old.position.x === node.position.x && old.position.y === node.position.y;
    const sized = old.width === node.width && old.height === node.height;
    if (still && sized && old.data === node.data && old.selected === node.selected) return old;
    return old.measured ? { ...node, measured: old.measured } : node;
  });
}

function lookOf(source: Source): EdgeLook {
  if (source.from !== "exit") return "plain";
  return source.exit === ERROR_EXIT ? "error" : source.exit === TIMEOUT_EXIT ? "timeout" : "plain";
}

/** How a new transition is drawn: far, backwards or crowded ones begin as a link. */
export function initialView(doc: Scenario, from: Position, target: string): "line" | "link" {
  const to = blocksOf(doc).find((block) => block.id === target)?.position ?? ORIGIN;
  const inputs = transitions(doc).filter(({ to }) => to.block === target && to.view !== "link").length;
  const backwards = to.x < from.x - 40;
  const far = to.x - from.x > 1400 || Math.abs(to.y - from.y) > 1000;
  return backwards || far || inputs >= 5 ? "link" : "line";
}
