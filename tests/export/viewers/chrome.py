"""Reads trace events as a viewer would: who is below whom follows from the times alone.

Gives all calls as [thread, path, start, duration, outcome], times in nanoseconds.
"""

import json
import sys
from decimal import Decimal

with open(sys.argv[1], encoding="utf-8") as file:
    trace = json.load(file, parse_float=Decimal)

names = {}
by_thread = {}
for event in trace["traceEvents"]:
    if event["ph"] == "M":
        names[event["name"], event["tid"]] = event["args"]["name"]
    else:
        assert event["ph"] == "X" and event["cat"] in ("call", "poll"), event
        by_thread.setdefault(event["tid"], []).append(event)
assert ("process_name", 0) in names, names

calls = []
for thread, events in sorted(by_thread.items()):
    # Of those that begin together the longer is around the other.
    events.sort(key=lambda event: (event["ts"], -event["dur"]))
    stack = []
    for event in events:
        start, end = event["ts"], event["ts"] + event["dur"]
        while stack and stack[-1][1] <= start:
            stack.pop()
        assert not stack or end <= stack[-1][1], ("one ends within another", event, stack)
        stack.append((event["name"], end))
        path = [name for name, _ in stack]
        outcome = event.get("args", {}).get("outcome", "ok")
        calls.append([names["thread_name", thread], path, int(start * 1000), int(event["dur"] * 1000), outcome])
print(json.dumps(calls))
