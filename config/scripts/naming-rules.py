#!/usr/bin/env python3
"""A persistent script: started once, then one request a line in, one answer a line out.

A request is the body that an HTTP handler gets, with two members more: "id", which the answer must repeat, and
"headers", which is what an HTTP handler has as headers. docs/handlers.md, "Persistent scripts".
"""
import json
import sys


def decide(data):
    name = data.get("name")
    if name is None:  # an update holds only what changed
        return {"decision": "allow"}
    if "test" in name.lower().split():
        return {"decision": "forbid", "reason": {"code": "test-name", "message": "test clients are not for production"}}
    tidy = " ".join(name.split())
    return {"decision": "allow"} if tidy == name else {"decision": "allow", "data": {"name": tidy}}


for line in sys.stdin:  # ends when the bridge closes it: the script then ends too
    request = json.loads(line)
    answer = decide(request["data"])
    answer["id"] = request["id"]
    # One line, at once: without the flush it would stay in a buffer. Nothing else may go to standard output.
    print(json.dumps(answer), flush=True)
