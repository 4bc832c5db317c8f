"""Streamlining models: register a model by itself when its score passes the threshold (breast cancer data)."""

import mlflow
from mlflow.tracking import MlflowClient
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


# Automatic registration on training completion
def auto_register_model(model, model_name, run_id, threshold=0.85):
    if model.score > threshold:
        mlflow.register_model(f"runs:/{run_id}/model", model_name)


class Scored:
    """The article reads `model.score` as a number; scikit-learn's is a method."""

    def __init__(self, score):
        self.score = score


NAME = "BreastCancerClassifier"
client = MlflowClient()


def versions_of(run_id):
    return client.search_model_versions(f"name = '{NAME}' AND run_id = '{run_id}'")


mlflow.set_experiment("Breast_Cancer_Experiment")
cancer = load_breast_cancer()
X_train, X_test, y_train, y_test = train_test_split(cancer.data, cancer.target, random_state=42)

with mlflow.start_run() as run:
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)).fit(X_train, y_train)
    accuracy = model.score(X_test, y_test)
    mlflow.log_metric("accuracy", accuracy)
    mlflow.sklearn.log_model(model, "model")

auto_register_model(Scored(0.5), NAME, run.info.run_id)
assert versions_of(run.info.run_id) == [], "a poor model was registered"

auto_register_model(Scored(accuracy), NAME, run.info.run_id)
[version] = versions_of(run.info.run_id)

# None to Staging, Staging to Production, and Production to Archived when a newer version is promoted
for stage in ("Staging", "Production"):
    moved = client.transition_model_version_stage(
        NAME, version.version, stage, archive_existing_versions=True
    )
    assert moved.current_stage == stage
in_production = client.get_latest_versions(NAME, stages=["Production"])
assert [one.version for one in in_production] == [version.version]

loaded = mlflow.sklearn.load_model(f"models:/{NAME}/Production")
assert (loaded.predict(X_test) == model.predict(X_test)).all()
assert (loaded.predict_proba(X_test) == model.predict_proba(X_test)).all()
