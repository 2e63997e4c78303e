import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { iconNames } from "../build/icons.ts";

const project = fileURLToPath(new URL("../..", import.meta.url));

function filesBelow(folder: string, ending: RegExp): string[] {
  return readdirSync(project + folder, { recursive: true, encoding: "utf8" })
    .filter((file) => ending.test(file) && !file.includes("node_modules") && !file.startsWith("dist"))
    .map((file) => readFileSync(`${project}${folder}/${file}`, "utf8"));
}

function check(folder: string, ending: RegExp, use: RegExp): void {
  const known = new Set(iconNames());
  const used = filesBelow(folder, ending).flatMap((text) =>
    [...text.matchAll(use)].map((match) => match[1] ?? ""),
  );
  expect(used.length, folder).toBeGreaterThan(0);
  expect([...new Set(used)].filter((name) => !known.has(name))).toEqual([]);
}

it("has every icon of the islands", () => check("web-ui", /\.tsx$/, /<Icon name="([^"]+)"/g));
it("has every icon of the pages", () => check("web-ui/templates", /\.html$/, /\bicon\("([^"]+)"\)/g));
it("has every icon of the action catalogue", () => check("crates/engine/src", /\.rs$/, /\bicon: "([^"]+)"/g));
it("has every icon of the triggers", () =>
  check("crates/engine/src/scenario", /trigger\.rs$/, /=> \w+\(\w+\) "([^"]+)"/g));
