import { describe, expect, it } from "vitest";
import { findMarks, tagsFor } from "./rich.ts";
import { formatVariable, parseTemplate, parseVariable } from "./template.ts";

describe("templates", () => {
  it("fall into text and placeholders", () => {
    expect(parseTemplate("Hi [Name], #{client.city}: {{ 1 + #{x} }}").map((part) => part.type)).toEqual([
      "text",
      "function",
      "text",
      "variable",
      "text",
      "formula",
    ]);
    expect(parseTemplate("[Random(1,6)]")).toEqual([
      { type: "function", source: "[Random(1,6)]", name: "Random", arguments: "1,6" },
    ]);
  });

  it("lose nothing", () => {
    for (const text of [
      "",
      "plain",
      "a [b c] d",
      "#{x",
      "#{a}#{b}",
      "[Имя]!",
      "{{ #{a} * 2 }} ₽",
      "[]",
      "[1]",
    ]) {
      const joined = parseTemplate(text).map((part) => (part.type === "text" ? part.text : part.source));
      expect(joined.join("")).toBe(text);
    }
    expect(parseTemplate("[1] [] [b c]").every((part) => part.type === "text")).toBe(true);
  });
});

describe("variables", () => {
  it("know their scope", () => {
    expect(parseVariable("client.address.street")).toEqual({ scope: "client", name: "address.street" });
    expect(parseVariable("clients.x")).toEqual({ scope: "run", name: "clients.x" });
    for (const path of ["x", "client.y", "global.z", "env.KEY"])
      expect(formatVariable(parseVariable(path))).toBe(path);
  });
});

describe("marks", () => {
  const marks = (source: string) =>
    findMarks(source).map(({ mark, open, close }) => [mark, source.slice(open.to, close.from)]);

  it("are pairs of tags, nested as they come", () => {
    expect(marks('<b>a <i>b</i></b> <a href="https://x">c</a>')).toEqual([
      ["bold", "a <i>b</i>"],
      ["italic", "b"],
      ["link", "c"],
    ]);
    expect(findMarks('<a href="https://x">c</a>')[0]?.href).toBe("https://x");
  });

  it("leave tags alone that have no partner or mean nothing", () => {
    expect(marks("<b>a")).toEqual([]);
    expect(marks("a</b>")).toEqual([]);
    expect(marks("<table>x</table> 1 < 2")).toEqual([]);
    expect(marks("<b><i>x</b></i>")).toEqual([["bold", "<i>x"]]);
  });

  it("are written as they are read", () => {
    for (const mark of [
      "bold",
      "italic",
      "underline",
      "strike",
      "code",
      "pre",
      "spoiler",
      "quote",
    ] as const) {
      expect(marks(tagsFor(mark).join("x"))).toEqual([[mark, "x"]]);
    }
  });
});
