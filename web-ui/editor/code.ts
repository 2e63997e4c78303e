// The code editor: CodeMirror with the three languages people write here. Used by the pages' text areas and
// by the canvas.

import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { html } from "@codemirror/lang-html";
import { javascript } from "@codemirror/lang-javascript";
import { json, jsonParseLinter } from "@codemirror/lang-json";
import { bracketMatching, foldGutter, indentOnInput, indentUnit } from "@codemirror/language";
import { linter, lintGutter, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { codeHighlight, codeTheme, nonce } from "./look.ts";

export type CodeLanguage = "html" | "javascript" | "json";

export interface CodeOptions {
  parent: Element;
  doc: string;
  language: CodeLanguage;
  label: string;
  testId?: string;
  readOnly?: boolean;
  onChange: (text: string) => void;
  onSave?: () => void;
}

export function isCodeLanguage(text: string | undefined): text is CodeLanguage {
  return text === "html" || text === "javascript" || text === "json";
}

function languageSupport(language: CodeLanguage): Extension {
  switch (language) {
    case "html":
      return html();
    case "javascript":
      return [javascript(), lintGutter()];
    case "json":
      return [json(), linter(jsonParseLinter()), lintGutter()];
  }
}

/** A mistake that somebody else found: the server, in its sandbox. */
export interface CodeMark {
  /** Both from 1; a column counts characters. */
  line: number;
  column: number;
  text: string;
}

/** Shows these mistakes and no others. */
export function markMistakes(view: EditorView, marks: CodeMark[]): void {
  const { doc } = view.state;
  const diagnostics = marks.map(({ line, column, text }) => {
    // What was checked may be longer than what stands here by now.
    const { from: start, to: end, text: code } = doc.line(Math.min(Math.max(line, 1), doc.lines));
    const before = [...code].slice(0, column - 1).join("").length;
    const from = Math.min(start + before, end);
    const to = view.state.wordAt(from)?.to ?? Math.min(from + 1, end);
    return { from, to, severity: "error" as const, message: text };
  });
  view.dispatch(setDiagnostics(view.state, diagnostics));
}

export function codeEditor(options: CodeOptions): EditorView {
  const save = () => {
    options.onSave?.();
    return options.onSave !== undefined;
  };
  // The tab index tells tools that the scrolling frame can be reached by keyboard.
  const attributes: Record<string, string> = { "aria-label": options.label, tabindex: "0" };
  if (options.testId) attributes["data-testid"] = options.testId;
  return new EditorView({
    parent: options.parent,
    state: EditorState.create({
      doc: options.doc,
      extensions: [
        nonce(),
        lineNumbers(),
        foldGutter(),
        history(),
        drawSelection(),
        indentOnInput(),
        indentUnit.of("  "),
        bracketMatching(),
        closeBrackets(),
        autocompletion(),
        highlightActiveLine(),
        highlightActiveLineGutter(),
        highlightSelectionMatches(),
        EditorState.readOnly.of(options.readOnly ?? false),
        keymap.of([
          { key: "Mod-s", run: save, preventDefault: true },
          ...closeBracketsKeymap,
          ...searchKeymap,
          ...historyKeymap,
          ...completionKeymap,
          ...defaultKeymap,
          indentWithTab,
        ]),
        languageSupport(options.language),
        codeHighlight,
        codeTheme,
        EditorView.contentAttributes.of(attributes),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) options.onChange(update.state.doc.toString());
        }),
      ],
    }),
  });
}
