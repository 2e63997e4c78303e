import { describe, expect, it } from "vitest";
import type { Schema } from "../catalog.ts";
import type { JsonObject } from "../document.ts";
import { chosenName, isSaid, type Piece, parseSentence } from "./places.ts";

const schema: Schema = {
  properties: { unit: { default: "minutes" }, to: {}, other: {}, random: { default: false } },
};

/** What is left of a sentence with these options: words, and `<name>` for every place. */
function check(text: string, options: JsonObject): string {
  const say = (pieces: Piece[]): string =>
    pieces
      .map((piece) => {
        if (typeof piece === "string") return piece;
        if ("optional" in piece) return isSaid(piece.optional, options, schema) ? say(piece.optional) : "";
        const { place } = piece;
        if (place.silent) return "";
        return `<${place.all ? place.names.join("&") : chosenName(place, options, schema)}>`;
      })
      .join("");
  return say(parseSentence(text));
}

describe("a sentence of the catalogue", () => {
  it("leaves out what has no value", () => {
    expect(check("Run[ → {to}]", {})).toBe("Run");
    expect(check("Run[ → {to}]", { to: "x" })).toBe("Run → <to>");
    expect(check("Run[ → {to}] now", { to: [] })).toBe("Run now");
  });
  it("takes the first that has a value", () => {
    expect(check("Find[ → {to|other}]", { other: "y" })).toBe("Find → <other>");
    expect(check("{to|other}", {})).toBe("<to>");
  });
  it("says something for a switch without drawing it", () => {
    expect(check("Take[{?random} any]", { random: true })).toBe("Take any");
    expect(check("Take[{?random} any]", {})).toBe("Take");
  });
  it("knows both of two lists, and lengths of time", () => {
    expect(check("[ where {to+other}]", { other: [{ a: "b" }] })).toBe(" where <to&other>");
    expect(check("[ where {to+other}]", { to: [{ a: "" }] })).toBe("");
    expect(parseSentence("{to:days}")).toEqual([
      { place: { names: ["to"], all: false, silent: false, unit: "days" } },
    ]);
  });
  it("reads an unfinished text to its end", () => {
    expect(check("a {to", { to: "x" })).toBe("a <to>");
    expect(check("a [b {other}", {})).toBe("a ");
  });
});
