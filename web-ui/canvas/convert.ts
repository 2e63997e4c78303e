// A message becomes a question and back. What the other kind has no place for waits here, so that switching
// to and fro loses nothing.

import type { CatalogIndex } from "./catalog.ts";
import type { Action, JsonObject } from "./document.ts";

const PARTNERS: Record<string, string> = { send_message: "ask", ask: "send_message" };

const kept = new Map<string, JsonObject>();

export function canWait(action: Action, catalog: CatalogIndex): boolean {
  const partner = PARTNERS[action.kind];
  return partner !== undefined && catalog.action(partner) !== undefined;
}

export function isQuestion(action: Action): boolean {
  return action.kind === "ask";
}

export function convert(action: Action, catalog: CatalogIndex): Action {
  const kind = PARTNERS[action.kind] ?? action.kind;
  const target = catalog.action(kind);
  if (!target) return action;
  const known = target.schema.properties ?? {};
  const all = { ...kept.get(action.id), ...action.options };
  const options: JsonObject = structuredClone(target.defaults);
  const rest: JsonObject = {};
  for (const [name, value] of Object.entries(all)) {
    if (name in known) options[name] = value;
    else rest[name] = value;
  }
  kept.set(action.id, rest);
  return { ...action, kind, options };
}
