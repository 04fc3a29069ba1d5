// Reads GraphQL over server-sent events (distinct connections mode) as an asynchronous iterator of results.

// Returning from it closes the connection at once, also while the next event is waited for. `note` sees each result.
export function events(response, stop, note) {
  const results = read(response.body, note);
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      try {
        return await results.next();
      } catch (error) {
        if (stop.signal.aborted) return { done: true, value: undefined };
        throw error;
      }
    },
    async return() {
      stop.abort();
      return { done: true, value: undefined };
    },
  };
}

async function* read(body, note) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) throw new Error("The gateway ended the connection before the subscription was complete. Run it again.");
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      if (block.startsWith("event: complete")) return;
      const data = block.match(/^data: (.*)$/m);
      if (!data) continue;
      const result = JSON.parse(data[1]);
      note(result);
      yield result;
    }
  }
}
