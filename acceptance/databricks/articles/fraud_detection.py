"""The program of "MLflow on Databricks", from the first run to the model that production loads.

Nothing here says where the server is: DATABRICKS_HOST and DATABRICKS_TOKEN do, or a profile by the name in
ARTICLE_PROFILE.
"""

import os

import mlflow
import mlflow.pyfunc
import mlflow.sklearn
import numpy as np
import pandas as pd
from mlflow import MlflowClient
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

profile = os.environ.get("ARTICLE_PROFILE")
mlflow.set_tracking_uri(f"databricks://{profile}" if profile else "databricks")
mlflow.set_registry_uri(f"databricks-uc://{profile}" if profile else "databricks-uc")

rows = np.random.default_rng(7)
X = pd.DataFrame({"amount": rows.exponential(80, 400), "hour": rows.integers(0, 24, 400).astype(float)})
y = ((X["amount"] > 100) & (X["hour"] < 6) | (X["amount"] > 250)).astype(int)
X_train, X_val, y_train, y_val = train_test_split(X, y, random_state=0, stratify=y)

mlflow.set_experiment("/Users/jane@acme.com/fraud-detection")

with mlflow.start_run(run_name="gb-baseline") as run:
    params = {"n_estimators": 20, "max_depth": 4, "learning_rate": 0.05}
    mlflow.log_params(params)

    clf = GradientBoostingClassifier(**params)
    clf.fit(X_train, y_train)

    auc = roc_auc_score(y_val, clf.predict_proba(X_val)[:, 1])
    mlflow.log_metric("val_auc", auc)
    mlflow.log_metric("train_size", len(X_train))

    # Sklearn flavor handles env capture, signature, input example
    mlflow.sklearn.log_model(
        sk_model=clf,
        artifact_path="model",
        signature=mlflow.models.infer_signature(X_train, clf.predict(X_train)),
        input_example=X_train.head(),
    )

    print(f"Run {run.info.run_id}: AUC={auc:.4f}")

result = mlflow.register_model(
    model_uri=f"runs:/{run.info.run_id}/model",
    name=os.environ["ARTICLE_MODEL"],
)
print(f"Version {result.version} registered as {result.name}")

client = MlflowClient()
client.set_registered_model_alias(
    name=result.name,
    alias="champion",
    version=result.version,
)

model = mlflow.pyfunc.load_model(f"models:/{result.name}@champion")
assert (model.predict(X_val) == clf.predict(X_val)).all()
assert mlflow.get_run(run.info.run_id).data.metrics["val_auc"] == auc
print("champion predicts as trained")
