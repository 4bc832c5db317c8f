"""Puts the names of things that exist into generated requests, so that they reach beyond "not found".

KNOWN_OBJECTS holds them as JSON: {"run_id": "…", "experiment_id": "…"}.
"""

import json
import os
import zlib

import schemathesis

KNOWN = json.loads(os.environ["KNOWN_OBJECTS"])
LISTS = {"experiment_ids": "experiment_id", "run_ids": "run_id"}


def refer(fields):
    """Two requests of three refer to what exists; which ones depends on the request alone, so runs repeat."""
    if not isinstance(fields, dict) or zlib.crc32(repr(fields).encode()) % 3 == 0:
        return fields
    known = {name: KNOWN[name] for name in fields if name in KNOWN}
    lists = {name: [KNOWN[one]] for name, one in LISTS.items() if name in fields}
    return {**fields, **known, **lists}


@schemathesis.hook
def map_body(context, body):
    return refer(body)


@schemathesis.hook
def map_query(context, query):
    return refer(query)


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    return refer(path_parameters)
