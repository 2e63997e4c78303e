// The scenario document as the editor holds it: the generated types of `scenaria/1`, with the options of
// actions and triggers left open, because their forms come from the catalogue.

import type * as Generated from "../generated/scenario.ts";
import type { Note, Position, Section, Transition, View } from "../generated/scenario.ts";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export type { Note, Position, Section, Transition, View };

export interface Action {
  id: string;
  kind: string;
  options: JsonObject;
  exits?: Record<string, Transition>;
}

export interface Trigger {
  id: string;
  kind: string;
  options: JsonObject;
  interrupts?: boolean | null;
  question_returns?: boolean;
  overlap?: "start_over" | "queue" | "ignore";
  position?: Position;
  next?: Transition | null;
}

export type Block = Omit<Generated.Block, "actions"> & { actions?: Action[] };

export type Scenario = Omit<Generated.Scenario, "triggers" | "blocks"> & {
  triggers?: Trigger[];
  blocks?: Block[];
};

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Follows a JSON pointer. */
export function at(value: Json | undefined, pointer: string): Json | undefined {
  let here: Json | undefined = value;
  for (const step of pointer.split("/").slice(1)) {
    const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
    if (Array.isArray(here)) here = here[Number(key)];
    else if (isObject(here)) here = here[key];
    else return undefined;
  }
  return here;
}

/** A short id that no element of the document has had before: old buttons must not find a newer action. */
export function freshId(prefix: string): string {
  const bytes = crypto.getRandomValues(new Uint8Array(6));
  return prefix + Array.from(bytes, (byte) => (byte % 36).toString(36)).join("");
}
