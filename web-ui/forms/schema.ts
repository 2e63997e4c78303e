// Reading the catalogue's JSON Schema for forms.

import type { Schema } from "../canvas/catalog.ts";
import { freshId, isObject, type Json, type JsonObject } from "../canvas/document.ts";

export function typeOf(schema: Schema): string {
  return schema.type ?? (schema.properties ? "object" : "string");
}

/** The values of an enum with their texts, or nothing when it is none. */
export function choicesOf(schema: Schema): { value: Json; label: string }[] | undefined {
  const labels = schema["x-labels"] ?? {};
  // Labels stand in the order of the definition, the values need not.
  const order = Object.keys(labels);
  const values = schema.enum?.toSorted((a, b) => order.indexOf(String(a)) - order.indexOf(String(b)));
  return values?.map((value) => ({ value, label: labels[String(value)] ?? String(value) }));
}

/** What a new value begins as. */
export function defaultOf(schema: Schema): Json {
  if (schema.default !== undefined) return schema.default;
  const first = schema.enum?.[0];
  if (first !== undefined) return first;
  switch (typeOf(schema)) {
    case "object":
      return defaultObject(schema);
    case "array":
      return schema.items && (schema.minItems ?? 0) > 0 ? [defaultOf(schema.items)] : [];
    case "boolean":
      return false;
    case "integer":
    case "number":
      return schema.minimum ?? 0;
    default:
      return "";
  }
}

/** The required properties of an object, each with what it begins as; hidden ids get a fresh one. */
export function defaultObject(schema: Schema): JsonObject {
  const made: JsonObject = {};
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (name === "id" && property["x-widget"] === "hidden") made[name] = freshId("e");
    else if (schema.required?.includes(name)) made[name] = defaultOf(property);
  }
  return made;
}

/** Whether the field is shown beside these other options. */
export function isShown(schema: Schema, siblings: JsonObject, properties: Record<string, Schema>): boolean {
  if (schema["x-widget"] === "hidden") return false;
  const when = schema["x-when"];
  if (!when) return true;
  return Object.entries(when).every(([name, values]) => {
    const value = siblings[name] ?? properties[name]?.default ?? null;
    return values.includes(value);
  });
}

/** Sets a property; an empty optional one is left out of the document. */
export function withProperty(object: JsonObject, name: string, value: Json | undefined): JsonObject {
  if (value !== undefined) return { ...object, [name]: value };
  const { [name]: _, ...rest } = object;
  return rest;
}

export function asObject(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}
