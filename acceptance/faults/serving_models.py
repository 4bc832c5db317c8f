"""Saves the models that the fault suite serves: `python serving_models.py FOLDER`."""

import os
import sys
import warnings

import mlflow
from mlflow.models import ModelSignature, infer_signature
from mlflow.types.schema import ColSpec, Schema
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

FOLDER = sys.argv[1]
# One small environment for all of them.
REQUIREMENTS = ["mlflow-skinny==" + mlflow.__version__, "pandas", "scikit-learn", "cloudpickle"]
MIB = 1 << 20


class Unruly(mlflow.pyfunc.PythonModel):
    """Does what its one column says, in the first word; answers a value a row."""

    def predict(self, context, model_input, params=None):
        answers = []
        for text in model_input["do"]:
            what, _, rest = text.partition(" ")
            answers += getattr(self, what)(rest)
        return answers

    def say(self, rest):
        return [rest]

    def fail(self, rest):
        raise ValueError("planted: " + rest)

    def hang(self, rest):
        while True:
            pass

    def shout(self, rest):
        block = ("x" * 1023 + "\n") * 1024
        for _ in range(int(rest)):
            sys.stdout.write(block)
        return ["shouted"]

    def hoard(self, rest):
        kept = []
        while True:
            kept.append(b"x" * (16 * MIB))

    def multiply(self, rest):
        import time

        for _ in range(100_000):
            try:
                child = os.fork()
            except OSError as refused:
                return [type(refused).__name__]
            if child == 0:
                time.sleep(1000)
                os._exit(0)

    def leave(self, rest):
        os._exit(int(rest))

    def quit(self, rest):
        sys.exit(int(rest))

    def number(self, rest):
        return [float(rest)]

    def rows(self, rest):
        return ["row"] * int(rest)

    def fat(self, rest):
        return ["x" * (int(rest) * MIB)]


class Missing(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input


def save_python(name, model, requirements):
    mlflow.pyfunc.save_model(
        os.path.join(FOLDER, name),
        python_model=model,
        signature=ModelSignature(Schema([ColSpec("string", "do")])),
        pip_requirements=requirements,
    )


def save_iris(name, shift):
    frame, target = load_iris(return_X_y=True, as_frame=True)
    model = LogisticRegression(max_iter=1000).fit(frame, target + shift)
    mlflow.sklearn.save_model(
        model,
        os.path.join(FOLDER, name),
        signature=infer_signature(frame, model.predict(frame)),
        input_example=frame.head(5),
        serialization_format="cloudpickle",
        pip_requirements=REQUIREMENTS,
    )


warnings.filterwarnings("ignore")
# The classes of the second are 10, 11 and 12: an answer tells which one gave it.
save_iris("iris-1", 0)
save_iris("iris-2", 10)
save_python("unruly", Unruly(), REQUIREMENTS)
save_python("unbuildable", Missing(), [*REQUIREMENTS, "six==99.9"])
