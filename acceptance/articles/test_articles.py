"""The programs of the articles run as they are; each asserts at its end what its reader would expect."""

import os
import runpy
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
pytestmark = pytest.mark.core


def program(name):
    runpy.run_path(str(HERE / f"{name}.py"), run_name="__main__")


def test_a_forest_on_iris_is_logged_registered_promoted_and_predicts_the_same(client):
    program("iris_random_forest")
    [production] = client.get_latest_versions("IrisClassifier", ["Production"])
    run = client.get_run(production.run_id)
    assert run.info.run_name == "RandomForest_Base"
    assert run.data.params == {"n_estimators": "100", "max_depth": "5"}
    assert run.data.metrics["accuracy"] > 0.9
    assert "training_loss.png" in [file.path for file in client.list_artifacts(production.run_id)]
    assert client.get_model_version_by_alias("IrisClassifier", "champion").version == production.version


def test_auto_logging_needs_a_single_line():
    program("iris_autolog")


def test_a_model_above_the_threshold_registers_itself_and_moves_through_the_stages():
    program("auto_register_model")


def test_a_tracked_model_is_pushed_to_the_registry_and_taken_from_production(client):
    program("churn_tracking")
    [version] = client.get_latest_versions("ChurnPredictionModel", ["Production"])
    assert version.description == "evaluated on diabetes"
    assert version.tags == {"validated": "yes"}


def test_a_project_runs_with_a_changed_parameter(client, fluent, monkeypatch):
    monkeypatch.setenv("PATH", os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"])
    submitted = fluent.projects.run(
        str(HERE / "regression_project"),
        parameters={"alpha": 0.5},
        experiment_id=None,
        experiment_name=fluent.get_experiment(fluent.tracking.fluent._get_experiment_id()).name,
        env_manager="local",
    )
    run = client.get_run(submitted.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params["alpha"] == "0.5"
    assert 0 < run.data.metrics["r2"] < 1
    assert run.data.tags["mlflow.source.type"] == "PROJECT"
    assert run.data.tags["mlflow.project.entryPoint"] == "main"
