// What can be added: actions in groups, and where it fits, triggers and notes. By mouse and by keyboard.

import { useReactFlow } from "@xyflow/react";
import { type CSSProperties, useEffect, useLayoutEffect, useRef, useState } from "react";
import { Icon } from "../../icons/Icon.tsx";
import type { CatalogKind } from "../catalog.ts";
import { freshId, type Position } from "../document.ts";
import { addAction, addBlock, addNote, addTrigger, setTransition } from "../edits.ts";
import { newAction, newTrigger, rounded } from "../make.ts";
import { type PaletteRequest, useCatalog, useEditor, useEditorStore } from "../store.ts";
import { t } from "../texts.ts";

export function Palette() {
  const request = useEditor((state) => state.palette);
  return request && <PaletteBox request={request} />;
}

interface Entry {
  key: string;
  icon: string;
  title: string;
  help: string;
  /** Empty for what only stands among the often used. */
  group: string;
  /** Picking it leads further inside of the palette. */
  stays?: boolean;
  pick: () => void;
}

/** What most scenarios are made of; everything else stands in its group. */
const OFTEN = [
  "send_message",
  "ask",
  "branch",
  "set_variables",
  "list_find",
  "list_write",
  "list_delete",
  "delay",
  "http_request",
  "javascript",
  "go_to",
  "call_scenario",
];

/** Three ways of writing to a list are one entry, which then asks which. */
const WRITING = ["list_add", "list_edit", "list_upsert"];

type Row = { type: "entry"; entry: Entry } | { type: "group"; name: string; count: number; open: boolean };

/** The palette as it stands: what is often used, then groups that unfold; all of it while something is searched. */
function rowsOf(entries: Entry[], query: string, unfolded: ReadonlySet<string>): Row[] {
  if (query.trim() !== "") {
    return entries.filter((entry) => fits(entry, query)).map((entry) => ({ type: "entry", entry }));
  }
  const often = OFTEN.flatMap((key) => entries.find((entry) => entry.key === key) ?? []);
  const groups = [...new Set(entries.map((entry) => entry.group))].filter((name) => name !== "");
  const behind = groups.flatMap((name): Row[] => {
    const inside = entries.filter((entry) => entry.group === name);
    const open = unfolded.has(name);
    const head: Row = { type: "group", name, count: inside.length, open };
    return open ? [head, ...inside.map((entry): Row => ({ type: "entry", entry }))] : [head];
  });
  return [...often.map((entry): Row => ({ type: "entry", entry })), ...behind];
}

function PaletteBox({ request }: { request: PaletteRequest }) {
  const store = useEditorStore();
  const box = useRef<HTMLDivElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(0);
  const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set());
  const [writing, setWriting] = useState(false);
  const all = useEntries(request, () => {
    setWriting(true);
    setQuery("");
    setActive(0);
  });
  const rows = writing
    ? WRITING.flatMap((key): Row[] => {
        const entry = all.find((one) => one.key === key);
        return entry ? [{ type: "entry", entry }] : [];
      })
    : rowsOf(
        all.filter((entry) => entry.group !== "" || query === ""),
        query,
        unfolded,
      );
  const style = usePlace(request, box);
  const close = () => store.getState().set({ palette: null });

  useEffect(() => search.current?.focus(), []);

  useEffect(() => {
    const outside = (event: Event) => {
      if (event.target instanceof Node && !box.current?.contains(event.target))
        store.getState().set({ palette: null });
    };
    // The click that opened the palette is still on its way.
    const timer = setTimeout(() => document.addEventListener("pointerdown", outside, true));
    return () => {
      clearTimeout(timer);
      document.removeEventListener("pointerdown", outside, true);
    };
  }, [store]);

  const pick = (row: Row | undefined) => {
    if (row?.type === "group") {
      const next = new Set(unfolded);
      if (!next.delete(row.name)) next.add(row.name);
      setUnfolded(next);
    } else if (row) {
      if (!row.entry.stays) close();
      row.entry.pick();
    }
  };
  const chosen = Math.min(active, rows.length - 1);
  return (
    <div
      ref={box}
      className="palette card"
      style={style}
      role="dialog"
      aria-label={t("palette")}
      onKeyDown={(event) => {
        if (event.key === "Escape") close();
        if (event.target instanceof Element && event.target.closest(".palette-back")) return;
        if (event.key === "Enter") pick(rows[chosen]);
        if (event.key === "ArrowDown") setActive(Math.min(chosen + 1, rows.length - 1));
        if (event.key === "ArrowUp") setActive(Math.max(chosen - 1, 0));
        if (["Enter", "ArrowDown", "ArrowUp"].includes(event.key)) event.preventDefault();
      }}
    >
      <div className="palette-search">
        <Icon name="search" />
        <input
          ref={search}
          type="text"
          placeholder={t("palette-search")}
          aria-label={t("palette-search")}
          data-testid="palette-search"
          value={query}
          onChange={(event) => {
            setWriting(false);
            setQuery(event.target.value);
            setActive(0);
          }}
        />
      </div>
      <div className="palette-list">
        {writing && (
          <button type="button" className="palette-back" onClick={() => setWriting(false)}>
            <Icon name="chevron-left" />
            {t("back-to-all")}
          </button>
        )}
        {rows.map((row, index) => (
          <RowButton
            key={row.type === "group" ? `group ${row.name}` : `${row.entry.group} ${row.entry.key} ${index}`}
            row={row}
            active={index === chosen}
            onActive={() => setActive(index)}
            onPick={() => pick(row)}
          />
        ))}
        {rows.length === 0 && <p className="palette-none">{t("nothing-found")}</p>}
      </div>
    </div>
  );
}

interface RowButtonProps {
  row: Row;
  active: boolean;
  onActive: () => void;
  onPick: () => void;
}

function RowButton({ row, active, onActive, onPick }: RowButtonProps) {
  const button = useRef<HTMLButtonElement>(null);
  // Arrow keys move the mark, the focus stays in the search: what is marked has to be seen.
  useEffect(() => {
    if (active) button.current?.scrollIntoView({ block: "nearest" });
  }, [active]);
  const common = {
    ref: button,
    type: "button" as const,
    onPointerMove: onActive,
    onFocus: onActive,
    onClick: onPick,
  };
  if (row.type === "group") {
    return (
      <button
        {...common}
        className={`palette-entry palette-fold ${active ? "active" : ""}`}
        aria-expanded={row.open}
      >
        <Icon name={row.open ? "chevron-down" : "chevron-right"} />
        <span className="palette-title">{row.name}</span>
        <small>{row.count}</small>
      </button>
    );
  }
  const { entry } = row;
  return (
    <button
      {...common}
      className={`palette-entry ${active ? "active" : ""}`}
      data-testid={`palette-${entry.key}`}
      title={entry.help}
    >
      <Icon name={entry.icon} />
      <span>
        <span className="palette-title">{entry.title}</span>
        <span className="palette-help">{entry.help}</span>
      </span>
    </button>
  );
}

function fits(entry: Entry, query: string): boolean {
  const wanted = query.trim().toLowerCase();
  return `${entry.title} ${entry.help} ${entry.key}`.toLowerCase().includes(wanted);
}

function useEntries(request: PaletteRequest, onWrite: () => void): Entry[] {
  const store = useEditorStore();
  const catalog = useCatalog();
  const place = useNewPlace(request);
  const entry = (kind: CatalogKind, group: string, pick: () => void): Entry => ({
    key: kind.kind,
    icon: kind.icon,
    title: kind.title,
    help: kind.help,
    group,
    pick,
  });
  const actions = catalog.catalog.actions.map((kind) =>
    entry(kind, kind.group_title, () => {
      const action = newAction(kind);
      const { edit, show } = store.getState();
      const { block, index, source } = request;
      if (block) {
        edit((doc) => addAction(doc, block, action, index));
        show({ type: "block", id: block }, action.id);
        return;
      }
      const id = freshId("b");
      edit((doc) => {
        const next = addBlock(doc, { id, name: "", position: place(), actions: [action] });
        return source ? setTransition(next, source, { block: id }) : next;
      });
      show({ type: "block", id }, action.id);
    }),
  );
  const write: Entry = {
    key: "list_write",
    icon: "table-plus",
    title: t("list-write"),
    help: t("list-write-help"),
    group: "",
    stays: true,
    pick: onWrite,
  };
  const known = [write, ...byGroup(actions)];
  if (!request.triggers) return known;
  const triggers = catalog.catalog.triggers.map((kind) => {
    const made = entry(kind, t("triggers"), () => {
      const trigger = newTrigger(kind, place());
      store.getState().edit((doc) => addTrigger(doc, trigger));
      store.getState().show({ type: "trigger", id: trigger.id });
    });
    return { ...made, key: `trigger-${kind.kind}` };
  });
  const note: Entry = {
    key: "note",
    icon: "note",
    title: t("note"),
    help: t("note-help"),
    group: t("other"),
    pick: () => {
      const id = freshId("n");
      store.getState().edit((doc) => addNote(doc, { id, text: "", position: place() }));
      store.getState().show({ type: "note", id });
    },
  };
  return [...triggers, ...known, note];
}

/** Groups in the order they first come up, each with all of its entries. */
function byGroup(entries: Entry[]): Entry[] {
  const groups = [...new Set(entries.map((entry) => entry.group))];
  return groups.flatMap((group) => entries.filter((entry) => entry.group === group));
}

/** Where a new card goes: to the asked place, else into the middle of what is seen. */
function useNewPlace(request: PaletteRequest): () => Position {
  const flow = useReactFlow();
  return () => {
    if (request.position) return rounded(request.position);
    const board = document.querySelector(".board")?.getBoundingClientRect();
    const middle = {
      x: (board?.left ?? 0) + (board?.width ?? 0) / 2,
      y: (board?.top ?? 0) + (board?.height ?? 0) / 3,
    };
    const { x, y } = flow.screenToFlowPosition(middle);
    return rounded({ x: x - 132, y });
  };
}

/** Keeps the palette on the screen, next to where it was asked for. On a phone the styles take over. */
function usePlace(request: PaletteRequest, box: { current: HTMLDivElement | null }): CSSProperties {
  const [style, setStyle] = useState<CSSProperties>({
    left: request.x,
    top: request.y,
    // Until its place is known. Unlike a hidden one, its field takes the focus.
    opacity: 0,
  });
  useLayoutEffect(() => {
    const size = box.current?.getBoundingClientRect();
    if (!size) return;
    const fit = (wanted: number, length: number, whole: number) =>
      Math.max(8, Math.min(wanted, whole - length - 8));
    setStyle({ left: fit(request.x, size.width, innerWidth), top: fit(request.y, size.height, innerHeight) });
  }, [request, box]);
  return style;
}
