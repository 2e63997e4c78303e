// Finds a card by its name or by any text in it (Ctrl+K or /).

import { useState } from "react";
import { chipOf } from "../../forms/chips.ts";
import { parseTemplate } from "../../forms/expression/template.ts";
import { Icon } from "../../icons/Icon.tsx";
import { text } from "../card/sentences.tsx";
import { actionsOf, blocksOf, type NodeRef, triggersOf } from "../edits.ts";
import { blockTitle, triggerDetail, triggerTitle } from "../names.ts";
import { useCatalog, useEditor, useEditorStore } from "../store.ts";
import { t } from "../texts.ts";

const SHOWN = 30;

interface Found {
  node: NodeRef;
  icon: string;
  title: string;
  detail: string;
}

export function QuickSearch() {
  return useEditor((state) => state.searching) && <SearchBox />;
}

function SearchBox() {
  const store = useEditorStore();
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(0);
  const found = useFound(query);
  const chosen = Math.min(active, found.length - 1);
  const close = () => store.getState().set({ searching: false });
  const open = (one: Found | undefined) => one && store.getState().show(one.node);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a click beside the box closes it, Escape does too
    <div
      className="quick-search"
      onPointerDown={(event) => event.target === event.currentTarget && close()}
      onKeyDown={(event) => {
        if (event.key === "Escape") close();
        if (event.key === "Enter") open(found[chosen]);
        if (event.key === "ArrowDown") setActive(Math.min(chosen + 1, found.length - 1));
        if (event.key === "ArrowUp") setActive(Math.max(chosen - 1, 0));
        if (["Enter", "ArrowDown", "ArrowUp"].includes(event.key)) event.preventDefault();
      }}
    >
      <div className="card quick-search-box" role="dialog" aria-label={t("search")}>
        <div className="palette-search">
          <Icon name="search" />
          <input
            type="text"
            placeholder={t("search-cards")}
            aria-label={t("search-cards")}
            // biome-ignore lint/a11y/noAutofocus: the person has just asked for this field
            autoFocus
            value={query}
            onChange={(event) => {
              setQuery(event.target.value);
              setActive(0);
            }}
          />
        </div>
        <div className="palette-list">
          {found.map((one, index) => (
            <button
              key={one.node.type + one.node.id}
              type="button"
              className={`palette-entry ${index === chosen ? "active" : ""}`}
              onPointerMove={() => setActive(index)}
              onFocus={() => setActive(index)}
              onClick={() => open(one)}
            >
              <Icon name={one.icon} />
              <span>
                <span className="palette-title">{one.title}</span>
                {one.detail && <span className="palette-help">{one.detail}</span>}
              </span>
            </button>
          ))}
          {found.length === 0 && <p className="palette-none">{t("nothing-found")}</p>}
        </div>
      </div>
    </div>
  );
}

function useFound(query: string): Found[] {
  const doc = useEditor((state) => state.doc);
  const catalog = useCatalog();
  const wanted = query.trim().toLowerCase();
  const blocks = blocksOf(doc).map((block) => {
    const actions = actionsOf(block);
    const [first] = actions;
    const spoken = actions.map((action) => plain(text(action.options.text))).filter(Boolean);
    return {
      node: { type: "block" as const, id: block.id },
      icon: (first && catalog.action(first.kind)?.icon) ?? "square-rounded-plus",
      title: blockTitle(block, catalog),
      detail: excerpt(spoken.join(" · "), wanted),
      hay: stringsIn(actions.map((action) => action.options)).join(" "),
    };
  });
  const triggers = triggersOf(doc).map((trigger) => {
    const kind = catalog.trigger(trigger.kind);
    return {
      node: { type: "trigger" as const, id: trigger.id },
      icon: kind?.icon ?? "bolt",
      title: triggerTitle(trigger, kind),
      detail: triggerDetail(trigger, kind),
      hay: "",
    };
  });
  const rank = ({ title, detail, hay }: Found & { hay: string }) => {
    if (title.toLowerCase().startsWith(wanted)) return 0;
    if (title.toLowerCase().includes(wanted)) return 1;
    return `${detail} ${hay}`.toLowerCase().includes(wanted) ? 2 : 3;
  };
  return [...blocks, ...triggers]
    .map((one) => ({ ...one, rank: rank(one) }))
    .filter((one) => one.rank < 3)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, SHOWN);
}

function stringsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(stringsIn);
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}

function excerpt(words: string, wanted: string): string {
  const at = Math.max(0, words.toLowerCase().indexOf(wanted));
  const from = Math.max(0, at - 20);
  return `${from > 0 ? "…" : ""}${words.slice(from, from + 80)}`;
}

/** A message as it is read: no tags, variables by their names. */
function plain(source: string): string {
  const parts = parseTemplate(source.replace(/<\/?[a-z][^>]*>/gi, ""));
  return parts.map((part) => (part.type === "text" ? part.text : chipOf(part).label)).join("");
}
