// Texts of the canvas.

import { createElement, Fragment, type ReactNode } from "react";
import en from "../locales/en/canvas.ftl?raw";
import { type Lang, pageLang, type Translate, translator } from "../locales/fluent.ts";
import ru from "../locales/ru/canvas.ftl?raw";

let translate: Translate = translator(pageLang(), { en, ru });

export function setLang(lang: Lang): void {
  translate = translator(lang, { en, ru });
}

export const t: Translate = (key, args) => translate(key, args);

/** A text with elements in its places: `{ $list }` becomes the element `list`. */
export function rich(key: string, elements: Record<string, ReactNode>): ReactNode {
  const names = Object.keys(elements);
  // Private-use characters stand for the elements while Fluent puts the sentence together.
  const marks = Object.fromEntries(names.map((name, index) => [name, String.fromCodePoint(0xe000 + index)]));
  const parts = t(key, marks).split(/([\ue000-\ue0ff])/u);
  const children = parts.map((part) => {
    const code = part.codePointAt(0) ?? 0;
    const name = code >= 0xe000 && code <= 0xe0ff ? names[code - 0xe000] : undefined;
    return name === undefined ? part : elements[name];
  });
  return createElement(Fragment, null, ...children);
}
