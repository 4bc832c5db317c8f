"""Records which requests each test made, so that the coverage table is measured and not claimed."""

import json
from contextlib import contextmanager
from urllib.parse import urlsplit

import urllib3


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
                lines = [
                    json.dumps({"test": test, "method": method, "path": path}) + "\n"
                    for method, path in sorted(tuple(self._seen))
                ]
                # In one piece: another suite may write to the file at the same time.
                with open(self._file, "ab", buffering=0) as out:
                    out.write("".join(lines).encode())
            self._test = None

    def _patch(self):
        # Every client sends through urllib3 in the end, by requests or without; wrapping it there sees retries and
        # streams too.
        send = urllib3.connectionpool.HTTPConnectionPool.urlopen
        log = self

        def recorded(pool, method, url, *args, **options):
            log._seen.add((method, urlsplit(url).path))
            return send(pool, method, url, *args, **options)

        urllib3.connectionpool.HTTPConnectionPool.urlopen = recorded
