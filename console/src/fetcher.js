// Sends an operation to this gateway, never elsewhere. A subscription is answered by a stream of events.
import { listener, withKey } from "./access.js";
import { events } from "./events.js";

const ACCEPT = "application/graphql-response+json, application/json;q=0.9, text/event-stream;q=0.8";

// As GraphiQL wants it: with the key, and the headers of the pane below the query.
export async function fetcher(operation, { headers } = {}) {
  const note = listener(headers);
  const answer = await send(operation, withKey(headers), note);
  if (answer[Symbol.asyncIterator]) return answer;
  note(answer);
  // GraphiQL asks for the schema a second time where `data` is missing, which no refusal is changed by.
  return { data: undefined, ...answer };
}

// The result, or an asynchronous iterator of results, each of which is noted.
export async function send(operation, headers, note = () => undefined) {
  const stop = new AbortController();
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "content-type": "application/json", accept: ACCEPT, ...headers },
    body: JSON.stringify(operation),
    signal: stop.signal,
  });
  if (response.headers.get("content-type")?.startsWith("text/event-stream")) return events(response, stop, note);
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    // A proxy's error page, say: the user needs to see which answer came, not where the parser stopped.
    throw new Error(`/graphql answered ${response.status} ${response.statusText}, and not with JSON: ${text.slice(0, 500)}`);
  }
}
