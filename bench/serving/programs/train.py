"""The model of the benchmark, in each form that a system wants, and what it must answer.

python train.py FOLDER
"""

import json
import pathlib
import sys

import joblib
import mlflow
from mlflow.models import infer_signature
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier

folder = pathlib.Path(sys.argv[1])
frame, target = load_iris(return_X_y=True, as_frame=True)
model = RandomForestClassifier(n_estimators=100, random_state=0).fit(frame, target)
joblib.dump(model, folder / "model.joblib")
mlflow.sklearn.save_model(
    model,
    folder / "model",
    signature=infer_signature(frame, model.predict(frame)),
    input_example=frame.head(2),
    serialization_format="cloudpickle",
    pip_requirements=["mlflow==3.17.2", "scikit-learn==1.9.1"],
)
# Rows of all classes.
rows = frame.iloc[[(index * 7) % len(frame) for index in range(64)]]
(folder / "rows.json").write_text(
    json.dumps(
        {
            "columns": list(frame.columns),
            "rows": rows.to_numpy().tolist(),
            "predictions": model.predict(rows).tolist(),
        }
    )
)
