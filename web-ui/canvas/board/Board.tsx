// The board: cards, lines, what the mouse does with them. The keyboard is in keys.ts.

import {
  applyNodeChanges,
  Background,
  BackgroundVariant,
  type Connection,
  type FinalConnectionState,
  MiniMap,
  type NodeChange,
  ReactFlow,
  useNodesInitialized,
  useReactFlow,
  useStore,
} from "@xyflow/react";
import { type MouseEvent as ReactMouseEvent, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { BlockCard } from "../card/BlockCard.tsx";
import { NoteCard } from "../card/NoteCard.tsx";
import { SectionCard } from "../card/SectionCard.tsx";
import { TriggerCard } from "../card/TriggerCard.tsx";
import { moveNodes, setTransition } from "../edits.ts";
import { type EditorStore, parseNodeId, useEditor, useEditorStore } from "../store.ts";
import { t } from "../texts.ts";
import {
  type CanvasEdge,
  type CanvasNode,
  edgesOf,
  initialView,
  keepEdges,
  keepNodes,
  nodesOf,
  type Sizes,
  sourceOf,
} from "./graph.ts";
import { TransitionEdge } from "./TransitionEdge.tsx";
import { ZoomControls } from "./ZoomControls.tsx";

const MINIMAP = { width: 150, height: 104 };
const nodeTypes = { block: BlockCard, trigger: TriggerCard, note: NoteCard, section: SectionCard };
const edgeTypes = { transition: TransitionEdge };
/** Below this zoom cards show icon, name and colour only. */
const FAR_ZOOM = 0.5;
/** From here on, texts of cards are read without effort. */
const READABLE_ZOOM = 0.65;
/** From so many cards on, those out of sight are not drawn. */
const MANY_NODES = 150;

export function Board() {
  const store = useEditorStore();
  const doc = useEditor((state) => state.doc);
  const selected = useEditor((state) => state.selected);
  const flow = useReactFlow<CanvasNode, CanvasEdge>();
  const far = useStore((state) => state.transform[2] < FAR_ZOOM);
  const dark = useDarkTheme();
  const folded = useEditor((state) => state.folded);
  const [nodes, setNodes] = useState<CanvasNode[]>([]);
  const sizes = useSizes(nodes);
  const wanted = useMemo(() => nodesOf(doc, selected, folded, sizes), [doc, selected, folded, sizes]);
  const drawn = useRef<CanvasEdge[]>([]);
  const edges = useMemo(() => {
    drawn.current = keepEdges(drawn.current, edgesOf(doc, selected, folded));
    return drawn.current;
  }, [doc, selected, folded]);

  // Keeps what React Flow measured; the rest is the document's.
  useEffect(() => setNodes((before) => keepNodes(before, wanted)), [wanted]);
  useReveal();
  useFirstView();

  const onNodesChange = useCallback(
    (changes: NodeChange<CanvasNode>[]) => {
      const selection = changes.filter((change) => change.type === "select");
      if (selection.length > 0) {
        const next = new Set([...store.getState().selected].filter((id) => !id.includes(" ")));
        for (const change of selection) {
          if (change.selected) next.add(change.id);
          else next.delete(change.id);
        }
        if (!same(next, store.getState().selected)) store.getState().select(next);
      }
      setNodes((before) => applyNodeChanges(changes, before));
      // The arrow keys move without a drag.
      const moved = changes.filter((change) => change.type === "position" && change.dragging === false);
      if (moved.length > 0) commitPositions(store, moved);
    },
    [store],
  );

  const onConnect = (connection: Connection) => {
    const source = sourceOf(connection.source, connection.sourceHandle);
    const target = parseNodeId(connection.target);
    if (!source || target.type !== "block") return;
    const from = flow.getNode(connection.source)?.position ?? { x: 0, y: 0 };
    store.getState().edit((doc) => {
      const view = initialView(doc, from, target.id);
      return setTransition(doc, source, view === "link" ? { block: target.id, view } : { block: target.id });
    });
  };

  const onConnectEnd = (event: MouseEvent | TouchEvent, state: FinalConnectionState) => {
    if (state.isValid || state.toNode || !state.fromNode || !state.fromHandle) return;
    const source = sourceOf(state.fromNode.id, state.fromHandle.id);
    const point = "changedTouches" in event ? event.changedTouches[0] : event;
    if (!source || !point) return;
    const at = { x: point.clientX, y: point.clientY };
    const position = flow.screenToFlowPosition(at);
    store
      .getState()
      .set({ palette: { ...at, source, position: { x: position.x, y: position.y - 20 }, triggers: false } });
  };

  const onDoubleClick = (event: ReactMouseEvent) => {
    if (!(event.target instanceof Element) || !event.target.classList.contains("react-flow__pane")) return;
    const at = { x: event.clientX, y: event.clientY };
    store.getState().set({ palette: { ...at, position: flow.screenToFlowPosition(at), triggers: true } });
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the double click is a shortcut for the add button
    <div className={`board ${far ? "board-far" : ""}`} onDoubleClick={onDoubleClick}>
      <ReactFlow<CanvasNode, CanvasEdge>
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        colorMode={dark ? "dark" : "light"}
        onNodesChange={onNodesChange}
        onConnect={onConnect}
        onConnectEnd={onConnectEnd}
        onEdgeClick={(_, edge) => store.getState().select([edge.id])}
        onPaneClick={() => store.getState().select([])}
        onReconnect={(edge, connection) => edge.source === connection.source && onConnect(connection)}
        isValidConnection={(connection) => parseNodeId(connection.target).type === "block"}
        deleteKeyCode={null}
        minZoom={0.1}
        maxZoom={1.75}
        zoomOnDoubleClick={false}
        connectionRadius={28}
        nodeDragThreshold={3}
        onlyRenderVisibleElements={nodes.length > MANY_NODES}
        multiSelectionKeyCode={["Shift", "Meta", "Control"]}
        ariaLabelConfig={ariaLabels()}
        proOptions={{ hideAttribution: false }}
      >
        <Background variant={BackgroundVariant.Dots} gap={20} size={1.4} />
        <MiniMap
          style={MINIMAP}
          pannable
          zoomable
          ariaLabel={t("minimap")}
          nodeClassName={(node) => `mini-${node.type}`}
        />
        <ZoomControls />
      </ReactFlow>
    </div>
  );
}

const NO_SIZES: Sizes = new Map();

/** The measured sizes of cards; another map only when one has changed. */
function useSizes(nodes: CanvasNode[]): Sizes {
  const known = useRef(NO_SIZES);
  const measured = nodes.flatMap(({ type, data, measured }) =>
    type === "block" && "block" in data && data.block.section && measured?.width && measured.height
      ? [[data.block.id, { width: measured.width, height: measured.height }] as const]
      : [],
  );
  const before = known.current;
  const same =
    before.size === measured.length &&
    measured.every(([id, { width, height }]) => {
      const old = before.get(id);
      return old?.width === width && old.height === height;
    });
  if (!same) known.current = new Map(measured);
  return known.current;
}

function commitPositions(store: EditorStore, changes: NodeChange<CanvasNode>[]): void {
  const moved = changes.flatMap((change) =>
    change.type === "position" && change.position
      ? [{ node: parseNodeId(change.id), position: change.position }]
      : [],
  );
  if (moved.length > 0) store.getState().edit((doc) => moveNodes(doc, moved), "move");
}

function same(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((id) => b.has(id));
}

/** Brings a card into view when something else than the mouse selected it. */
function useReveal(): void {
  const flow = useReactFlow<CanvasNode, CanvasEdge>();
  const reveal = useEditor((state) => state.reveal);
  const store = useEditorStore();
  const done = useRef<string | null>(null);
  useEffect(() => {
    if (!reveal || done.current === reveal) return;
    // The card may be a new one: it has to be measured first.
    const timer = setTimeout(() => {
      const node = flow.getInternalNode(reveal);
      const board = document.querySelector(".board")?.getBoundingClientRect();
      store.getState().set({ reveal: null });
      if (!node || !board) return;
      const { x, y } = node.internals.positionAbsolute;
      const [width, height] = [node.measured.width ?? 264, node.measured.height ?? 120];
      const corner = flow.flowToScreenPosition({ x, y });
      const end = flow.flowToScreenPosition({ x: x + width, y: y + height });
      const bottom = board.bottom - sheetHeight();
      const inside =
        corner.x >= board.left && corner.y >= board.top && end.x <= board.right && corner.y + 80 <= bottom;
      if (inside && flow.getZoom() >= FAR_ZOOM) return;
      const zoom = Math.max(flow.getZoom(), 0.8);
      const seen = (bottom - board.top) / zoom;
      const top = Math.max(20, (seen - height) / 2);
      void flow.setViewport(
        { x: board.width / 2 - (x + width / 2) * zoom, y: (top - y) * zoom, zoom },
        { duration: 250 },
      );
    }, 60);
    return () => clearTimeout(timer);
  }, [reveal, flow, store]);
}

/** How much of the board the inspector covers: on a phone it is a sheet from below. */
function sheetHeight(): number {
  const panel = document.querySelector(".side-panel");
  return panel && getComputedStyle(panel).position === "absolute" ? panel.getBoundingClientRect().height : 0;
}

/** Shows everything when that can be read, else where the scenario begins. */
function useFirstView(): void {
  const flow = useReactFlow<CanvasNode, CanvasEdge>();
  const ready = useNodesInitialized();
  const done = useRef(false);
  useEffect(() => {
    const board = document.querySelector(".board")?.getBoundingClientRect();
    if (!ready || done.current || !board) return;
    done.current = true;
    const { x, y, width, height } = flow.getNodesBounds(flow.getNodes());
    const whole = Math.min((board.width - 80) / width, (board.height - 80) / height);
    if (whole >= READABLE_ZOOM) {
      void flow.fitView({ maxZoom: 1, padding: "40px" });
      return;
    }
    const zoom = board.width < 600 ? 0.7 : 0.85;
    void flow.setViewport({ x: 40 - x * zoom, y: 40 - y * zoom, zoom });
  }, [ready, flow]);
}

function isDark(): boolean {
  return document.documentElement.dataset.bsTheme === "dark";
}

function useDarkTheme(): boolean {
  const [dark, setDark] = useState(isDark);
  useEffect(() => {
    const observer = new MutationObserver(() => setDark(isDark()));
    observer.observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
    return () => observer.disconnect();
  }, []);
  return dark;
}

function ariaLabels() {
  return {
    "node.a11yDescription.default": t("node-help"),
    "node.a11yDescription.keyboardDisabled": t("node-help"),
    "edge.a11yDescription.default": t("edge-help"),
    "minimap.ariaLabel": t("minimap"),
  };
}
