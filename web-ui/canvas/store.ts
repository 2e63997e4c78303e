// The state of the editor: the document with its history, what is selected, what is open. Saving is in
// saving.ts, changes of the document in edits.ts.

import { createContext, useContext } from "react";
import { createStore, type StoreApi, useStore } from "zustand";
import type { Boot, Finding } from "./boot.ts";
import { CatalogIndex } from "./catalog.ts";
import type { Scenario } from "./document.ts";
import { findBlock, type NodeRef, type Source } from "./edits.ts";
import { type PlacedFinding, placeFindings } from "./findings.ts";
import type { PeopleOnBlock } from "./saving.ts";

export type SaveState = "saved" | "dirty" | "saving" | "failed" | "refused" | "conflict" | "signed-out";

/** Where the palette was opened, and what becomes of the choice. */
export interface PaletteRequest {
  /** On the screen, in CSS pixels. */
  x: number;
  y: number;
  /** The new action goes into this block; without it a new block is made. */
  block?: string;
  index?: number;
  /** The new block is wired to this. */
  source?: Source;
  /** Where the new card goes, in the canvas's pixels. */
  position?: { x: number; y: number };
  triggers: boolean;
}

export interface EditorState {
  scenario: number;
  doc: Scenario;
  revision: number;
  published: number | null;
  past: Scenario[];
  future: Scenario[];
  /** Ids of React Flow nodes. */
  selected: ReadonlySet<string>;
  /** The action that is open in the inspector. */
  openAction: string | null;
  /** The field to bring into view: pointer inside the options of the open action or trigger. */
  focusField: string | null;
  findings: PlacedFinding[];
  save: SaveState;
  /** What the server said when it refused. */
  saveText: string;
  publishing: boolean;
  /** Who stands in blocks that publishing would change, while the builder is asked about them. */
  concerned: PeopleOnBlock[] | null;
  side: "inspector" | "findings" | "none";
  /** The node to bring into view. */
  reveal: string | null;
  palette: PaletteRequest | null;
  searching: boolean;
  /** Sections drawn as one card. How somebody looks at a scenario is no part of it. */
  folded: ReadonlySet<string>;

  /** Changes the document. Changes under one mark within a second are undone together. */
  edit: (change: (doc: Scenario) => Scenario, mark?: string) => void;
  undo: () => void;
  redo: () => void;
  select: (ids: Iterable<string>) => void;
  /** Opens a card, and there an action and a field. */
  show: (node: NodeRef, action?: string, field?: string) => void;
  set: (patch: Partial<Omit<EditorState, "edit" | "undo" | "redo" | "select" | "show" | "set">>) => void;
  setFindings: (checked: Scenario, findings: Finding[]) => void;
}

export type EditorStore = StoreApi<EditorState>;

const HISTORY = 200;
const MERGE_MS = 1000;

export const nodeId = (node: NodeRef): string => `${node.type}:${node.id}`;

export function parseNodeId(id: string): NodeRef {
  const colon = id.indexOf(":");
  const type = id.slice(0, colon);
  const known = type === "trigger" || type === "note" || type === "section";
  return { type: known ? type : "block", id: id.slice(colon + 1) };
}

export function createEditor(boot: Boot): EditorStore {
  let last = { mark: "", at: 0 };
  return createStore<EditorState>()((set, get) => ({
    scenario: boot.scenario.id,
    doc: boot.scenario.document,
    revision: boot.scenario.revision,
    published: boot.scenario.published_number,
    past: [],
    future: [],
    selected: new Set<string>(),
    openAction: null,
    focusField: null,
    findings: placeFindings(boot.scenario.document, boot.findings),
    save: "saved",
    saveText: "",
    publishing: false,
    concerned: null,
    side: "none",
    reveal: null,
    palette: null,
    searching: false,
    folded: readFolded(boot.scenario.id),

    edit: (change, mark = "") => {
      const { doc, past, save } = get();
      const next = change(doc);
      if (next === doc) return;
      const merges = mark !== "" && mark === last.mark && Date.now() - last.at < MERGE_MS && past.length > 0;
      last = { mark, at: Date.now() };
      set({
        doc: next,
        past: merges ? past : [...past.slice(-HISTORY), doc],
        future: [],
        save: save === "conflict" ? save : "dirty",
      });
    },
    undo: () => {
      const { doc, past, future, save } = get();
      const previous = past.at(-1);
      if (!previous) return;
      last = { mark: "", at: 0 };
      set({
        doc: previous,
        past: past.slice(0, -1),
        future: [doc, ...future],
        save: save === "conflict" ? save : "dirty",
      });
    },
    redo: () => {
      const { doc, past, future, save } = get();
      const [next, ...rest] = future;
      if (!next) return;
      last = { mark: "", at: 0 };
      set({ doc: next, past: [...past, doc], future: rest, save: save === "conflict" ? save : "dirty" });
    },
    select: (ids) => {
      const selected = new Set(ids);
      const { side } = get();
      set({
        selected,
        openAction: null,
        focusField: null,
        side: selected.size > 0 ? "inspector" : side === "inspector" ? "none" : side,
      });
    },
    show: (node, action, field) => {
      // What is looked at is not folded away.
      const section = node.type === "block" ? findBlock(get().doc, node.id)?.section : undefined;
      const { folded } = get();
      if (section && folded.has(section)) {
        set({ folded: new Set([...folded].filter((id) => id !== section)) });
      }
      set({
        selected: new Set([nodeId(node)]),
        openAction: action ?? null,
        focusField: field ?? null,
        side: "inspector",
        reveal: nodeId(node),
        searching: false,
        palette: null,
      });
    },
    set,
    setFindings: (checked, findings) => set({ findings: placeFindings(checked, findings) }),
  }));
}

const foldedKey = (scenario: number): string => `scenaria-folded-${scenario}`;

function readFolded(scenario: number): ReadonlySet<string> {
  const stored = typeof localStorage === "undefined" ? null : localStorage.getItem(foldedKey(scenario));
  return new Set(stored ? stored.split(" ") : []);
}

function writeFolded(scenario: number, folded: ReadonlySet<string>): void {
  if (folded.size > 0) localStorage.setItem(foldedKey(scenario), [...folded].join(" "));
  else localStorage.removeItem(foldedKey(scenario));
}

export function toggleFold(store: EditorStore, section: string): void {
  const { folded, scenario, set } = store.getState();
  const next = new Set(folded);
  if (!next.delete(section)) next.add(section);
  set({ folded: next });
  writeFolded(scenario, next);
}

interface EditorContextValue {
  store: EditorStore;
  boot: Boot;
  catalog: CatalogIndex;
}

export const EditorContext = createContext<EditorContextValue | null>(null);

export function editorContext(store: EditorStore, boot: Boot): EditorContextValue {
  return { store, boot, catalog: new CatalogIndex(boot.catalog) };
}

function useEditorContext(): EditorContextValue {
  const context = useContext(EditorContext);
  if (!context) throw new Error("outside of the editor");
  return context;
}

export function useEditor<T>(select: (state: EditorState) => T): T {
  return useStore(useEditorContext().store, select);
}

export function useEditorStore(): EditorStore {
  return useEditorContext().store;
}

export function useBoot(): Boot {
  return useEditorContext().boot;
}

export function useCatalog(): CatalogIndex {
  return useEditorContext().catalog;
}
