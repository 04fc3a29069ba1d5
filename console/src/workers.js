// Tells Monaco where its workers are; without this it asks for `toUrl`-style addresses of another loader.
import addresses from "virtual:workers";

globalThis.MonacoEnvironment = {
  getWorker: (_id, label) => new Worker(addresses[label] ?? addresses.editor, { type: "module", name: label }),
};
