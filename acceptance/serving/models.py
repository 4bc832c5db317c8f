"""Models as people log them, small ones: each tells itself apart by what it answers, or by how it fails."""

import sys
from importlib.metadata import version

import cloudpickle
import mlflow
import numpy as np
import pandas as pd
from mlflow.models import infer_signature
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier

# The classes go with the models that are made of them: where those are served there is no such module.
cloudpickle.register_pickle_by_value(sys.modules[__name__])

COLUMNS = ["sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"]
ROW = [5.1, 3.5, 1.4, 0.2]


def pinned(*names):
    """Requirements of the versions that are installed here."""
    return [f"{name}=={version(name)}" for name in names]


# What MLflow finds that a scikit-learn model needs. It takes it seconds to find out, and one environment is enough for all.
REQUIREMENTS = pinned("mlflow", "cloudpickle", "lz4", "numpy", "pandas", "psutil", "scikit-learn", "scipy")


def iris():
    frame, target = load_iris(return_X_y=True, as_frame=True)
    return frame, target


def log_iris_forest(name, shift=0):
    """Registers a forest whose classes are the iris's, moved by `shift`. @returns the version"""
    frame, target = iris()
    model = RandomForestClassifier(n_estimators=10, random_state=0).fit(frame, target + shift)
    return log_estimator(name, model, frame)


def log_estimator(name, model, frame):
    """Registers a model of scikit-learn with rows that it can be asked. @returns the version"""
    with mlflow.start_run():
        info = mlflow.sklearn.log_model(
            model,
            name="model",
            signature=infer_signature(frame, model.predict(frame)),
            input_example=frame.head(2),
            registered_model_name=name,
            pip_requirements=REQUIREMENTS,
            # The default format of plain http refuses trees.
            serialization_format="cloudpickle",
        )
    return info.registered_model_version


class Text(mlflow.pyfunc.PythonModel):
    """A model of no library: counts words, and says what stands in its environment."""

    def predict(self, context, model_input: list[str], params=None):
        import os

        print(f"counting {len(model_input)} texts", flush=True)
        return [f"{len(text.split())} {os.environ.get('SUFFIX', '')}".strip() for text in model_input]


class Broken(mlflow.pyfunc.PythonModel):
    """A model that cannot be loaded."""

    def load_context(self, context):
        raise RuntimeError("the vocabulary is missing")

    def predict(self, context, model_input, params=None):
        return model_input


class Fussy(mlflow.pyfunc.PythonModel):
    """A model that raises for negative numbers."""

    def predict(self, context, model_input, params=None):
        if (model_input["x"] < 0).any():
            raise ValueError("a negative x: the secret of the traceback")
        return np.sqrt(model_input["x"])


class Table(mlflow.pyfunc.PythonModel):
    """Answers a table."""

    def predict(self, context, model_input, params=None):
        return pd.DataFrame({"square": model_input["x"] ** 2, "sign": ["+" if x > 0 else "-" for x in model_input["x"]]})


class Words(mlflow.pyfunc.PythonModel):
    """Answers a text for a text."""

    def predict(self, context, model_input, params=None):
        return [f"{len(str(text).split())}: {text}" for text in model_input["text"]]


class Scaled(mlflow.pyfunc.PythonModel):
    """Takes a param, and answers a number for a number."""

    def predict(self, context, model_input, params=None):
        return [x * params["factor"] for x in model_input["x"]]


def log_python_model(name, model, *, frame=None, signature=None, requirements=REQUIREMENTS):
    """Registers a model of a class above; without a signature that of a column `x`, where there are rows. @returns the version"""
    if signature is None and frame is not None:
        signature = infer_signature(frame, frame["x"])
    with mlflow.start_run():
        info = mlflow.pyfunc.log_model(
            name="model",
            python_model=model,
            signature=signature,
            pip_requirements=list(requirements),
            registered_model_name=name,
        )
    return info.registered_model_version


XS = pd.DataFrame({"x": [1.0, 4.0]})
