// What the forms of one card know: names, findings, and how to wire its ways out.

import { useDeferredValue, useMemo } from "react";
import type { FormWorld } from "../../forms/context.ts";
import { initialView } from "../board/graph.ts";
import { freshId, type JsonObject, type Position } from "../document.ts";
import { addBlock, blocksOf, type Source, setTransition, transitionOf } from "../edits.ts";
import type { PlacedFinding } from "../findings.ts";
import { blockTitle } from "../names.ts";
import { useBoot, useCatalog, useEditor, useEditorStore } from "../store.ts";
import { knownVariables } from "../variables.ts";

interface WorldOptions {
  root: JsonObject;
  /** Where the card stands. */
  position: Position | undefined;
  findings: PlacedFinding[];
  focus: string | null;
  sourceOf: (exit: string) => Source;
  portAt: (pointer: string) => string | undefined;
}

const BESIDE = 400;

export function useWorld({ root, position, findings, focus, sourceOf, portAt }: WorldOptions): FormWorld {
  const store = useEditorStore();
  const boot = useBoot();
  const catalog = useCatalog();
  const doc = useEditor((state) => state.doc);
  // The pickers may lag behind a key press: collecting reads the whole document.
  const settled = useDeferredValue(doc);
  const variables = useMemo(() => knownVariables(settled, catalog, boot.globals), [settled, catalog, boot]);
  const blocks = useMemo(
    () => blocksOf(settled).map((block) => ({ id: block.id, title: blockTitle(block, catalog) })),
    [settled, catalog],
  );
  const from = position ?? { x: 0, y: 0 };
  return {
    root,
    lists: boot.lists,
    miniApps: boot.mini_apps,
    scenarios: boot.scenarios,
    variables,
    blocks,
    findings,
    focus,
    portAt: (pointer) => {
      const exit = portAt(pointer);
      return exit === undefined ? undefined : { exit, to: transitionOf(doc, sourceOf(exit)) };
    },
    connect: (exit, block) =>
      store.getState().edit((doc) => {
        if (!block) return setTransition(doc, sourceOf(exit), undefined);
        const view = initialView(doc, from, block);
        return setTransition(doc, sourceOf(exit), view === "link" ? { block, view } : { block });
      }),
    connectNew: (exit) => {
      const id = freshId("b");
      store.getState().edit((doc) => {
        const made = addBlock(doc, {
          id,
          name: "",
          position: { x: from.x + BESIDE, y: from.y },
          actions: [],
        });
        return setTransition(made, sourceOf(exit), { block: id });
      });
      store.getState().show({ type: "block", id });
    },
  };
}
