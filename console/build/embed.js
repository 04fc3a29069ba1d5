// Turns Vite's output into what the gateway embeds: each file gzipped, and `assets.rs`, the table of
// them that src/http/graphiql.rs includes. Gzip comes from fflate, pinned by the lock file, and not from
// Node's zlib: that one gives other bytes from one version or processor to the next.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import { gzipSync } from "fflate";
import { NOTICES_FILE } from "./licenses.js";

const MEDIA_TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".ttf": "font/ttf",
  ".txt": "text/plain; charset=utf-8",
  ".woff2": "font/woff2",
};

export function embed() {
  return {
    name: "embed",
    writeBundle({ dir }) {
      const files = readdirSync(dir, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => relative(dir, join(entry.parentPath, entry.name)).split(sep).join("/"))
        .sort();
      const rows = files.map((path) => row(dir, path));
      writeFileSync(join(dir, "assets.rs"), `// Written by \`npm run build\` in console/: not to be edited.\n&[\n${rows.join("")}]\n`);
    },
  };
}

function row(dir, path) {
  const mediaType = MEDIA_TYPES[extname(path)];
  if (!mediaType) throw new Error(`${path}: no media type is known for it; add one to build/embed.js`);
  const content = readFileSync(join(dir, path));
  writeFileSync(join(dir, `${path}.gz`), gzipSync(content, { level: 9, mtime: 0 }));
  // The notices stay readable in the repository.
  if (path !== NOTICES_FILE) rmSync(join(dir, path));
  const digest = createHash("sha256").update(content).digest("hex").slice(0, 32);
  return `    Asset {
        path: "${path}",
        media_type: "${mediaType}",
        digest: "${digest}",
        gzip: include_bytes!("${path}.gz"),
    },
`;
}
