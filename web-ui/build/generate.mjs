// generated/scenario.ts from generated/scenario.schema.json, which `scenaria schema` prints.

import { readFileSync, writeFileSync } from "node:fs";
import { compile } from "json-schema-to-typescript";

const here = (path) => new URL(`../generated/${path}`, import.meta.url);
const schema = JSON.parse(readFileSync(here("scenario.schema.json"), "utf8"));
const types = await compile(schema, "Scenario", {
  bannerComment: "// Made by `npm run generate` from scenario.schema.json. Do not edit.",
  additionalProperties: false,
  style: { printWidth: 110 },
});
writeFileSync(here("scenario.ts"), types);
