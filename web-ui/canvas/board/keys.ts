// The keyboard of the canvas and its clipboard.

import { useReactFlow } from "@xyflow/react";
import { useEffect } from "react";
import { toast } from "../../app/toast.ts";
import { type Clip, cut, type NodeRef, paste, removeNodes, setTransition } from "../edits.ts";
import type { Saver } from "../saving.ts";
import { type EditorStore, nodeId, parseNodeId, useEditorStore } from "../store.ts";
import { t } from "../texts.ts";
import { sourceOf } from "./graph.ts";

const DUPLICATE_OFFSET = { x: 40, y: 40 };

function selectedNodes(store: EditorStore): NodeRef[] {
  return [...store.getState().selected].filter((id) => !id.includes(" ")).map(parseNodeId);
}

/** Deletes what is selected: cards, or a line. */
export function deleteSelected(store: EditorStore): void {
  const { selected, edit, select } = store.getState();
  const nodes = selectedNodes(store);
  const lines = [...selected].filter((id) => id.includes(" "));
  if (nodes.length === 0 && lines.length === 0) return;
  edit((doc) => {
    let next = removeNodes(doc, nodes);
    for (const line of lines) {
      const [node = "", handle] = line.split(" ");
      const source = sourceOf(node, handle);
      if (source) next = setTransition(next, source, undefined);
    }
    return next;
  });
  select([]);
  const without = store.getState().doc;
  const close = toast(t("deleted", { count: nodes.length }), "info", {
    label: t("undo"),
    run: () => store.getState().undo(),
  });
  // Undoing takes back the newest change: once that is another one, the offer is no longer true.
  const stop = store.subscribe(({ doc }) => {
    if (doc === without) return;
    stop();
    close();
  });
}

export function duplicate(store: EditorStore, nodes: NodeRef[]): void {
  insertClip(store, cut(store.getState().doc, nodes), DUPLICATE_OFFSET);
}

function insertClip(store: EditorStore, clip: Clip, offset: { x: number; y: number }): void {
  let made: NodeRef[] = [];
  store.getState().edit((doc) => {
    const pasted = paste(doc, clip, offset);
    made = pasted.nodes;
    return pasted.doc;
  });
  store.getState().select(made.map(nodeId));
}

/** Whether the event belongs to a field, where keys mean text. */
function inField(event: Event): boolean {
  const target = event.target;
  return (
    target instanceof Element &&
    target.closest("input, textarea, select, [contenteditable=true], dialog, .palette, .quick-search") !==
      null
  );
}

function readClip(text: string): Clip | undefined {
  if (!text.includes('"scenaria/clip"')) return undefined;
  try {
    const clip = JSON.parse(text) as Clip;
    const whole = [clip.blocks, clip.triggers, clip.notes].every(Array.isArray);
    return clip["scenaria/clip"] === 1 && whole ? clip : undefined;
  } catch {
    return undefined;
  }
}

export function useKeys(saver: Saver): void {
  const store = useEditorStore();
  const flow = useReactFlow();
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const command = event.ctrlKey || event.metaKey;
      const act = (run: () => void) => {
        event.preventDefault();
        run();
      };
      // By the place of the key, so that a Russian layout has the same shortcuts.
      if (command && event.code === "KeyS") return act(() => void saver.save());
      if (command && event.code === "KeyK") return act(() => store.getState().set({ searching: true }));
      if (inField(event)) return;
      if (command && event.code === "KeyZ") {
        return act(() => (event.shiftKey ? store.getState().redo() : store.getState().undo()));
      }
      if (command && event.code === "KeyY") return act(() => store.getState().redo());
      if (command && event.code === "KeyD") return act(() => duplicate(store, selectedNodes(store)));
      if (event.key === "/") return act(() => store.getState().set({ searching: true }));
      if (event.key === "Delete" || event.key === "Backspace") return act(() => deleteSelected(store));
      if (event.key === "Escape") store.getState().select([]);
    };
    const onCopy = (event: ClipboardEvent) => {
      const nodes = selectedNodes(store);
      if (inField(event) || nodes.length === 0 || String(getSelection()) !== "") return;
      event.preventDefault();
      event.clipboardData?.setData("text/plain", JSON.stringify(cut(store.getState().doc, nodes)));
      if (event.type === "cut") deleteSelected(store);
    };
    const onPaste = (event: ClipboardEvent) => {
      if (inField(event)) return;
      const clip = readClip(event.clipboardData?.getData("text/plain") ?? "");
      const first = clip && [...clip.blocks, ...clip.triggers, ...clip.notes][0]?.position;
      if (!clip || !first) return;
      event.preventDefault();
      const board = document.querySelector(".board")?.getBoundingClientRect();
      const middle = flow.screenToFlowPosition({
        x: (board?.left ?? 0) + (board?.width ?? 0) / 3,
        y: (board?.top ?? 0) + (board?.height ?? 0) / 3,
      });
      insertClip(store, clip, { x: middle.x - first.x, y: middle.y - first.y });
    };
    document.addEventListener("keydown", onKey);
    document.addEventListener("copy", onCopy);
    document.addEventListener("cut", onCopy);
    document.addEventListener("paste", onPaste);
    return () => {
      document.removeEventListener("keydown", onKey);
      document.removeEventListener("copy", onCopy);
      document.removeEventListener("cut", onCopy);
      document.removeEventListener("paste", onPaste);
    };
  }, [store, flow, saver]);
}
