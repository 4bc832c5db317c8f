"""Saves the models that the conformance suite of engines loads: `python models.py FOLDER`."""

import os
import sys
import warnings

import mlflow
import numpy as np
import pandas as pd
from mlflow.models import ModelSignature, infer_signature
from mlflow.types.schema import ColSpec, ParamSchema, ParamSpec, Schema
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

FOLDER = sys.argv[1]
REQUIREMENTS = ["mlflow"]


class Faults(mlflow.pyfunc.PythonModel):
    """Does what the one text column says, and answers a text a row."""

    def predict(self, context, model_input, params=None):
        texts = [self.do(text) for text in model_input["do"]]
        if "one-too-many" in list(model_input["do"]):
            texts.append("more")
        return texts

    def do(self, text):
        import json
        import os
        import subprocess
        import sys
        import time

        what, _, rest = text.partition(" ")
        if what == "raise":
            raise ValueError("planted " + rest)
        if what == "sleep":
            time.sleep(float(rest))
        if what == "spin":
            while True:
                pass
        if what == "print":
            block = ("x" * 1023 + "\n") * 1024
            for _ in range(int(rest)):
                sys.stdout.write(block)
        if what == "say":
            print(rest, flush=True)
        if what == "leak":
            hoard = []
            while True:
                hoard.append(bytearray(16 << 20))
                for at in range(0, 16 << 20, 4096):
                    hoard[-1][at] = 1
        if what == "fill":
            with open("/tmp/filled", "wb") as file:
                for _ in range(int(rest)):
                    file.write(b"x" * (1 << 20))
        if what == "daemon":
            child = subprocess.Popen(["/bin/sleep", "1000"], start_new_session=True)
            return str(child.pid)
        if what == "bomb":
            started = []
            try:
                for _ in range(100_000):
                    child = os.fork()
                    if child == 0:
                        time.sleep(1000)
                        os._exit(0)
                    started.append(child)
            except OSError as refused:
                return "%d %s" % (len(started), type(refused).__name__)
        if what == "exit":
            os._exit(int(rest))
        if what == "crash":
            import ctypes

            ctypes.string_at(0)
        if what == "big":
            return "x" * (int(rest) << 20)
        if what == "environment":
            return str(os.environ.get(rest))
        if what == "all-environment":
            return json.dumps(dict(os.environ))
        if what == "look":
            return json.dumps(look(json.loads(rest)))
        return what


def look(wanted):
    """What of this can be reached that must not be; each by its name."""
    import ctypes
    import os
    import socket

    found = []

    def attempt(name, act):
        try:
            act()
            found.append(name)
        except Exception:
            pass

    for path in wanted["files"]:
        attempt(path, lambda: os.listdir(path) if os.path.isdir(path) else open(path, "rb").read(1))
    for host, port in wanted["ports"]:
        attempt("%s:%d" % (host, port), lambda: socket.create_connection((host, port), timeout=2).close())
    attempt("write beside the model", lambda: open("/model/planted", "w").close())
    attempt("write in the root", lambda: open("/planted", "w").close())
    attempt("become root", lambda: os.setuid(0))
    attempt("kill the server", lambda: os.kill(wanted["server"], 0))
    libc = ctypes.CDLL(None, use_errno=True)

    def call(result):
        if result < 0:
            raise OSError(ctypes.get_errno(), "refused")

    attempt("trace", lambda: call(libc.ptrace(0, 0, 0, 0)))
    attempt("mount", lambda: call(libc.mount(b"none", b"/tmp", b"tmpfs", 0, None)))
    attempt("new namespace", lambda: call(libc.unshare(0x10000000)))
    return found


class Broken(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        print("about to fail", flush=True)
        raise RuntimeError("planted: it cannot be loaded")

    def predict(self, context, model_input, params=None):
        return model_input


class Slow(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        import time

        time.sleep(600)

    def predict(self, context, model_input, params=None):
        return model_input


class SumOfRows(mlflow.pyfunc.PythonModel):
    """Not row-wise: each row's answer depends on those beside it."""

    def predict(self, context, model_input, params=None):
        return np.full(len(model_input), float(model_input["x"].sum() * params["times"]))


class Nested(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        if model_input["rows"].iloc[0][0] < 0:
            raise ValueError("planted: below zero")
        return [float(np.sum(values)) for values in model_input["rows"]]


def save_python(name, model, signature, **options):
    mlflow.pyfunc.save_model(
        os.path.join(FOLDER, name), python_model=model, signature=signature, pip_requirements=REQUIREMENTS, **options
    )


def save_sklearn(name, model, frame, **options):
    mlflow.sklearn.save_model(
        model,
        os.path.join(FOLDER, name),
        signature=infer_signature(frame, model.predict(frame)),
        input_example=frame.head(5),
        serialization_format="cloudpickle",
        pip_requirements=REQUIREMENTS,
        **options,
    )


warnings.filterwarnings("ignore")
text = ModelSignature(Schema([ColSpec("string", "do")]))
save_python("faults", Faults(), text)
save_python("broken", Broken(), text)
save_python("slow", Slow(), text)
times = ParamSchema([ParamSpec("times", "double", 1.0)])
save_python("sum-of-rows", SumOfRows(), ModelSignature(Schema([ColSpec("double", "x")]), params=times))
rows = pd.DataFrame({"rows": [[1.0, 2.0], [3.0]]})
save_python("nested", Nested(), infer_signature(rows))

X, y = load_iris(return_X_y=True, as_frame=True)
save_sklearn("iris", RandomForestClassifier(100, random_state=0).fit(X, y), X)
save_sklearn("iris-probabilities", RandomForestClassifier(10, random_state=0).fit(X, y), X, pyfunc_predict_fn="predict_proba")
people = pd.DataFrame({"city": ["a", "b", "c", "ü"] * 10, "age": np.arange(40), "weight": np.linspace(0, 1, 40)})
encoder = ColumnTransformer([("city", OneHotEncoder(handle_unknown="ignore"), ["city"])], remainder="passthrough")
save_sklearn("people", make_pipeline(encoder, LogisticRegression()).fit(people, ["yes", "no"] * 20), people)
