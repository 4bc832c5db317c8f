"""From Jupyter to production: automation with auto-logging."""

import mlflow
from mlflow import MlflowClient
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier

mlflow.set_experiment("Iris_Experiment")
mlflow.sklearn.autolog()

iris = load_iris()
with mlflow.start_run() as run:
    RandomForestClassifier(n_estimators=10, random_state=42).fit(iris.data, iris.target)

mlflow.sklearn.autolog(disable=True)

logged = MlflowClient().get_run(run.info.run_id)
assert logged.info.status == "FINISHED"
assert logged.data.params["n_estimators"] == "10"
assert logged.data.metrics["training_score"] > 0.9
assert logged.data.tags["estimator_name"] == "RandomForestClassifier"
