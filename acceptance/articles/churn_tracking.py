"""MLOps step by step: track a run, log a model, push it to the registry, take it from Production (diabetes data)."""

import mlflow
from mlflow import MlflowClient
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge

mlflow.set_experiment("Churn_Experiment")

with mlflow.start_run():
    mlflow.log_param("alpha", 0.01)
    mlflow.log_metric("rmse", 0.87)

diabetes = load_diabetes()
with mlflow.start_run() as run:
    model = Ridge(alpha=0.01).fit(diabetes.data, diabetes.target)
    mlflow.sklearn.log_model(model, "model")

registered = mlflow.register_model(f"runs:/{run.info.run_id}/model", "ChurnPredictionModel")

client = MlflowClient()
client.update_model_version("ChurnPredictionModel", registered.version, "evaluated on diabetes")
client.set_model_version_tag("ChurnPredictionModel", registered.version, "validated", "yes")
client.transition_model_version_stage(
    "ChurnPredictionModel", registered.version, "Production", archive_existing_versions=True
)

served = mlflow.pyfunc.load_model("models:/ChurnPredictionModel/Production")
assert (served.predict(diabetes.data) == model.predict(diabetes.data)).all()
