// Conditions as rows of pickers: left side, comparison, right side, joined by one "and" or one "or". What does
// not fit (parentheses, mixtures, "not") stays in text form; the text is always the truth.

export const COMPARISONS = [
  "=",
  "!=",
  ">",
  ">=",
  "<",
  "<=",
  "contains",
  "not contains",
  "starts",
  "ends",
  "matches",
  "in",
  "empty",
  "not empty",
] as const;

export type Comparison = (typeof COMPARISONS)[number];

export interface Row {
  left: string;
  comparison: Comparison;
  right: string;
}

export interface Rows {
  join: "and" | "or";
  rows: Row[];
}

/** Whether the comparison has a right side. */
export function hasRight(comparison: Comparison): boolean {
  return comparison !== "empty" && comparison !== "not empty";
}

type Token = { type: "operand" | "symbol" | "word"; text: string; start: number; end: number };

const TOKEN =
  /(?<skip>\s+)|(?<operand>#\{[^{}]*\}|\{\{.*?\}\}|\[[^[\]]*\]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<symbol>!=|>=|<=|[=<>&|()])|(?<word>[^\s#"'=<>!&|()[\]]+|.)/gsuy;

function tokens(text: string): Token[] {
  const found: Token[] = [];
  for (const match of text.matchAll(TOKEN)) {
    const groups = match.groups ?? {};
    const place = { text: match[0], start: match.index, end: match.index + match[0].length };
    if (groups.operand !== undefined) found.push({ type: "operand", ...place });
    else if (groups.symbol !== undefined) found.push({ type: "symbol", ...place });
    else if (groups.word !== undefined) found.push({ type: "word", ...place });
  }
  return found;
}

const WORDS: [words: string[], comparison: Comparison][] = [
  [["not", "contains"], "not contains"],
  [["not", "empty"], "not empty"],
  [["не", "содержит"], "not contains"],
  [["не", "пусто"], "not empty"],
  [["contains"], "contains"],
  [["содержит"], "contains"],
  [["starts"], "starts"],
  [["начинается"], "starts"],
  [["ends"], "ends"],
  [["заканчивается"], "ends"],
  [["matches"], "matches"],
  [["соответствует"], "matches"],
  [["in"], "in"],
  [["empty"], "empty"],
  [["пусто"], "empty"],
];

const SYMBOLS: ReadonlySet<string> = new Set(["=", "!=", ">", ">=", "<", "<="]);

/** Reads a condition as rows, or gives nothing when it is more than that. */
export function parseCondition(text: string): Rows | undefined {
  if (text.trim() === "") return { join: "and", rows: [] };
  const all = tokens(text);
  if (all.some((token) => token.text === "(" || token.text === ")")) return undefined;
  const joins = all.map(joinOf);
  const used = new Set(joins.filter((join) => join !== undefined));
  if (used.size > 1) return undefined;
  const rows: Row[] = [];
  let start = 0;
  for (let index = 0; index <= all.length; index += 1) {
    if (index < all.length && joins[index] === undefined) continue;
    const row = parseRow(text, all.slice(start, index));
    if (!row) return undefined;
    rows.push(row);
    start = index + 1;
  }
  return { join: used.has("or") ? "or" : "and", rows };
}

function joinOf(token: Token): "and" | "or" | undefined {
  const text = token.type === "operand" ? "" : token.text.toLowerCase();
  if (text === "&" || text === "and" || text === "и") return "and";
  if (text === "|" || text === "or" || text === "или") return "or";
  return undefined;
}

function parseRow(text: string, row: Token[]): Row | undefined {
  for (let index = 0; index < row.length; index += 1) {
    const found = comparisonAt(row, index);
    if (!found) continue;
    const left = operand(slice(text, row.slice(0, index)));
    const rest = row.slice(index + found.length);
    const right = operand(slice(text, rest));
    if (!left || right === undefined || rest.some((_, place) => comparisonAt(rest, place))) return undefined;
    if (!hasRight(found.comparison) && right !== "") return undefined;
    return { left, comparison: found.comparison, right };
  }
  return undefined;
}

function comparisonAt(row: Token[], index: number): { comparison: Comparison; length: number } | undefined {
  const token = row[index];
  if (token?.type === "symbol" && SYMBOLS.has(token.text)) {
    return { comparison: token.text as Comparison, length: 1 };
  }
  if (token?.type !== "word" || index === 0) return undefined;
  for (const [words, comparison] of WORDS) {
    const fits = words.every((word, step) => {
      const there = row[index + step];
      return there?.type === "word" && there.text.toLowerCase() === word;
    });
    if (fits) return { comparison, length: words.length };
  }
  return undefined;
}

function slice(text: string, part: Token[]): string {
  const [first, last] = [part[0], part.at(-1)];
  return first && last ? text.slice(first.start, last.end) : "";
}

/** A whole placeholder, a number or a plain word: needs no quotes. */
const BARE = /^(?:#\{[^{}]*\}|\[[^[\]]*\]|\{\{[^{}]*\}\}|-?\d+(?:\.\d+)?|[\p{L}_][\p{L}\d_-]*)$/u;
const PLAIN_WORDS = /^[\p{L}\d_.:]+(?:\s+[\p{L}\d_.:]+)*$/u;
const QUOTED = /^"((?:[^"\\]|\\.)*)"$|^'((?:[^'\\]|\\.)*)'$/su;
const RESERVED = new Set(["and", "or", "not", "и", "или", "не", ...WORDS.flatMap(([words]) => words)]);

/** The text of a side without its quotes; nothing when it computes, which pickers cannot show. */
function operand(source: string): string | undefined {
  const quoted = QUOTED.exec(source);
  if (quoted) return (quoted[1] ?? quoted[2] ?? "").replace(/\\(["'])/gu, "$1");
  return source === "" || BARE.test(source) || PLAIN_WORDS.test(source) ? source : undefined;
}

function quote(text: string): string {
  if (BARE.test(text) && !RESERVED.has(text.toLowerCase())) return text;
  return `"${text.replaceAll('"', '\\"')}"`;
}

export function formatCondition({ join, rows }: Rows): string {
  const parts = rows.map(({ left, comparison, right }) =>
    hasRight(comparison) ? `${quote(left)} ${comparison} ${quote(right)}` : `${quote(left)} ${comparison}`,
  );
  return parts.join(` ${join} `);
}
