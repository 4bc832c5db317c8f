"""A place for one model in a Ray cluster: the actor that Ray Serve keeps alive. Over HTTP it is handed an
environment, the model's files and the questions; the model itself runs in a process of its own, shut in as on the
server's own machine, which knows nothing of Ray.

Every request but `idle` bears the key whose SHA-256 stands in the application's configuration.
"""

import asyncio
import hashlib
import hmac
import os
import tempfile
import time

from starlette.responses import JSONResponse, Response

from .arrivals import Arrivals
from .environments import BuildError, Environments
from .interpreters import Interpreter, InterpreterError
from .model_files import ModelFiles
from .runs import Busy, Gone, Run

# A server that has not been heard of for so long has ended: its model goes, and its memory with it.
SILENCE_SECONDS = 60
LOOK_SECONDS = 5
LONGEST_WAIT_SECONDS = 10


class Slot:
    def __init__(self, settings):
        self.key_digest = settings["keyDigest"]
        folder = settings.get("folder") or os.path.join(tempfile.gettempdir(), "slipway-node-%d" % os.geteuid())
        os.makedirs(folder, mode=0o755, exist_ok=True)
        self.files = ModelFiles(os.path.join(folder, "models"), settings["modelsMaxBytes"])
        self.environments = Environments(os.path.join(folder, "environments"))
        self.arrivals = Arrivals()
        self.interpreters = {}
        self.run = None
        self.heard = time.monotonic()
        self.guarding = None

    async def __call__(self, request):
        path = request.url.path.rsplit("/", 1)[1]
        if path == "idle":
            return answer({"seconds": time.monotonic() - self.heard})
        given = hashlib.sha256(request.headers.get("x-slipway-key", "").encode()).hexdigest()
        if not hmac.compare_digest(given, self.key_digest):
            return answer({"message": "This is another server's."}, 403)
        self.heard = time.monotonic()
        if self.guarding is None:
            self.guarding = asyncio.ensure_future(self.guard())
        handle = getattr(self, "on_" + path, None)
        if handle is None:
            return answer({"message": "unknown"}, 400)
        try:
            return await handle(request, dict(request.query_params))
        except (BuildError, InterpreterError, ValueError) as failure:
            return answer({"message": str(failure)}, 422)
        except Gone:
            return answer({"message": "It has ended."}, 410)
        except Busy:
            return answer({"message": "It has a question already."}, 409)

    # ---- before there is a model

    async def on_environment(self, request, query):
        wanted = await request.json()
        made = asyncio.ensure_future(self.environments.ensure(wanted))
        done, _ = await asyncio.wait([made], timeout=LONGEST_WAIT_SECONDS)
        if not done:
            return answer({}, 202)
        self.interpreter(wanted, made.result(), "none")
        return answer({})

    def interpreter(self, wanted, python, network):
        key = (wanted["key"], network)
        found = self.interpreters.get(key)
        if found is None or found.over:
            found = self.interpreters[key] = Interpreter(python, wanted["preload"], network)
        return found

    async def on_find(self, request, query):
        return answer({"found": self.files.find(query["digest"]) is not None})

    async def on_begin(self, request, query):
        self.files.begin(query["digest"], await request.json())
        return answer({})

    async def on_write(self, request, query):
        piece = await request.body()
        await asyncio.to_thread(self.files.write, query["digest"], int(query["index"]), int(query["offset"]), piece)
        return answer({})

    async def on_complete(self, request, query):
        await asyncio.to_thread(self.files.complete, query["digest"])
        return answer({})

    # ---- the model

    async def on_start(self, request, query):
        wish = await request.json()
        if self.run is not None and not self.run.over.done():
            raise Busy()
        python = self.environments.find(wish["environment"])
        folder = self.files.find(wish["digest"])
        if python is None or folder is None:
            # Gone since it was brought here: it is brought anew.
            raise Gone()
        await self.arrivals.open()
        interpreter = self.interpreter(wish["environment"], python, wish["network"])
        self.run = Run(interpreter, self.arrivals, wish)
        self.digest = wish["digest"]
        hello = await self.run.start(folder)
        return answer({"run": self.run.id, "hello": {name: value for name, value in hello.items() if name != "token"}})

    async def on_ask(self, request, query):
        run = self.current(query)
        frame = await run.ask(int(query["type"]), await request.body(), int(query["deadline"]))
        headers = {"x-slipway-type": str(frame.type), "x-slipway-aux": str(frame.aux)}
        return Response(frame.payload, headers=headers, media_type="application/octet-stream")

    async def on_watch(self, request, query):
        return answer({"news": await self.current(query).hear(int(query["after"]), LONGEST_WAIT_SECONDS)})

    async def on_usage(self, request, query):
        return answer(await self.current(query).usage())

    async def on_drain(self, request, query):
        await self.current(query).drain()
        return answer({})

    async def on_end(self, request, query):
        run = self.current(query)
        await run.kill()
        await asyncio.wait([run.over], timeout=LONGEST_WAIT_SECONDS)
        return answer({}, 200 if run.over.done() else 202)

    def current(self, query):
        if self.run is None or self.run.id != query["run"]:
            raise Gone()
        return self.run

    # ---- by itself

    async def guard(self):
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self.run is not None and not self.run.over.done():
                self.files.find(self.digest)
            if time.monotonic() - self.heard > SILENCE_SECONDS:
                for interpreter in self.interpreters.values():
                    interpreter.close()
                self.interpreters.clear()


def answer(message, status=200):
    # Tells an answer of a slot from one of whoever stands before it.
    return JSONResponse(message, status_code=status, headers={"x-slipway-slot": "1"})
