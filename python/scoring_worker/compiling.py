"""A fork that compiles a model instead of answering for it: its one batch is a job, its answer evidence and a file."""

import json
import struct
import sys

from .predictor import Failure, Reply, limit


class Compiler:
    """`options["compiler"]`: {"programs": where `model_compiler` lies, "packages": what it needs beside the model's own}."""

    path = "frame"

    def __init__(self, model, options):
        self.model, self.answer_bytes = model, options["answerBytes"]
        places = options["compiler"]
        # What the model's own environment has comes first, and is what is compiled.
        sys.path.append(places["packages"])
        sys.path.append(places["programs"])

    def report(self):
        return {
            "path": self.path,
            "rowWise": {"state": "off", "why": "It answers no requests."},
            "output": "columns",
            "versions": {},
            "warnings": [],
        }

    def answer(self, payload):
        try:
            from model_compiler.compiler import compile_model

            evidence, file = compile_model(dict(json.loads(bytes(payload)), model=self.model))
        except Exception as failure:
            raise Failure("model", failure)
        text = json.dumps(evidence).encode()
        pieces = [struct.pack("<I", len(text)), text, file or b""]
        limit(pieces, self.answer_bytes)
        return Reply(pieces, 0)
