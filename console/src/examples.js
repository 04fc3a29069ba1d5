// The operations under console/examples, in the order of their file names.
const files = import.meta.glob("../examples/*.graphql", { query: "?raw", import: "default", eager: true });

export const examples = Object.entries(files)
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([path, query]) => ({
    // Stays the same when the file is given another place in the order.
    name: /(?:\d+-)?([^/]+)\.graphql$/.exec(path)[1],
    // The first line says what the operation shows.
    title: /^#\s*(.+)/.exec(query)[1].trim(),
    operation: /^query\s+(\w+)/m.exec(query)[1],
    query,
  }));
