// Reads text fields for people: what is a variable, what is a function, what is plain. Only for drawing; the
// engine has the real parser.

export type Part =
  | { type: "text"; text: string }
  | { type: "variable"; source: string; path: string }
  | { type: "function"; source: string; name: string; arguments: string }
  | { type: "formula"; source: string; formula: string };

const PLACEHOLDER = /#\{([^{}]*)\}|\[(\p{L}\w*(?:\p{L}|\d)*)(\([^[\]]*\))?\]|\{\{(.*?)\}\}/gsu;

export function parseTemplate(source: string): Part[] {
  const parts: Part[] = [];
  let end = 0;
  for (const match of source.matchAll(PLACEHOLDER)) {
    if (match.index > end) parts.push({ type: "text", text: source.slice(end, match.index) });
    end = match.index + match[0].length;
    const [whole, path, name, args, formula] = match;
    if (path !== undefined) parts.push({ type: "variable", source: whole, path: path.trim() });
    else if (name !== undefined) {
      parts.push({ type: "function", source: whole, name, arguments: args?.slice(1, -1) ?? "" });
    } else parts.push({ type: "formula", source: whole, formula: formula?.trim() ?? "" });
  }
  if (end < source.length) parts.push({ type: "text", text: source.slice(end) });
  return parts;
}

export type Scope = "run" | "client" | "person" | "global" | "env";

export interface Variable {
  scope: Scope;
  name: string;
}

const SCOPES: Scope[] = ["client", "person", "global", "env"];

/** `client.address.street` is the subscriber's `address.street`. */
export function parseVariable(path: string): Variable {
  const dot = path.indexOf(".");
  const scope = SCOPES.find((scope) => scope === path.slice(0, dot));
  return scope && dot > 0 ? { scope, name: path.slice(dot + 1) } : { scope: "run", name: path };
}

export function formatVariable({ scope, name }: Variable): string {
  return scope === "run" ? name : `${scope}.${name}`;
}
