// Types of the scenario document: `scenaria schema` prints the JSON Schema, TypeScript comes from it. The
// binary is $SCENARIA_BIN; without it the schema that is stored here is taken.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { compile } from "json-schema-to-typescript";

const here = (path) => new URL(`../generated/${path}`, import.meta.url);
const binary = process.env.SCENARIA_BIN;
if (binary) {
  writeFileSync(
    here("scenario.schema.json"),
    execFileSync(binary, ["schema"], { maxBuffer: 16 * 1024 * 1024 }),
  );
}
const schema = JSON.parse(readFileSync(here("scenario.schema.json"), "utf8"));
const types = await compile(schema, "Scenario", {
  bannerComment: "// Made by `npm run generate` from scenario.schema.json. Do not edit.",
  additionalProperties: false,
  style: { printWidth: 110 },
});
writeFileSync(here("scenario.ts"), types);
