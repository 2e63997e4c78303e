// The icons the product uses, cut out of Tabler's five thousand: a sprite for the pages, a module for the
// islands. A name joins the product by a line in icons/names.txt.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

type Node = [tag: string, attributes: Record<string, string>];

const VIRTUAL = "virtual:icons";
const namesFile = fileURLToPath(new URL("../icons/names.txt", import.meta.url));
const logoFile = fileURLToPath(new URL("../icons/logo.svg", import.meta.url));
const nodesFile = fileURLToPath(
  new URL("../node_modules/@tabler/icons/tabler-nodes-outline.json", import.meta.url),
);

export function iconNames(): string[] {
  return readFileSync(namesFile, "utf8").split(/\s+/).filter(Boolean).sort();
}

function loadIcons(): Record<string, Node[]> {
  const all = JSON.parse(readFileSync(nodesFile, "utf8")) as Record<string, Node[]>;
  const chosen: Record<string, Node[]> = {};
  for (const name of iconNames()) {
    const nodes = all[name];
    if (!nodes) throw new Error(`icons/names.txt: Tabler has no outline icon "${name}"`);
    chosen[name] = nodes;
  }
  return chosen;
}

function sprite(icons: Record<string, Node[]>): string {
  const symbols = Object.entries(icons).map(([name, nodes]) => {
    const body = nodes.map(([tag, attributes]) => {
      const text = Object.entries(attributes).map(([key, value]) => ` ${key}="${value}"`);
      return `<${tag}${text.join("")}/>`;
    });
    return (
      `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" ` +
      `stroke-linecap="round" stroke-linejoin="round">${body.join("")}</symbol>`
    );
  });
  return `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`;
}

export function icons(): Plugin {
  return {
    name: "scenaria-icons",
    resolveId: (id) => (id === VIRTUAL ? `\0${VIRTUAL}` : undefined),
    load(id) {
      if (id !== `\0${VIRTUAL}`) return undefined;
      this.addWatchFile(namesFile);
      return `export default ${JSON.stringify(loadIcons())};`;
    },
    generateBundle() {
      this.emitFile({ type: "asset", fileName: "assets/icons.svg", source: sprite(loadIcons()) });
      this.emitFile({ type: "asset", fileName: "assets/icon.svg", source: readFileSync(logoFile, "utf8") });
    },
  };
}
