"""Tracking here, registry there: the forms of URIs mix."""

import mlflow
from mlflow import MlflowClient
from mlflow.models import infer_signature
import pandas as pd


class AddOne(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input):
        return model_input["x"] + 1


def logged(experiment):
    """The URI of a model that a new run of the experiment has logged, and the run's id."""
    frame = pd.DataFrame({"x": [1.0, 2.0]})
    mlflow.set_experiment(experiment)
    with mlflow.start_run() as run:
        info = mlflow.pyfunc.log_model(
            name="model",
            python_model=AddOne(),
            signature=infer_signature(frame, frame["x"] + 1),
            pip_requirements=["mlflow"],
        )
    return info.model_uri, run.info.run_id


def test_runs_over_http_and_models_in_unity_catalog(url, catalog, unique, predicts):
    mlflow.set_tracking_uri(url)
    mlflow.set_registry_uri("databricks-uc")
    uri, run_id = logged(unique("mixed"))
    name = f"{catalog}.ml.mixed"
    version = mlflow.register_model(uri, name)
    assert (str(version.version), version.status) == ("1", "READY")
    predicts(f"models:/{name}/1")
    found = MlflowClient(tracking_uri=url, registry_uri=url).get_model_version(name, "1")
    assert found.run_id == run_id
    assert uri.removeprefix("models:/") in found.source


def test_runs_on_databricks_and_models_over_http(url, unique, predicts):
    mlflow.set_tracking_uri("databricks")
    mlflow.set_registry_uri(url)
    uri, run_id = logged(f"/Shared/{unique('mixed')}")
    name = unique("mixed")
    version = mlflow.register_model(uri, name)
    assert (str(version.version), version.run_id) == ("1", run_id)
    # The client loads what an http registry has over http alone.
    mlflow.set_tracking_uri(url)
    predicts(f"models:/{name}/1")
    # Whoever speaks Unity Catalog finds it among the plain names, and its files where the run has them.
    mlflow.set_tracking_uri("databricks")
    mlflow.set_registry_uri("databricks-uc")
    predicts(f"models:/workspace.default.{name}/1")


def test_runs_and_models_in_unity_catalog_from_one_call(catalog, unique, predicts):
    frame = pd.DataFrame({"x": [1.0, 2.0]})
    mlflow.set_experiment(f"/Shared/{unique('direct')}")
    name = f"{catalog}.ml.direct"
    with mlflow.start_run():
        info = mlflow.pyfunc.log_model(
            name="model",
            python_model=AddOne(),
            signature=infer_signature(frame, frame["x"] + 1),
            pip_requirements=["mlflow"],
            registered_model_name=name,
        )
    assert str(info.registered_model_version) == "1"
    predicts(f"models:/{name}/1")


def test_the_workspace_registry_keeps_stages(unique, predicts):
    mlflow.set_tracking_uri("databricks")
    mlflow.set_registry_uri("databricks")
    uri, run_id = logged(f"/Shared/{unique('stages')}")
    name = unique("stages")
    version = mlflow.register_model(uri, name)
    assert version.run_id == run_id
    client = MlflowClient(tracking_uri="databricks", registry_uri="databricks")
    client.transition_model_version_stage(name, "1", "Production")
    predicts(f"models:/{name}/production")


def test_a_version_is_copied_between_catalogs(catalog, new_catalog, unique, predicts):
    """From dev to prod: the client fetches the files of one version and sends them for the other."""
    uri, run_id = logged(f"/Shared/{unique('copied')}")
    mlflow.register_model(uri, f"{catalog}.ml.moved")
    other = new_catalog()
    client = MlflowClient(tracking_uri="databricks", registry_uri="databricks-uc")
    copy = client.copy_model_version(f"models:/{catalog}.ml.moved/1", f"{other}.ml.moved")
    assert (copy.name, str(copy.version), copy.status) == (f"{other}.ml.moved", "1", "READY")
    assert client.get_model_version(f"{other}.ml.moved", "1").run_id == run_id
    client.delete_registered_model(f"{catalog}.ml.moved")
    predicts(f"models:/{other}.ml.moved/1")
