// The sentences of the engine's catalogue: a text with places for options. The grammar is explained in
// `crates/engine/src/actions/sentence.rs`.

import type { Schema } from "../catalog.ts";
import { at, isObject, type Json, type JsonObject } from "../document.ts";

export interface Place {
  /** Options; with `all` the elements of every one, else the first that has a value. */
  names: string[];
  all: boolean;
  /** The option, or the unit itself, that makes a length of time of a number. */
  unit?: string;
  /** Draws nothing: only decides whether the part around it is said. */
  silent: boolean;
}

export type Piece = string | { place: Place } | { optional: Piece[] };

export function parseSentence(text: string): Piece[] {
  return readPieces(text, 0, "").pieces;
}

function readPieces(text: string, from: number, until: string): { pieces: Piece[]; end: number } {
  const pieces: Piece[] = [];
  let words = "";
  let here = from;
  const flush = () => {
    if (words) pieces.push(words);
    words = "";
  };
  for (; here < text.length && text[here] !== until; here++) {
    if (text[here] === "{") {
      flush();
      const close = text.indexOf("}", here);
      const end = close < 0 ? text.length : close;
      pieces.push({ place: readPlace(text.slice(here + 1, end)) });
      here = end;
    } else if (text[here] === "[") {
      flush();
      const inner = readPieces(text, here + 1, "]");
      pieces.push({ optional: inner.pieces });
      here = inner.end;
    } else words += text[here];
  }
  flush();
  return { pieces, end: here };
}

function readPlace(source: string): Place {
  const silent = source.startsWith("?");
  const [option = "", unit] = source.replace(/^\?/, "").split(":");
  const all = option.includes("+");
  return { names: option.split(all ? "+" : "|"), all, silent, ...(unit ? { unit } : {}) };
}

/** The value of an option; an absent one has its schema's default. */
export function optionOf(options: JsonObject, schema: Schema | undefined, name: string): Json | undefined {
  return at(options, `/${name}`) ?? schema?.properties?.[name]?.default;
}

/** Whether there is something to say of a value. */
export function isGiven(value: Json | undefined): boolean {
  if (Array.isArray(value)) return value.some(isGiven);
  if (isObject(value)) return Object.values(value).some(isGiven);
  return Boolean(value);
}

/** The name that is drawn in a place: of several, the first with a value. */
export function chosenName(place: Place, options: JsonObject, schema: Schema | undefined): string {
  const given = place.names.find((name) => isGiven(optionOf(options, schema, name)));
  return given ?? place.names[0] ?? "";
}

/** Whether every place in these pieces has a value. */
export function isSaid(pieces: Piece[], options: JsonObject, schema: Schema | undefined): boolean {
  return pieces.every((piece) => {
    if (typeof piece === "string" || "optional" in piece) return true;
    return piece.place.names.some((name) => isGiven(optionOf(options, schema, name)));
  });
}
