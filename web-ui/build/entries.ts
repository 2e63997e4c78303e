// Pages load entries by addresses with a version (`canvas.js?v=...`), chunks by plain ones. A chunk that
// imported an entry would load it a second time, and the island would start twice. So none may.

import type { Plugin } from "vite";

export function entries(): Plugin {
  return {
    name: "scenaria-entries",
    generateBundle(_, bundle) {
      const chunks = Object.values(bundle).filter((file) => file.type === "chunk");
      const names = new Set(chunks.filter((chunk) => chunk.isEntry).map((chunk) => chunk.fileName));
      for (const chunk of chunks) {
        const imported = [...chunk.imports, ...chunk.dynamicImports].find((name) => names.has(name));
        if (imported) {
          this.error(
            `${chunk.fileName} imports the entry ${imported}: give what they share a group in vite.config.ts`,
          );
        }
      }
    },
  };
}
