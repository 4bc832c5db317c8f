"""Registers versions of the benchmark's model: `versions` of each name, whose classes begin at 0, 10, 20, … .

python register.py FOLDER '{"name": {"versions": 2, "requirements": [...]}}'; the server is MLFLOW_TRACKING_URI.
"""

import json
import pathlib
import sys

import joblib
import mlflow
from mlflow.models import infer_signature
from sklearn.datasets import load_iris

folder = pathlib.Path(sys.argv[1])
frame, _ = load_iris(return_X_y=True, as_frame=True)
for name, wanted in json.loads(sys.argv[2]).items():
    for version in range(wanted["versions"]):
        model = joblib.load(folder / "model.joblib")
        model.classes_ = model.classes_ + 10 * version
        with mlflow.start_run():
            mlflow.sklearn.log_model(
                model,
                name="model",
                signature=infer_signature(frame, model.predict(frame)),
                input_example=frame.head(2),
                registered_model_name=name,
                serialization_format="cloudpickle",
                pip_requirements=["mlflow==3.17.2", "scikit-learn==1.9.1", *wanted["requirements"]],
            )
