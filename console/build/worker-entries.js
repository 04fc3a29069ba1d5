// Editor workers as entries of the page's own build, not as bundles of their own (which is what
// Vite's `?worker` makes): the parser and the language service are then shared files instead of
// being built in up to four times. `virtual:workers` gives each worker's address by its label.
const ADDRESSES = "virtual:workers";

export function workerEntries(entries) {
  const references = new Map();
  return {
    name: "worker-entries",
    buildStart() {
      for (const [label, id] of Object.entries(entries)) {
        references.set(label, this.emitFile({ type: "chunk", id, name: `${label}.worker` }));
      }
    },
    resolveId: (id) => (id === ADDRESSES ? `\0${ADDRESSES}` : undefined),
    load(id) {
      if (id !== `\0${ADDRESSES}`) return undefined;
      const fields = [...references].map(([label, ref]) => `${label}: import.meta.ROLLUP_FILE_URL_${ref}`);
      return `export default { ${fields.join(", ")} };`;
    },
  };
}
