"""The socket that processes with models connect to when they have started: each three times, with its token."""

import asyncio
import os
import tempfile

from scoring_worker import channel

from . import frames


class Arrivals:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="slipway-")
        self.path = os.path.join(self.folder, "socket")
        self.expected = {}
        self.server = None

    async def open(self):
        if self.server is None:
            self.server = await asyncio.start_unix_server(self.greet, self.path)

    def expect(self, token, take):
        self.expected[token] = take

    def forget(self, token):
        self.expected.pop(token, None)

    async def greet(self, reader, writer):
        try:
            frame = await asyncio.wait_for(frames.receive(reader), frames.HELLO_SECONDS)
            hello = frame.json()
            take = self.expected[hello["token"]]
        except (asyncio.TimeoutError, channel.ProtocolError, AttributeError, KeyError, ValueError):
            # A stranger, or one who came too late.
            writer.close()
            return
        failed = frame.type != channel.HELLO
        take(hello.get("stream", "channel"), dict(hello, failed=failed), reader, writer)
