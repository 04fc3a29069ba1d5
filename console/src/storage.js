// Where GraphiQL keeps its tabs, history and settings: the browser's storage, under names of our own, so
// that another GraphiQL once served from the same address (localhost:8080 is popular) does not show up here.
import { forget } from "./access.js";

const PREFIX = "invoice-gateway/";
const TABS = "graphiql:tabState";
const SEEN_EXAMPLES = "examples";

export function openStorage(examples) {
  const entries = browserStorage();
  if (!entries) return null;
  const own = () => Object.keys(entries).filter((key) => key.startsWith(PREFIX));
  const storage = {
    getItem: (key) => fromActiveTab(storage, key) ?? entries.getItem(PREFIX + key),
    setItem: (key, value) => entries.setItem(PREFIX + key, withoutHeaders(key, value)),
    removeItem: (key) => entries.removeItem(PREFIX + key),
    clear() {
      own().forEach((key) => entries.removeItem(key));
      forget();
    },
    get length() {
      return own().length;
    },
  };
  refreshUntouchedExamples(storage, examples);
  return storage;
}

function browserStorage() {
  try {
    return globalThis.localStorage;
  } catch {
    return null; // The user forbids it: GraphiQL then starts with the examples each time.
  }
}

// Headers may hold an API key, and GraphiQL's history stores those of each operation whatever it is told about
// keeping headers.
const WITH_HEADERS = ["graphiql:queries", "graphiql:favorites", TABS];

function withoutHeaders(key, value) {
  if (key === "graphiql:headers") return "";
  if (!WITH_HEADERS.includes(key)) return value;
  return JSON.stringify(parse(value), (name, part) => (name === "headers" ? null : part)) ?? "";
}

// GraphiQL also stores the text of the active editors apart from the tabs, and when the two do not agree it
// opens one tab more. The tabs are the only truth here.
function fromActiveTab(storage, key) {
  const field = { "graphiql:query": "query", "graphiql:variables": "variables" }[key];
  const state = field && readTabs(storage);
  return state?.tabs[state.activeTabIndex]?.[field];
}

// A tab that still holds an example as it was gets that example's present text after an upgrade. What the
// user edited stays, and what the user closed stays closed.
function refreshUntouchedExamples(storage, examples) {
  const seen = parse(storage.getItem(SEEN_EXAMPLES)) ?? {};
  const state = readTabs(storage);
  for (const tab of state?.tabs ?? []) {
    const now = examples.find(({ name, query }) => seen[name] === tab.query && query !== tab.query);
    if (now) Object.assign(tab, { query: now.query, title: now.operation, operationName: now.operation });
  }
  if (state) storage.setItem(TABS, JSON.stringify(state));
  storage.setItem(SEEN_EXAMPLES, JSON.stringify(Object.fromEntries(examples.map(({ name, query }) => [name, query]))));
}

function readTabs(storage) {
  const state = parse(storage.getItem(TABS));
  return Array.isArray(state?.tabs) ? state : undefined;
}

function parse(text) {
  try {
    return JSON.parse(text) ?? undefined;
  } catch {
    return undefined;
  }
}
