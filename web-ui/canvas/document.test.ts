import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

interface Definition {
  properties: Record<string, unknown>;
  required: string[];
}

const schema = JSON.parse(
  readFileSync(new URL("../generated/scenario.schema.json", import.meta.url), "utf8"),
) as { $defs: Record<string, Definition> };

it("leaves open only the options of actions and triggers", () => {
  const properties = (name: string) => Object.keys(schema.$defs[name]?.properties ?? {}).sort();
  expect(properties("Action")).toEqual(["exits", "id"]);
  expect(properties("Trigger")).toEqual([
    "id",
    "interrupts",
    "next",
    "overlap",
    "position",
    "question_returns",
  ]);
});
