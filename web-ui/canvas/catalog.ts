// The catalogue of actions and triggers: what may stand on a card, its form and its ways out.

import { type Action, at, type Json, type JsonObject } from "./document.ts";

/** JSON Schema as the engine's catalogue writes it: without references, with the editor's own keywords. */
export interface Schema {
  type?: string;
  title?: string;
  description?: string;
  default?: Json;
  enum?: Json[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  pattern?: string;
  /** May be absent altogether. */
  "x-optional"?: boolean;
  "x-widget"?: string;
  /** `#{env.NAME}` has a meaning here. */
  "x-secrets"?: boolean;
  /** Texts of an enum's values. */
  "x-labels"?: Record<string, string>;
  /** Shown only while another option has one of these values. */
  "x-when"?: Record<string, Json[]>;
  /** Stands under "More": right as it is for most. */
  "x-more"?: boolean;
}

export interface FixedExit {
  id: string;
  title: string;
  /** Drawn only once it is wired, or while its action is open. */
  quiet: boolean;
  /** There only while the option has this value; an absent one has its schema's default. */
  only?: { pointer: string; value: string };
}

export interface EachExit {
  /** Pointer into the options; `*` stands for every index. */
  each: string;
  /** Pointers inside the element. */
  id: string;
  label: string;
  /** Elements whose option there has another value have no port; an absent one has its schema's default. */
  only?: { pointer: string; value: string };
  /** None of them has a port while this option of the action has this value. */
  unless?: { pointer: string; value: string };
}

export interface CatalogKind {
  kind: string;
  icon: string;
  title: string;
  help: string;
  schema: Schema;
  /** The options of one that was just taken from the palette. */
  defaults: JsonObject;
}

export interface CatalogAction extends CatalogKind {
  group: string;
  group_title: string;
  can_fail: boolean;
  waits: boolean;
  exits: (FixedExit | EachExit)[];
  /** What the canvas says of it: the first that may be said, else the title. */
  sentences?: { text: string; only?: { pointer: string; value: string } }[];
}

export type CatalogTrigger = CatalogKind;

export interface Catalog {
  actions: CatalogAction[];
  triggers: CatalogTrigger[];
}

/** A way out of an action, as it is drawn. */
export interface Port {
  id: string;
  label: string;
  /** Pointer inside the options to the button or branch it belongs to; empty for fixed ways out. */
  pointer: string;
  style: "plain" | "error" | "timeout";
  quiet: boolean;
}

export const ERROR_EXIT = "error";
export const TIMEOUT_EXIT = "timeout";

export class CatalogIndex {
  readonly #actions: Map<string, CatalogAction>;
  readonly #triggers: Map<string, CatalogTrigger>;

  constructor(readonly catalog: Catalog) {
    this.#actions = new Map(catalog.actions.map((action) => [action.kind, action]));
    this.#triggers = new Map(catalog.triggers.map((trigger) => [trigger.kind, trigger]));
  }

  action(kind: string): CatalogAction | undefined {
    return this.#actions.get(kind);
  }

  trigger(kind: string): CatalogTrigger | undefined {
    return this.#triggers.get(kind);
  }

  /** Every way out of an action besides running on to the next one. */
  ports(action: Action): Port[] {
    const kind = this.action(action.kind);
    if (!kind) return [];
    return kind.exits.flatMap((exit) =>
      "each" in exit
        ? eachPorts(exit, action.options, kind.schema)
        : fixedPort(exit, action.options, kind.schema),
    );
  }
}

function fixedPort({ id, title, quiet, only }: FixedExit, options: JsonObject, schema: Schema): Port[] {
  if (only) {
    const value = at(options, only.pointer) ?? schemaAt(schema, only.pointer)?.default;
    if (value !== only.value) return [];
  }
  const style = id === ERROR_EXIT ? "error" : id === TIMEOUT_EXIT ? "timeout" : "plain";
  return [{ id, label: title, pointer: "", style, quiet }];
}

function eachPorts(exit: EachExit, options: JsonObject, schema: Schema): Port[] {
  if (exit.unless && at(options, exit.unless.pointer) === exit.unless.value) return [];
  return expand(exit.each, options).flatMap((pointer) => {
    const element = at(options, pointer);
    if (exit.only) {
      const value =
        at(element, exit.only.pointer) ?? schemaAt(schema, exit.each + exit.only.pointer)?.default;
      if (value !== exit.only.value) return [];
    }
    const id = at(element, exit.id);
    const label = at(element, exit.label);
    if (typeof id !== "string") return [];
    return [
      { id, label: typeof label === "string" ? label : "", pointer, style: "plain" as const, quiet: false },
    ];
  });
}

function schemaAt(schema: Schema, pointer: string): Schema | undefined {
  let here: Schema | undefined = schema;
  for (const step of pointer.split("/").slice(1))
    here = step === "*" ? here?.items : here?.properties?.[step];
  return here;
}

/** Turns `/buttons/` with stars into the pointer of every element that is there. */
function expand(pattern: string, value: Json): string[] {
  let found = [""];
  for (const step of pattern.split("/").slice(1)) {
    found = found.flatMap((pointer) => {
      if (step !== "*") return [`${pointer}/${step}`];
      const list = at(value, pointer);
      return Array.isArray(list) ? list.map((_, index) => `${pointer}/${index}`) : [];
    });
  }
  return found.filter((pointer) => at(value, pointer) !== undefined);
}
