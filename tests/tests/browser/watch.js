// Runs in the pages of these tests: opens event sources and writes down all that happens to them.

// How long one event source may take. Far beyond what any does, so this means that it waits for what will not come.
const PATIENCE = 30000;

// Opens an event source and returns a promise of what happens to it, in order, until it is closed:
//   ["open"], ["event", type, data, lastEventId], ["error", readyState], ["close"], ["stuck"]
// `types` are the event types to listen to. It is closed after `closeAfter` events, or at the first error if
// `closeOnError` says so. `onOpen` and `onEvent` are called after the entry was written.
function watch({ url, types, closeAfter, closeOnError, onOpen, onEvent }) {
  return new Promise((resolve) => {
    const log = [];
    const source = new EventSource(url);
    const end = (entry) => {
      if (entry) log.push(entry);
      clearTimeout(timer);
      source.close();
      resolve(log);
    };
    const timer = setTimeout(() => end(["stuck"]), PATIENCE);
    let events = 0;
    const onMessage = (event) => {
      // A stream can name a type that the event source uses itself; only its own have data.
      if (!(event instanceof MessageEvent)) return;
      log.push(["event", event.type, event.data, event.lastEventId]);
      events += 1;
      if (events === closeAfter) end(["close"]);
      if (onEvent) onEvent();
    };
    for (const type of types) source.addEventListener(type, onMessage);
    source.addEventListener("open", (event) => {
      if (event instanceof MessageEvent) return;
      log.push(["open"]);
      if (onOpen) onOpen();
    });
    source.addEventListener("error", (event) => {
      if (event instanceof MessageEvent) return;
      log.push(["error", source.readyState]);
      if (source.readyState === EventSource.CLOSED) end();
      else if (closeOnError) end(["close"]);
    });
  });
}

// Calls the functions, some at a time, and returns a promise of all that they promise, in order. A browser keeps at most
// six connections to one origin, of which the tests need one besides.
async function inParallel(functions) {
  const results = [];
  let next = 0;
  const work = async () => {
    while (next < functions.length) {
      const index = next++;
      results[index] = await functions[index]();
    }
  };
  await Promise.all([work(), work(), work(), work()]);
  return results;
}
