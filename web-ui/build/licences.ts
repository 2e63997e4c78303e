// The licences of what is bundled, in dist/LICENCES.txt: found from the modules that really went in.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

interface Package {
  name: string;
  version: string;
  license: string;
  text: string;
}

const modules = fileURLToPath(new URL("../node_modules", import.meta.url));

export function licences(also: string[]): Plugin {
  return {
    name: "scenaria-licences",
    generateBundle() {
      const roots = new Set(also.map((name) => join(modules, name)));
      for (const id of this.getModuleIds()) {
        const root = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id.replace("\0", ""))?.[1];
        if (root) roots.add(root);
      }
      const packages = [...roots].filter((root) => existsSync(join(root, "package.json"))).map(readPackage);
      packages.sort((a, b) => (a.name < b.name ? -1 : 1));
      const parts = packages.map((p) => `${p.name} ${p.version} (${p.license})\n\n${p.text.trim()}\n`);
      const source = `This bundle contains the following packages.\n\n${parts.join(`\n${"-".repeat(72)}\n\n`)}`;
      this.emitFile({ type: "asset", fileName: "LICENCES.txt", source });
    },
  };
}

function readPackage(root: string): Package {
  const { name, version, license } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Package;
  const file = readdirSync(root).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file ? readFileSync(join(root, file), "utf8") : "The package carries no licence text.";
  return { name, version, license, text: text.replaceAll("\r\n", "\n") };
}
