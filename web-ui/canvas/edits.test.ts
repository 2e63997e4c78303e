import { describe, expect, it } from "vitest";
import type { Scenario } from "./document.ts";
import {
  addSection,
  type Clip,
  cut,
  moveAction,
  moveNodes,
  paste,
  removeNodes,
  type Source,
  setSection,
  setTransition,
  transitions,
} from "./edits.ts";

const doc: Scenario = {
  format: "scenaria/1",
  name: "Test",
  triggers: [{ id: "t", kind: "command", options: { command: "start" }, next: { block: "a" } }],
  blocks: [
    {
      id: "a",
      actions: [
        {
          id: "one",
          kind: "send_message",
          options: { text: "1" },
          exits: { yes: { block: "b" }, no: { block: "a" } },
        },
        { id: "two", kind: "send_message", options: { text: "2" } },
      ],
      next: { block: "b", view: "link" },
    },
    { id: "b", name: "B", position: { x: 10, y: 20 }, actions: [] },
  ],
  on_error: { block: "b" },
};

const sources = (scenario: Scenario) =>
  transitions(scenario).map(({ source, to }) => [source.from, to.block]);

describe("sections", () => {
  const sectioned = setSection(
    addSection(doc, { id: "s", name: "Paid", otherwise: { block: "b" } }),
    ["a", "b"],
    "s",
  );

  it("hold cards, and lead everybody else somewhere", () => {
    expect(sectioned.blocks?.map(({ section }) => section)).toEqual(["s", "s"]);
    expect(sources(sectioned)).toContainEqual(["section", "b"]);
    const out = setSection(sectioned, ["b"], undefined);
    expect(out.blocks?.[1]).not.toHaveProperty("section");
    expect(sources(removeNodes(sectioned, [{ type: "block", id: "b" }]))).not.toContainEqual([
      "section",
      "b",
    ]);
  });

  it("leave their cards behind", () => {
    const without = removeNodes(sectioned, [{ type: "section", id: "s" }]);
    expect(without).toEqual({ ...doc, sections: [] });
  });
});

describe("transitions", () => {
  it("are found wherever they begin", () => {
    expect(sources(doc)).toEqual([
      ["trigger", "a"],
      ["exit", "b"],
      ["exit", "a"],
      ["block", "b"],
      ["errors", "b"],
    ]);
  });

  it("are set and taken away without a trace in the document", () => {
    const source: Source = { from: "exit", block: "a", action: "two", exit: "error" };
    const wired = setTransition(doc, source, { block: "b" });
    expect(wired.blocks?.[0]?.actions?.[1]?.exits).toEqual({ error: { block: "b" } });
    const cutOff = setTransition(wired, source, undefined);
    expect(cutOff).toEqual(doc);
    expect(JSON.stringify(setTransition(doc, { from: "errors" }, undefined))).not.toContain("on_error");
  });

  it("go with the card they lead to", () => {
    const left = removeNodes(doc, [{ type: "block", id: "b" }]);
    expect(sources(left)).toEqual([
      ["trigger", "a"],
      ["exit", "a"],
    ]);
    expect(left.blocks?.map((block) => block.id)).toEqual(["a"]);
  });
});

describe("editing", () => {
  it("gives the same document when nothing changed", () => {
    expect(moveNodes(doc, [{ node: { type: "block", id: "b" }, position: { x: 10.2, y: 19.9 } }])).toBe(doc);
    const moved = moveNodes(doc, [{ node: { type: "block", id: "b" }, position: { x: 11, y: 20 } }]);
    expect(moved.blocks?.[1]?.position).toEqual({ x: 11, y: 20 });
  });

  it("shares what did not change", () => {
    const moved = moveAction(doc, "a", 0, 1);
    expect(moved.blocks?.[0]?.actions?.map((action) => action.id)).toEqual(["two", "one"]);
    expect(moved.blocks?.[1]).toBe(doc.blocks?.[1]);
    expect(doc.blocks?.[0]?.actions?.map((action) => action.id)).toEqual(["one", "two"]);
  });
});

describe("the clipboard", () => {
  it("copies with fresh ids and keeps the lines inside of the copy", () => {
    const clip: Clip = cut(doc, [{ type: "block", id: "a" }]);
    const { doc: pasted, nodes } = paste(doc, clip, { x: 100, y: 0 });
    const copy = pasted.blocks?.[2];
    expect(nodes).toEqual([{ type: "block", id: copy?.id }]);
    expect(copy?.id).not.toBe("a");
    expect(copy?.position).toEqual({ x: 100, y: 0 });
    expect(copy?.actions?.[0]?.id).not.toBe("one");
    expect(copy?.actions?.[0]?.exits).toEqual({ yes: { block: "b" }, no: { block: copy?.id } });
    expect(copy?.next).toEqual({ block: "b", view: "link" });
  });

  it("drops lines to cards that are not here", () => {
    const clip = cut(doc, [{ type: "block", id: "a" }]);
    const { doc: pasted } = paste({ format: "scenaria/1", name: "Other" }, clip, { x: 0, y: 0 });
    const [copy] = pasted.blocks ?? [];
    expect(copy?.next).toBeUndefined();
    expect(copy?.actions?.[0]?.exits).toEqual({ no: { block: copy?.id } });
  });
});
