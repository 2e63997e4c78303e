// Every variable the scenario reads or writes, for the pickers.

import { parseVariable } from "../forms/expression/template.ts";
import type { CatalogIndex, Schema } from "./catalog.ts";
import { isObject, type Json, type Scenario } from "./document.ts";
import { actionsOf, blocksOf, triggersOf } from "./edits.ts";

const READ = /#\{([^{}]+)\}/g;
const CAPTURE = /\{([\p{L}_][\p{L}\d_]*)\}/gu;

export function knownVariables(doc: Scenario, catalog: CatalogIndex, globals: string[]): { path: string }[] {
  const found = new Set<string>();
  const add = (path: string) => {
    const { name } = parseVariable(path);
    if (name !== "") found.add(path.trim());
  };
  const read = (value: Json) => {
    // The element that buttons are made from has a meaning only there.
    for (const match of JSON.stringify(value).matchAll(READ))
      if (match[1] && !/^item\b/.test(match[1])) add(match[1]);
  };
  const written = (schema: Schema | undefined, value: Json | undefined) => {
    if (!schema || value === undefined) return;
    if (schema["x-widget"] === "variable" && typeof value === "string") add(value);
    if (schema.properties && isObject(value)) {
      for (const [name, property] of Object.entries(schema.properties)) written(property, value[name]);
    }
    if (schema.items && Array.isArray(value)) for (const item of value) written(schema.items, item);
  };
  for (const trigger of triggersOf(doc)) {
    const code = trigger.options.code;
    if (trigger.kind === "start_link" && typeof code === "string") {
      for (const match of code.matchAll(CAPTURE)) if (match[1]) add(match[1]);
    }
  }
  for (const trigger of triggersOf(doc)) {
    const { inputs } = trigger.options;
    if (trigger.kind === "called" && Array.isArray(inputs)) {
      for (const name of inputs) if (typeof name === "string") add(name);
    }
  }
  for (const block of blocksOf(doc)) {
    for (const action of actionsOf(block)) {
      written(catalog.action(action.kind)?.schema, action.options);
      read(action.options);
    }
  }
  for (const name of globals) add(`global.${name}`);
  return [...found].sort((a, b) => a.localeCompare(b)).map((path) => ({ path }));
}
