import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { entries } from "./build/entries.ts";
import { icons } from "./build/icons.ts";
import { licences } from "./build/licences.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// Names are stable and free of hashes: the bundle is committed, and the server sets ETags itself.
export default defineConfig({
  base: "./",
  plugins: [react(), icons(), entries(), licences(["@tabler/icons"])],
  resolve: {
    // The parts of Tabler's script that the pages need; its whole is five times as large.
    alias: { "tabler-script": here("node_modules/@tabler/core/js/src/bootstrap") },
  },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1024,
    rolldownOptions: {
      input: {
        app: here("app/app.ts"),
        theme: here("app/theme.ts"),
        canvas: here("canvas/main.tsx"),
        editor: here("editor/main.ts"),
        chat: here("chat/main.ts"),
      },
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: "chunks/[name].js",
        assetFileNames: (asset) =>
          asset.names[0]?.endsWith(".css") ? "[name].css" : "assets/[name][extname]",
        codeSplitting: {
          groups: [
            // The editor of texts is needed often, that of code and its languages rarely.
            {
              name: "codemirror",
              test: /@codemirror\/(state|view|commands|autocomplete|language)\/|@lezer\/(common|highlight|lr)\/|style-mod|w3c-keyname|crelt/,
              priority: 1,
            },
            { name: "languages", test: /node_modules\/(@codemirror|@lezer)/ },
            { name: "react", test: /node_modules\/(react|react-dom|scheduler)\// },
            { name: "fluent", test: /node_modules\/@fluent|web-ui\/locales\/fluent/ },
            // What a late chunk shares with its entry must not stay in the entry: see build/entries.ts.
            { name: "page", test: /virtual:icons|web-ui\/(icons\/svg|app\/(toast|confirm|requests|texts))/ },
            { name: "expression", test: /web-ui\/forms\/expression\// },
            { name: "look", test: /web-ui\/editor\/look/ },
          ],
        },
      },
    },
  },
  test: {
    include: ["{app,build,canvas,chat,editor,forms,icons,locales}/**/*.test.{ts,tsx}"],
  },
});
