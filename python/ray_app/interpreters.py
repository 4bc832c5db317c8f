"""Interpreters that hold a model's libraries and no model (`scoring_worker/zygote.py`), as children of this actor."""

import asyncio
import json
import os
import socket
import subprocess

from scoring_worker import channel, zygote

from . import frames

# Nothing of this actor's own environment: it holds the token of the cluster.
ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": "/tmp",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "_MLFLOW_IS_IN_SERVING_ENVIRONMENT": "true",
}
START_SECONDS = 180
LAST_BYTES = 4096


class InterpreterError(Exception):
    """For users: why no process with the model can be started."""


class Interpreter:
    def __init__(self, python, preload, network):
        self.python = python
        self.asked, self.ends, self.tail = {}, {}, b""
        self.over = False
        ours, theirs = socket.socketpair()
        settings = json.dumps({"preload": preload, "network": network, "control": theirs.fileno()})
        try:
            self.process = subprocess.Popen(
                [python, "-I", "-u", os.path.abspath(zygote.__file__), settings],
                env=ENVIRONMENT, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, pass_fds=[theirs.fileno()], start_new_session=True,
            )  # fmt: skip
        except OSError as failure:
            ours.close()
            raise InterpreterError("The interpreter %s cannot be started: %s" % (python, failure)) from failure
        finally:
            theirs.close()
        self.ready = asyncio.get_running_loop().create_future()
        # Whoever waits for it is told; nobody may.
        self.ready.add_done_callback(lambda done: done.cancelled() or done.exception())
        self.talking = asyncio.ensure_future(self.talk(ours))
        self.listening = asyncio.ensure_future(self.listen())

    async def talk(self, control):
        reader, self.writer = await asyncio.open_connection(sock=control)
        while True:
            frame = await frames.receive(reader)
            if frame is None:
                break
            if frame.type == channel.READY:
                self.ready.set_result(None)
            elif frame.type == channel.FORKED:
                message = frame.json()
                self.asked.pop(message["token"]).set_result(message["pid"])
            elif frame.type == channel.EXITED:
                message = frame.json()
                self.ends.pop(message["token"]).set_result((message["status"], message["signal"]))
        self.over = True
        self.writer.close()
        await asyncio.wait([self.listening], timeout=1)
        failure = InterpreterError(
            "The Python interpreter %s ended before it could be used: %s"
            % (self.python, self.tail.decode("utf-8", "replace").strip())
        )
        if not self.ready.done():
            self.ready.set_exception(failure)
        for asked in self.asked.values():
            asked.set_exception(failure)
        # What it forked ended with it.
        for end in self.ends.values():
            end.set_result((None, 9))

    async def listen(self):
        """What it says itself is read always, and its end is kept for who asks why it ended."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), self.process.stdout)
        while True:
            piece = await reader.read(65536)
            if not piece:
                break
            self.tail = (self.tail + piece)[-LAST_BYTES:]
        await asyncio.to_thread(self.process.wait)

    async def fork(self, request):
        """The process's number, and a future of how it ended: (status, signal)."""
        await asyncio.wait_for(asyncio.shield(self.ready), START_SECONDS)
        loop = asyncio.get_running_loop()
        token = request["token"]
        asked, end = self.asked[token], self.ends[token] = loop.create_future(), loop.create_future()
        await frames.send_json(self.writer, channel.FORK, request)
        return await asked, end

    async def kill(self, token):
        if token in self.ends and not self.over:
            await frames.send_json(self.writer, channel.KILL, {"token": token})

    def close(self):
        """Ends it, and what it forked."""
        if not self.over and hasattr(self, "writer"):
            self.writer.close()
