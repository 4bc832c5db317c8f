"""Records which requests each test made, so that the coverage table is measured and not claimed."""

import json
from contextlib import contextmanager
from urllib.parse import urlsplit

import requests


class RequestLog:
    def __init__(self, file):
        self._file = file
        self._test = None
        self._seen = set()
        if file:
            self._patch()

    @contextmanager
    def of(self, test):
        self._test, self._seen = test, set()
        try:
            yield
        finally:
            if self._file and self._seen:
                with open(self._file, "a", encoding="utf-8") as out:
                    for method, path in sorted(tuple(self._seen)):
                        out.write(json.dumps({"test": test, "method": method, "path": path}) + "\n")
            self._test = None

    def _patch(self):
        # Every client version sends through requests' adapter; wrapping it there sees retries and streams too.
        send = requests.adapters.HTTPAdapter.send
        log = self

        def recorded(adapter, request, *args, **options):
            log._seen.add((request.method, urlsplit(request.url).path))
            return send(adapter, request, *args, **options)

        requests.adapters.HTTPAdapter.send = recorded
