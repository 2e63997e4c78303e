import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { FluentBundle, FluentResource } from "@fluent/bundle";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Each bundle's texts with the folders that use them. */
const BUNDLES: Record<string, string[]> = {
  app: ["app"],
  canvas: ["canvas", "forms"],
  chat: ["chat"],
};

function load(lang: string, name: string): { keys: string[]; bundle: FluentBundle; errors: Error[] } {
  const source = readFileSync(`${root}locales/${lang}/${name}.ftl`, "utf8");
  const bundle = new FluentBundle(lang);
  const errors = bundle.addResource(new FluentResource(source));
  return {
    keys: [...source.matchAll(/^([a-zA-Z][\w-]*) =/gm)].map((match) => match[1] ?? ""),
    bundle,
    errors,
  };
}

function sourcesOf(folder: string): string[] {
  return readdirSync(`${root}${folder}`, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.tsx?$/.test(file) && !file.includes(".test."))
    .map((file) => readFileSync(`${root}${folder}/${file}`, "utf8"));
}

describe.each(Object.entries(BUNDLES))("texts of %s", (name, folders) => {
  const [en, ru] = [load("en", name), load("ru", name)];
  const source = folders.flatMap(sourcesOf).join("\n");

  it("are the same in both languages", () => {
    expect(ru.keys).toEqual(en.keys);
    expect([...en.errors, ...ru.errors]).toEqual([]);
    expect(new Set(en.keys).size).toBe(en.keys.length);
    for (const key of en.keys) {
      expect(variables(ru.bundle, key), key).toEqual(variables(en.bundle, key));
    }
  });

  it("exist for every key in use", () => {
    const used = [...source.matchAll(/\b(?:t|rich)\(\s*"([a-z][\w-]*)"/gi)].map((match) => match[1] ?? "");
    expect(used.length).toBeGreaterThan(3);
    expect(used.filter((key) => !en.keys.includes(key))).toEqual([]);
  });

  it("are all in use", () => {
    // Keys put together at run time: t(`save-${state}`).
    const prefixes = [...source.matchAll(/\bt\(\s*`([a-z-]+)\$\{/gi)].map((match) => match[1] ?? "");
    const unused = en.keys.filter(
      (key) => !source.includes(`"${key}"`) && !prefixes.some((prefix) => key.startsWith(prefix)),
    );
    expect(unused).toEqual([]);
  });
});

function variables(bundle: FluentBundle, key: string): string[] {
  return [...new Set(JSON.stringify(bundle.getMessage(key)?.value).matchAll(/"type":"var","name":"(\w+)"/g))]
    .map((match) => match[1] ?? "")
    .filter((name, index, all) => all.indexOf(name) === index)
    .sort();
}
