"""A server on sse-starlette and uvicorn that counts, as far as it is told.

Usage: count.py PORT RUN TOTAL

Event N has the ID N, and data that name the run, so that a test can tell which server has sent it. A client that says that it has seen
event TOTAL is asked to stop (204). Commands, one a line on standard input:

    to N    count up to N, then wait for the next command
    cut     send the first half of the next event to every open stream, and no more

On standard output: "listening", "request ID" for every request with its Last-Event-ID, "cut" when the half event is on its way.
"""

import asyncio
import os
import socket
import sys
import threading

import uvicorn
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

PORT, RUN, TOTAL = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])


def say(text):
    print(text, flush=True)


class Limit:
    """How far to count; streams wait for it to change."""

    def __init__(self):
        self.value = 0
        self.cut = False
        self.changed = asyncio.Condition()

    async def command(self, line):
        async with self.changed:
            if line == "cut":
                self.cut = True
            else:
                self.value = int(line.removeprefix("to "))
            self.changed.notify_all()

    async def allows(self, number):
        """Waits until the number may be sent, or is to be cut in half."""
        async with self.changed:
            await self.changed.wait_for(lambda: number <= self.value or self.cut)
            return number <= self.value


limit = Limit()


async def numbers(after):
    reconnection_time = 200
    for number in range(after + 1, TOTAL + 1):
        if not await limit.allows(number):
            yield f"id: {number}\r\ndata: half an ev".encode()
            say("cut")
            await asyncio.Event().wait()
        yield ServerSentEvent(
            id=str(number),
            event="tick" if number % 2 == 0 else None,
            data=f"{number} of run {RUN}\nzweite Zeile: ü🦀",
            retry=reconnection_time,
        )
        reconnection_time = None


async def stream(request):
    last_event_id = request.headers.get("last-event-id", "")
    say(f"request {last_event_id}")
    after = int(last_event_id or 0)
    if after == TOTAL:
        return Response(status_code=204)
    return EventSourceResponse(numbers(after))


def listen_to_commands(loop):
    for line in sys.stdin:
        asyncio.run_coroutine_threadsafe(limit.command(line.strip()), loop).result()
    # Whoever started this is gone.
    os._exit(1)


async def main():
    loop = asyncio.get_running_loop()
    threading.Thread(target=listen_to_commands, args=[loop], daemon=True).start()
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", PORT))
    listener.listen()
    say("listening")
    app = Starlette(routes=[Route("/", stream)])
    config = uvicorn.Config(app, log_level="info", access_log=False)
    await uvicorn.Server(config).serve(sockets=[listener])


asyncio.run(main())
