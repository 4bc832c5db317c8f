"""One process with a model: what it is asked, what it prints, and how it ends."""

import asyncio
import collections
import random
import os
import uuid

from scoring_worker import channel

from . import frames, memory

MAX_OUTPUT_BYTES = 1 << 20
PIECE_BYTES = 65536
LOOK_SECONDS = 0.25
LAST_WORDS_SECONDS = 0.2
# Beyond a request's deadline, which the server watches itself: for a server that is no more.
GRACE_SECONDS = 30


class Gone(Exception):
    """It ended, or never was."""


class Busy(Exception):
    """It has a question already."""


class Run:
    def __init__(self, interpreter, arrivals, wish):
        self.interpreter, self.arrivals, self.wish = interpreter, arrivals, wish
        self.id = self.token = uuid.uuid4().hex
        self.pid = None
        self.writer = None
        self.question = None
        self.last_id = 0
        self.outputs = []
        self.news = collections.deque()
        self.output_bytes = 0
        self.next_number = 1
        self.changed = asyncio.Event()
        self.out_of_memory = None
        self.over = asyncio.get_running_loop().create_future()

    async def start(self, model_folder):
        """What it says of itself when it is shut in. @raises Gone"""
        self.hello = asyncio.get_running_loop().create_future()
        self.arrivals.expect(self.token, self.arrive)
        wish = self.wish
        user = 61000 + random.randrange(4000) if os.geteuid() == 0 and wish["isolation"] != "off" else None
        self.pid, end = await self.interpreter.fork(
            {
                "token": self.token,
                "socket": self.arrivals.path,
                "nice": 0,
                "jail": {
                    "isolation": wish["isolation"],
                    "model": model_folder,
                    "root": self.arrivals.folder,
                    "user": user,
                    "readable": [],
                    "limits": wish["limits"],
                },
            }
        )
        self.ending = asyncio.ensure_future(self.await_end(end))
        self.watching = asyncio.ensure_future(self.watch_memory())
        await asyncio.wait([self.hello, self.over], return_when=asyncio.FIRST_COMPLETED)
        if not self.hello.done():
            raise Gone()
        return self.hello.result()

    def arrive(self, stream, hello, reader, writer):
        if stream == "channel":
            self.writer = writer
            self.talking = asyncio.ensure_future(self.talk(reader))
            self.hello.set_result(hello)
        else:
            self.outputs.append(asyncio.ensure_future(self.follow(stream, reader, writer)))

    async def talk(self, reader):
        try:
            while True:
                frame = await frames.receive(reader)
                if frame is None:
                    break
                if frame.type == channel.EVENT:
                    self.tell({"kind": "event", "event": frame.json()})
                elif self.question is None or frame.id != self.question[0]:
                    raise channel.ProtocolError("an answer to a question that was not asked")
                else:
                    question, self.question = self.question, None
                    if not question[1].done():
                        question[1].set_result(frame)
        except channel.ProtocolError as failure:
            self.tell({"kind": "protocol", "message": str(failure)})
            await self.kill()
        self.writer.close()
        self.writer = None
        if self.question is not None and not self.question[1].done():
            self.question[1].set_exception(Gone())
        # One that has merely closed its connection is helped along.
        await asyncio.wait([self.over], timeout=2)
        await self.kill()

    async def ask(self, kind, payload, deadline_ms):
        if self.writer is None:
            raise Gone()
        if self.question is not None:
            raise Busy()
        self.last_id += 1
        asked = asyncio.get_running_loop().create_future()
        asked.add_done_callback(lambda done: done.cancelled() or done.exception())
        self.question = (self.last_id, asked)
        try:
            await frames.send(self.writer, kind, payload, self.last_id, deadline_ms)
        except ConnectionError:
            raise Gone() from None
        try:
            return await asyncio.wait_for(asyncio.shield(asked), deadline_ms / 1000 + GRACE_SECONDS)
        except asyncio.TimeoutError:
            await self.kill()
            raise Gone() from None

    async def drain(self):
        if self.writer is not None:
            await frames.send(self.writer, channel.DRAIN)

    async def kill(self):
        await self.interpreter.kill(self.token)

    async def follow(self, stream, reader, writer):
        rest = b""
        while True:
            piece = await reader.read(PIECE_BYTES)
            if not piece:
                break
            rest += piece
            end = rest.rfind(b"\n") + 1 or (len(rest) if len(rest) > PIECE_BYTES else 0)
            if end:
                self.print(stream, rest[:end])
                rest = rest[end:]
        if rest:
            self.print(stream, rest)
        writer.close()

    def print(self, stream, text):
        """Keeps the end of what is printed: whole lines go, the oldest first, and are counted."""
        self.output_bytes += len(text)
        item = {"kind": "output", "stream": stream, "bytes": text, "dropped": 0}
        lost = 0
        while self.output_bytes > MAX_OUTPUT_BYTES and self.news:
            oldest = next((each for each in self.news if each["kind"] == "output"), None)
            if oldest is None:
                break
            self.news.remove(oldest)
            self.output_bytes -= len(oldest["bytes"])
            lost += oldest["dropped"] + len(oldest["bytes"])
        self.tell(item)
        if lost:
            next(each for each in self.news if each["kind"] == "output")["dropped"] += lost

    def tell(self, item):
        item["number"] = self.next_number
        self.next_number += 1
        self.news.append(item)
        self.changed.set()

    async def hear(self, after, seconds):
        """The news behind this number, as soon as there are any. Those before it are forgotten."""
        while self.news and self.news[0]["number"] <= after:
            gone = self.news.popleft()
            if gone["kind"] == "output":
                self.output_bytes -= len(gone["bytes"])
        if not self.news:
            self.changed.clear()
            try:
                await asyncio.wait_for(self.changed.wait(), seconds)
            except asyncio.TimeoutError:
                pass
        return [rendered(item) for item in self.news]

    async def await_end(self, end):
        status, number = await end
        self.watching.cancel()
        if self.outputs:
            await asyncio.wait(self.outputs, timeout=LAST_WORDS_SECONDS)
        self.arrivals.forget(self.token)
        self.tell({"kind": "end", "status": status, "signal": number, "outOfMemory": self.out_of_memory})
        self.over.set_result(None)

    async def watch_memory(self):
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            taken = await asyncio.to_thread(memory.taken_below, self.pid)
            if taken > self.wish["memoryBytes"]:
                self.out_of_memory = taken
                await self.kill()
                return

    async def usage(self):
        pid = self.pid
        taken, spent = await asyncio.to_thread(lambda: (memory.taken_below(pid), memory.cpu_ms(pid)))
        return {"memoryBytes": taken, "cpuMs": spent}


def rendered(item):
    if item["kind"] != "output":
        return item
    kept = {name: value for name, value in item.items() if name != "bytes"}
    return dict(kept, text=item["bytes"].decode("utf-8", "replace"))
