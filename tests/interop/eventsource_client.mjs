// Reads an event stream with the npm package eventsource, which reconnects by itself.
//
// Usage: eventsource_client.mjs URL [EVENT_TYPE...]
//
// On standard output: "open" for every connection, and every event as {"type":…,"id":…,"data":…}, one a line. Ends with standard input.

import { EventSource } from "eventsource";

const [url, ...types] = process.argv.slice(2);
const source = new EventSource(url);
source.addEventListener("open", () => console.log("open"));
source.addEventListener("error", (event) => console.error(`error: ${event.message}`));
for (const type of ["message", ...types]) {
  source.addEventListener(type, ({ type, lastEventId, data }) => {
    console.log(JSON.stringify({ type, id: lastEventId, data }));
  });
}
process.stdin.resume().on("end", () => process.exit(1));
