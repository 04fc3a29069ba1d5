import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { embed } from "./build/embed.js";
import { licenses } from "./build/licenses.js";
import { replaceModules } from "./build/replace-modules.js";
import { workerEntries } from "./build/worker-entries.js";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here("."),
  base: "/graphiql/",
  clearScreen: false,
  publicDir: false,
  plugins: [
    workerEntries({
      editor: "monaco-editor/esm/vs/editor/editor.worker.js",
      json: "monaco-editor/esm/vs/language/json/json.worker.js",
      graphql: "monaco-graphql/esm/graphql.worker.js",
    }),
    replaceModules({
      "/monaco-graphql/esm/monaco-editor.js": here("src/monaco.js"),
      "/prettier/plugins/estree.mjs": here("src/prettier-jsonc.js"),
      "/prettier/plugins/babel.js": here("src/prettier-jsonc.js"),
      // The same module in a second packaging.
      "/prettier/plugins/graphql.js": here("node_modules/prettier/plugins/graphql.mjs"),
    }),
    licenses(),
    embed(),
  ],
  build: {
    target: "es2022",
    // Every font and icon a file of its own: the page's policy allows no `data:` font.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 4000,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      checks: { pluginTimings: false },
      onLog(level, log, report) {
        // "use client" in React packages means nothing outside a server renderer.
        if (log.code !== "MODULE_LEVEL_DIRECTIVE") report(level, log);
      },
    },
  },
});
