// Collects the licence notices of every package that has a module in the output.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const NOTICE = /^(licen[cs]e|copying|notice|thirdpartynotices)(\.(md|txt))?$/i;
// Reached through CSS only, which leaves no module in a chunk.
const STYLES = ["@fontsource/fira-code", "@fontsource/roboto"];

export const NOTICES_FILE = "THIRD-PARTY-LICENSES.txt";

export function licenses() {
  return {
    name: "licenses",
    generateBundle(_options, bundle) {
      const modules = Object.values(bundle).flatMap((file) => (file.type === "chunk" ? file.moduleIds : []));
      const roots = new Set(STYLES.map((name) => join(this.environment.config.root, "node_modules", name)));
      for (const id of modules) {
        const root = packageRoot(id);
        if (root) roots.add(root);
      }
      this.emitFile({ type: "asset", fileName: NOTICES_FILE, source: notices([...roots]) });
    },
  };
}

function packageRoot(id) {
  return /^\0?(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1];
}

function notices(roots) {
  const packages = roots.map(describe).sort((a, b) => (a.title < b.title ? -1 : 1));
  const byText = new Map();
  for (const entry of packages) byText.set(entry.text, [...(byText.get(entry.text) ?? []), entry]);
  const sections = [...byText].map(([text, group]) => `${group.map(({ title }) => title).join("\n")}\n\n${text}\n`);
  return `Third-party software in Invoice Gateway's web console\n\n${sections.join(`\n${"=".repeat(80)}\n\n`)}`;
}

function describe(root) {
  const { name, version, license, author } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const files = readdirSync(root).filter((file) => NOTICE.test(file)).sort();
  const text = files.map((file) => readFileSync(join(root, file), "utf8").replaceAll("\r\n", "\n").trim()).join("\n\n");
  const by = author?.name ?? author ?? "its authors";
  return { title: `${name} ${version} (${license})`, text: text || `(no licence file in the package; ${license}, by ${by})` };
}
