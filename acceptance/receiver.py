"""A small HTTP server that keeps what was posted to it, and answers as a test tells it to."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver:
    def __init__(self):
        self.posts = []
        self.statuses = []
        self._arrived = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                with receiver._arrived:
                    status = receiver.statuses.pop(0) if receiver.statuses else 200
                    receiver.posts.append((dict(self.headers), body))
                    receiver._arrived.notify_all()
                self.send_response(status)
                self.end_headers()
                self.wfile.write(b"thanks")

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def wait_for(self, wanted, timeout=15):
        """The headers and the JSON of the first post that `wanted` accepts."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: self._find(wanted), timeout), (
                f"not delivered; got {self.posts}"
            )
            return self._find(wanted)

    def _find(self, wanted):
        for headers, body in self.posts:
            payload = json.loads(body)
            if wanted(payload):
                return headers, body, payload
        return None

    def close(self):
        self._server.shutdown()
        self._server.server_close()
