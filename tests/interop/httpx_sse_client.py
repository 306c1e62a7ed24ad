"""Reads an event stream with httpx-sse, which leaves it to its user to reconnect.

Usage: httpx_sse_client.py URL

On standard output: "open" for every connection, and every event as {"type":…,"id":…,"data":…}, one a line. Ends with standard input.
"""

import json
import os
import sys
import threading
import time

import httpx
from httpx_sse import connect_sse


def end_with_standard_input():
    sys.stdin.read()
    os._exit(1)


def main(url):
    threading.Thread(target=end_with_standard_input, daemon=True).start()
    last_event_id, reconnection_time = "", 0.0
    with httpx.Client(timeout=None) as client:
        while True:
            headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
            try:
                with connect_sse(client, "GET", url, headers=headers) as source:
                    print("open", flush=True)
                    for event in source.iter_sse():
                        last_event_id = event.id
                        if event.retry is not None:
                            reconnection_time = event.retry / 1000
                        report = {"type": event.event, "id": event.id, "data": event.data}
                        print(json.dumps(report), flush=True)
            except httpx.TransportError as error:
                print(f"error: {error}", file=sys.stderr, flush=True)
            time.sleep(reconnection_time)


main(sys.argv[1])
