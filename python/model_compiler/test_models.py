"""Trains models, compiles each, and writes what became of it into a folder: NAME.json, and NAME.onnx where there is a file.
Run by server/src/serving/compiled/compiled-models.test.ts as `python -m model_compiler.test_models FOLDER`."""

import json
import sys
import tempfile
import warnings
from pathlib import Path

import lightgbm
import mlflow
import numpy
import xgboost
from mlflow.models import infer_signature
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from .compiler import compile_model

IRIS, CANCER, DIABETES = (load(return_X_y=True, as_frame=True) for load in (load_iris, load_breast_cancer, load_diabetes))
SEEDED = {"random_state": 1}


class Overruled(RandomForestClassifier):
    """A forest with a rule of its own."""

    def predict(self, X):
        found = super().predict(X)
        found[numpy.asarray(X)[:, 0] > 7.6] = 0
        return found


def flipping():
    """Computed in floats of 32 bits, as the compiled form is not, it decides otherwise for its example."""
    frame = IRIS[0].iloc[:100, :2].astype("float32")
    model = LogisticRegression().fit(frame, IRIS[1][:100])
    model.coef_ = numpy.array([[1.0, 1e-9]], dtype="float32")
    model.intercept_ = numpy.array([-1.0], dtype="float32")
    frame = frame.copy()
    frame.iloc[0] = [1.0, 1.0]
    return model, frame


def models():
    yield "iris-forest", "sklearn", RandomForestClassifier(100, **SEEDED).fit(*IRIS), IRIS[0]
    yield "cancer-forest", "sklearn", RandomForestClassifier(50, **SEEDED).fit(*CANCER), CANCER[0]
    yield "iris-matrix", "sklearn", ExtraTreesClassifier(20, **SEEDED).fit(IRIS[0].to_numpy(), IRIS[1]), IRIS[0].to_numpy()
    yield "cancer-boosting", "sklearn", GradientBoostingClassifier(n_estimators=40, **SEEDED).fit(*CANCER), CANCER[0]
    yield "cancer-histogram", "sklearn", HistGradientBoostingClassifier(max_iter=30, **SEEDED).fit(*CANCER), CANCER[0]
    yield "diabetes-forest", "sklearn", RandomForestRegressor(20, **SEEDED).fit(*DIABETES), DIABETES[0]
    yield "iris-pipeline", "sklearn", make_pipeline(StandardScaler(), LogisticRegression()).fit(*IRIS), IRIS[0]
    yield "iris-xgboost", "xgboost", xgboost.XGBClassifier(n_estimators=30, **SEEDED).fit(*IRIS), IRIS[0]
    yield "cancer-xgboost", "xgboost", xgboost.XGBClassifier(n_estimators=30, **SEEDED).fit(*CANCER), CANCER[0]
    yield "cancer-lightgbm", "lightgbm", lightgbm.LGBMClassifier(n_estimators=30, verbose=-1, **SEEDED).fit(*CANCER), CANCER[0]
    yield "overruled", "sklearn", Overruled(10, **SEEDED).fit(*IRIS), IRIS[0]
    yield "neighbours", "sklearn", KNeighborsClassifier().fit(*IRIS), IRIS[0]
    yield ("flipping", "sklearn", *flipping())


def main(folder):
    warnings.simplefilter("ignore")
    for name, flavor, model, data in models():
        with tempfile.TemporaryDirectory() as home:
            path = str(Path(home) / "model")
            more = {"serialization_format": "cloudpickle"} if flavor == "sklearn" else {}
            signature = infer_signature(data, model.predict(data))
            getattr(mlflow, flavor).save_model(model, path, signature=signature, input_example=data[:2], **more)
            tensor = isinstance(data, numpy.ndarray)
            kind = "float" if name == "flipping" else "double"
            names = [f"x{place}" for place in range(data.shape[1])] if tensor else list(data.columns)
            job = {"flavor": flavor, "method": "predict", "seed": 7, "most": 20_000, "model": path}
            job.update(columns=[{"name": column, "type": kind} for column in names], tensor="float64" if tensor else None)
            evidence, file = compile_model(job)
            (folder / f"{name}.json").write_text(json.dumps(evidence))
            if file is not None:
                (folder / f"{name}.onnx").write_bytes(file)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
