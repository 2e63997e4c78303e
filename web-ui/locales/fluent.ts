// Texts of the browser side: Fluent files, one per bundle and language, compiled into the bundle.

import { FluentBundle, FluentResource, type FluentVariable } from "@fluent/bundle";

export type Lang = "en" | "ru";
export type Translate = (key: string, args?: Record<string, FluentVariable>) => string;

/** Reads the page's language; everything unknown reads English. */
export function pageLang(): Lang {
  return globalThis.document?.documentElement.lang.toLowerCase().startsWith("ru") ? "ru" : "en";
}

export function translator(lang: Lang, sources: Record<Lang, string>): Translate {
  const bundle = new FluentBundle(lang, { useIsolating: false });
  const errors = bundle.addResource(new FluentResource(sources[lang]));
  for (const error of errors) console.error(error);
  return (key, args) => {
    const pattern = bundle.getMessage(key)?.value;
    return pattern ? bundle.formatPattern(pattern, args ?? {}) : key;
  };
}
