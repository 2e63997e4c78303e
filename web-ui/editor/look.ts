// How CodeMirror looks: the page's own colours by custom properties, so that one theme serves light and dark.

import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

/** The page's CSP lets only styles with its nonce in. */
export function nonce(): Extension {
  const value = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content;
  return value ? EditorView.cspNonce.of(value) : [];
}

export const codeTheme = EditorView.theme({
  "&": { color: "var(--tblr-body-color)", backgroundColor: "transparent", fontSize: "0.8125rem" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--tblr-font-monospace)", lineHeight: "1.6" },
  ".cm-content": { caretColor: "var(--tblr-body-color)" },
  ".cm-cursor": { borderLeftColor: "var(--tblr-body-color)" },
  ".cm-gutters": {
    backgroundColor: "var(--tblr-bg-surface-secondary)",
    color: "var(--tblr-secondary)",
    borderRight: "1px solid var(--tblr-border-color)",
  },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "rgba(128, 140, 160, 0.1)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "rgba(80, 130, 220, 0.3)",
  },
  ".cm-selectionMatch": { backgroundColor: "rgba(80, 130, 220, 0.15)" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "rgba(80, 130, 220, 0.25)" },
  ".cm-panels, .cm-tooltip": {
    backgroundColor: "var(--tblr-bg-surface)",
    color: "var(--tblr-body-color)",
    borderColor: "var(--tblr-border-color)",
  },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": {
    backgroundColor: "var(--tblr-primary)",
    color: "var(--tblr-primary-fg)",
  },
  ".cm-textfield": {
    backgroundColor: "var(--tblr-bg-forms)",
    color: "var(--tblr-body-color)",
    border: "1px solid var(--tblr-border-color)",
  },
  ".cm-button": {
    backgroundImage: "none",
    backgroundColor: "var(--tblr-bg-surface-secondary)",
    color: "var(--tblr-body-color)",
    border: "1px solid var(--tblr-border-color)",
  },
  ".cm-foldPlaceholder": {
    backgroundColor: "var(--tblr-bg-surface-secondary)",
    borderColor: "var(--tblr-border-color)",
    color: "var(--tblr-secondary)",
  },
});

export const codeHighlight = syntaxHighlighting(
  HighlightStyle.define([
    { tag: [tags.keyword, tags.tagName, tags.operatorKeyword, tags.modifier], color: "var(--code-keyword)" },
    {
      tag: [tags.string, tags.special(tags.string), tags.attributeValue, tags.regexp],
      color: "var(--code-string)",
    },
    {
      tag: [tags.number, tags.bool, tags.null, tags.atom, tags.unit, tags.color],
      color: "var(--code-number)",
    },
    {
      tag: [
        tags.propertyName,
        tags.attributeName,
        tags.function(tags.variableName),
        tags.className,
        tags.labelName,
      ],
      color: "var(--code-name)",
    },
    { tag: [tags.comment, tags.meta, tags.processingInstruction], color: "var(--code-comment)" },
    { tag: tags.invalid, color: "var(--tblr-danger)" },
  ]),
);
