// The editor of text fields: placeholders are chips, marks are shown instead of written. The text underneath
// stays what the document holds.

import { autocompletion, type CompletionContext, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { EditorState, type Extension, Prec, type Range } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  EditorView,
  keymap,
  placeholder,
  ViewPlugin,
  type ViewUpdate,
  WidgetType,
} from "@codemirror/view";
import type { Chip } from "../forms/chips.ts";
import { findMarks, type Mark, tagsFor } from "../forms/expression/rich.ts";
import { type Part, parseTemplate } from "../forms/expression/template.ts";
import { nonce } from "./look.ts";

export interface TemplateOptions {
  parent: Element;
  doc: string;
  /** Enter begins a new line. */
  multiline: boolean;
  /** Shows bold and the like. */
  rich: boolean;
  attributes: Record<string, string>;
  placeholder: string;
  chip: (part: Exclude<Part, { type: "text" }>) => Chip;
  /** What `#` offers. */
  suggestions: () => { source: string; label: string; detail: string }[];
  onChange: (text: string) => void;
}

class ChipWidget extends WidgetType {
  constructor(readonly chip: Chip) {
    super();
  }

  override eq(other: ChipWidget): boolean {
    return other.chip.label === this.chip.label && other.chip.look === this.chip.look;
  }

  override toDOM(): HTMLElement {
    const chip = document.createElement("span");
    chip.className = `chip chip-${this.chip.look}`;
    chip.title = this.chip.title;
    chip.textContent = this.chip.label;
    return chip;
  }
}

const HIDDEN = Decoration.replace({});
const MARKS: Record<Mark, Decoration> = {
  bold: Decoration.mark({ tagName: "b" }),
  italic: Decoration.mark({ tagName: "i" }),
  underline: Decoration.mark({ tagName: "u" }),
  strike: Decoration.mark({ tagName: "s" }),
  code: Decoration.mark({ tagName: "code" }),
  pre: Decoration.mark({ tagName: "code" }),
  spoiler: Decoration.mark({ class: "spoiler" }),
  quote: Decoration.mark({ class: "quote" }),
  link: Decoration.mark({ class: "link-text" }),
};

function decorate(text: string, options: TemplateOptions): { shown: DecorationSet; atoms: DecorationSet } {
  const marks: Range<Decoration>[] = [];
  const atoms: Range<Decoration>[] = [];
  let offset = 0;
  for (const part of parseTemplate(text)) {
    const end = offset + (part.type === "text" ? part.text : part.source).length;
    if (part.type !== "text") {
      atoms.push(Decoration.replace({ widget: new ChipWidget(options.chip(part)) }).range(offset, end));
    }
    offset = end;
  }
  if (options.rich) {
    for (const { mark, href, open, close } of findMarks(text)) {
      atoms.push(HIDDEN.range(open.from, open.to), HIDDEN.range(close.from, close.to));
      const look =
        mark === "link" ? Decoration.mark({ class: "link-text", attributes: { title: href } }) : MARKS[mark];
      if (open.to < close.from) marks.push(look.range(open.to, close.from));
    }
  }
  return { shown: Decoration.set([...marks, ...atoms], true), atoms: Decoration.set(atoms, true) };
}

function chips(options: TemplateOptions): Extension {
  const plugin = ViewPlugin.fromClass(
    class {
      shown: DecorationSet;
      atoms: DecorationSet;
      constructor(view: EditorView) {
        ({ shown: this.shown, atoms: this.atoms } = decorate(view.state.doc.toString(), options));
      }
      update(update: ViewUpdate) {
        if (!update.docChanged) return;
        ({ shown: this.shown, atoms: this.atoms } = decorate(update.state.doc.toString(), options));
      }
    },
    {
      decorations: (value) => value.shown,
      provide: (self) => EditorView.atomicRanges.of((view) => view.plugin(self)?.atoms ?? Decoration.none),
    },
  );
  return plugin;
}

function complete(options: TemplateOptions) {
  return (context: CompletionContext) => {
    const before = context.matchBefore(/#\{?[\p{L}\p{N}_.]*/u);
    if (!before) return null;
    return {
      from: before.from,
      filter: false,
      options: options
        .suggestions()
        .filter(({ label }) => label.toLowerCase().includes(before.text.replace(/^#\{?/, "").toLowerCase()))
        .map(({ source, label, detail }) => ({ label, detail, apply: source })),
    };
  };
}

const look = EditorView.theme({
  "&": { color: "var(--tblr-body-color)", backgroundColor: "transparent" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "inherit", lineHeight: "1.5" },
  ".cm-content": { caretColor: "var(--tblr-body-color)", padding: "0" },
  ".cm-line": { padding: "0" },
  ".cm-placeholder": { color: "var(--tblr-secondary)" },
  ".cm-tooltip": {
    backgroundColor: "var(--tblr-bg-surface)",
    color: "var(--tblr-body-color)",
    borderColor: "var(--tblr-border-color)",
    borderRadius: "var(--tblr-border-radius)",
  },
  ".cm-tooltip-autocomplete > ul": { fontFamily: "inherit" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": {
    backgroundColor: "var(--tblr-primary)",
    color: "var(--tblr-primary-fg)",
  },
  ".cm-completionIcon": { display: "none" },
});

/** One line only: what is pasted with breaks is joined. */
const singleLine = EditorState.transactionFilter.of((transaction) => {
  if (!transaction.docChanged || transaction.newDoc.lines === 1) return transaction;
  const joined = transaction.newDoc.toString().replaceAll("\n", " ");
  const caret = Math.min(transaction.newSelection.main.head, joined.length);
  return [
    {
      changes: { from: 0, to: transaction.startState.doc.length, insert: joined },
      selection: { anchor: caret },
    },
  ];
});

export class TemplateEditor {
  readonly #view: EditorView;

  constructor(options: TemplateOptions) {
    const shortcuts = options.rich
      ? [
          { key: "Mod-b", run: () => this.mark("bold") },
          { key: "Mod-i", run: () => this.mark("italic") },
          { key: "Mod-u", run: () => this.mark("underline") },
        ]
      : [];
    this.#view = new EditorView({
      parent: options.parent,
      state: EditorState.create({
        doc: options.doc,
        extensions: [
          nonce(),
          history(),
          Prec.high(keymap.of(shortcuts)),
          keymap.of([...completionKeymap, ...historyKeymap, ...defaultKeymap]),
          EditorView.lineWrapping,
          options.multiline ? [] : singleLine,
          options.placeholder ? placeholder(options.placeholder) : [],
          autocompletion({ override: [complete(options)], icons: false }),
          chips(options),
          look,
          EditorView.contentAttributes.of(options.attributes),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) options.onChange(update.state.doc.toString());
          }),
        ],
      }),
    });
  }

  /** Takes over a text that was changed elsewhere, by undo for example. */
  setText(text: string): void {
    const present = this.#view.state.doc;
    if (present.toString() !== text)
      this.#view.dispatch({ changes: { from: 0, to: present.length, insert: text } });
  }

  insert(text: string): void {
    this.#view.dispatch(this.#view.state.replaceSelection(text));
    this.#view.focus();
  }

  /** Wraps the selection or the word at the caret, or takes the mark off when the caret is inside of it. */
  mark(mark: Mark, href = ""): boolean {
    const { main } = this.#view.state.selection;
    const { from, to } = (main.empty && this.#view.state.wordAt(main.head)) || main;
    const text = this.#view.state.doc.toString();
    const around = findMarks(text).findLast(
      (pair) => pair.mark === mark && pair.open.from <= from && to <= pair.close.to,
    );
    if (around) {
      this.#view.dispatch({ changes: [around.open, around.close] });
    } else if (from < to || href) {
      const [open, close] = tagsFor(mark, href);
      const words = text.slice(from, to) || href;
      this.#view.dispatch({
        changes: { from, to, insert: open + words + close },
        selection: { anchor: from + open.length, head: from + open.length + words.length },
      });
    }
    this.#view.focus();
    return true;
  }

  focus(): void {
    this.#view.focus();
  }

  destroy(): void {
    this.#view.destroy();
  }
}
