// The marks of a message text: the few HTML tags messengers know.

export type Mark = "bold" | "italic" | "underline" | "strike" | "code" | "pre" | "spoiler" | "quote" | "link";

const MARKS: Record<string, Mark> = {
  b: "bold",
  strong: "bold",
  i: "italic",
  em: "italic",
  u: "underline",
  ins: "underline",
  s: "strike",
  strike: "strike",
  del: "strike",
  code: "code",
  pre: "pre",
  "tg-spoiler": "spoiler",
  spoiler: "spoiler",
  blockquote: "quote",
  a: "link",
};

/** A pair of tags, with the places of both. */
export interface Marked {
  mark: Mark;
  href: string;
  open: { from: number; to: number };
  close: { from: number; to: number };
}

const TAG = /<(\/?)([a-z][a-z-]*)((?:\s[^<>]*)?)>/gi;

/** Every pair that is open and closed rightly; a tag without its partner is plain text. */
export function findMarks(source: string): Marked[] {
  const found: Marked[] = [];
  const open: { tag: string; mark: Mark; href: string; from: number; to: number }[] = [];
  for (const match of source.matchAll(TAG)) {
    const tag = (match[2] ?? "").toLowerCase();
    const mark = MARKS[tag];
    if (!mark) continue;
    const place = { from: match.index, to: match.index + match[0].length };
    if (match[1] === "") {
      const href = /\bhref\s*=\s*(?:"([^"]*)"|'([^']*)')/i.exec(match[3] ?? "");
      open.push({ tag, mark, href: href?.[1] ?? href?.[2] ?? "", ...place });
      continue;
    }
    const index = open.findLastIndex((other) => other.tag === tag);
    const partner = open[index];
    if (!partner) continue;
    open.length = index;
    found.push({ mark, href: partner.href, open: { from: partner.from, to: partner.to }, close: place });
  }
  return found.sort((a, b) => a.open.from - b.open.from);
}

export function tagsFor(mark: Mark, href = ""): [open: string, close: string] {
  switch (mark) {
    case "bold":
      return ["<b>", "</b>"];
    case "italic":
      return ["<i>", "</i>"];
    case "underline":
      return ["<u>", "</u>"];
    case "strike":
      return ["<s>", "</s>"];
    case "code":
      return ["<code>", "</code>"];
    case "pre":
      return ["<pre>", "</pre>"];
    case "spoiler":
      return ["<tg-spoiler>", "</tg-spoiler>"];
    case "quote":
      return ["<blockquote>", "</blockquote>"];
    case "link":
      return [`<a href="${href.replaceAll('"', "%22")}">`, "</a>"];
  }
}
