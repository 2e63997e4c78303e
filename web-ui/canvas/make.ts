// New cards and actions, as the palette makes them.

import { defaultOf } from "../forms/schema.ts";
import type { CatalogKind, Schema } from "./catalog.ts";
import { type Action, freshId, type JsonObject, type Position, type Trigger } from "./document.ts";

export function newAction(kind: CatalogKind): Action {
  return { id: freshId("a"), kind: kind.kind, options: initialOptions(kind) };
}

export function newTrigger(kind: CatalogKind, position: Position): Trigger {
  return { id: freshId("t"), kind: kind.kind, options: initialOptions(kind), position: rounded(position) };
}

/** The catalogue's defaults; a list that must not be empty begins with one row. */
function initialOptions(kind: CatalogKind): JsonObject {
  const options = structuredClone(kind.defaults);
  for (const [name, property] of Object.entries(kind.schema.properties ?? {})) {
    const value = options[name];
    if (Array.isArray(value) && value.length === 0 && wantsRow(property))
      options[name] = [defaultOf(property.items ?? {})];
  }
  return options;
}

function wantsRow(schema: Schema): boolean {
  return (schema.minItems ?? 0) > 0 || schema["x-widget"] === "assignments";
}

export function rounded({ x, y }: Position): Position {
  return { x: Math.round(x), y: Math.round(y) };
}
