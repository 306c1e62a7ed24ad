// A server on Node's http that writes what it is told, piece by piece.
//
// It answers every request with an event stream: compressed by gzip if the client accepts that, with a flush behind each piece, and as
// it is otherwise. Commands, one a line on standard input; each is about all open streams:
//
//     write HEX    write these bytes
//     end          end the bodies
//     destroy      cut the connections
//
// On standard output: "listening PORT"; for each request its headers as JSON; "done" for each command. Ends with standard input.

import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { constants, createGzip } from "node:zlib";

const streams = new Set();

const server = createServer((request, response) => {
  const gzip = /\bgzip\b/.test(request.headers["accept-encoding"] ?? "") ? createGzip() : undefined;
  const headers = { "content-type": "text/event-stream;charset=utf-8", "cache-control": "no-cache" };
  if (gzip) {
    headers["content-encoding"] = "gzip";
    gzip.pipe(response);
  }
  response.writeHead(200, headers);
  response.flushHeaders();
  const stream = { gzip, response };
  streams.add(stream);
  response.on("close", () => streams.delete(stream));
  console.log(JSON.stringify(request.headers));
});

const write = ({ gzip, response }, bytes) =>
  new Promise((done) => {
    if (gzip) {
      gzip.write(bytes);
      gzip.flush(constants.Z_SYNC_FLUSH, done);
    } else {
      response.write(bytes, done);
    }
  });

const commands = {
  write: (stream, hex) => write(stream, Buffer.from(hex, "hex")),
  end: ({ gzip, response }) => new Promise((done) => {
    response.on("close", done);
    (gzip ?? response).end();
  }),
  destroy: ({ response }) => response.destroy(),
};

server.listen(0, "127.0.0.1", async () => {
  console.log(`listening ${server.address().port}`);
  for await (const line of createInterface({ input: process.stdin })) {
    const [name, argument] = line.split(" ");
    await Promise.all([...streams].map((stream) => commands[name](stream, argument)));
    console.log("done");
  }
  process.exit(1);
});
