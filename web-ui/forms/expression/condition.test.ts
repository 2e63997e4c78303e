import { describe, expect, it } from "vitest";
import { formatCondition, parseCondition } from "./condition.ts";

function check(
  text: string,
  rows: [string, string, string][],
  join: "and" | "or" = "and",
  written = text,
): void {
  const parsed = parseCondition(text);
  expect(parsed?.rows.map((row) => [row.left, row.comparison, row.right])).toEqual(rows);
  expect(parsed?.join).toBe(join);
  expect(parsed && formatCondition(parsed)).toBe(written);
}

describe("conditions as rows", () => {
  it("reads comparisons and writes them back", () => {
    check("#{total} >= 1000", [["#{total}", ">=", "1000"]]);
    check("#{city} = Paris", [["#{city}", "=", "Paris"]]);
    check('#{city} = "New York"', [["#{city}", "=", "New York"]]);
    check("#{client.tag} not contains paid", [["#{client.tag}", "not contains", "paid"]]);
    check("[Answer] not empty", [["[Answer]", "not empty", ""]]);
    check('#{x} = ""', [["#{x}", "=", ""]]);
    check('#{x} = "say \\"hi\\""', [["#{x}", "=", 'say "hi"']]);
  });

  it("joins rows by one and the same word", () => {
    check('#{a} = 1 and #{b} != "x y"', [
      ["#{a}", "=", "1"],
      ["#{b}", "!=", "x y"],
    ]);
    check(
      "#{a} = 1 | #{b} empty",
      [
        ["#{a}", "=", "1"],
        ["#{b}", "empty", ""],
      ],
      "or",
      "#{a} = 1 or #{b} empty",
    );
  });

  it("understands Russian words and a missing right side", () => {
    check("#{x} содержит слово", [["#{x}", "contains", "слово"]], "and", "#{x} contains слово");
    check(
      "#{x} не пусто и #{y} =",
      [
        ["#{x}", "not empty", ""],
        ["#{y}", "=", ""],
      ],
      "and",
      '#{x} not empty and #{y} = ""',
    );
  });

  it("leaves to the text form what rows cannot say", () => {
    for (const text of [
      "(#{a} = 1)",
      "#{a} = 1 and #{b} = 2 or #{c} = 3",
      "#{a} + 1 > 2",
      "not #{a} = 1",
      "#{a}",
    ]) {
      expect(parseCondition(text), text).toBeUndefined();
    }
  });

  it("protects words that mean something", () => {
    expect(formatCondition({ join: "and", rows: [{ left: "#{x}", comparison: "=", right: "and" }] })).toBe(
      '#{x} = "and"',
    );
    check('#{x} = "1+1"', [["#{x}", "=", "1+1"]]);
  });
});
