"""Registered models with versions from the runs of the other parts, aliases, stages, tags and descriptions."""

import contextlib
import io

import mlflow
from mlflow import MlflowClient

ALIASES = ("champion", "challenger")


def run(made):
    client = MlflowClient()
    versions = 0
    for dataset, found in made["models"].items():
        name = f"demo-{dataset}"
        # The best is registered last, as in life.
        for score, run_id, uri in sorted(found)[-3:]:
            # It announces every version, which is told below in one line.
            with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
                version = mlflow.register_model(uri, name)
            client.update_model_version(name, version.version, f"Accuracy {score:.3f}, from run {run_id[:8]}.")
            client.set_model_version_tag(name, version.version, "accuracy", f"{score:.4f}")
            versions += 1
        newest = int(version.version)
        client.set_registered_model_alias(name, ALIASES[0], newest)
        client.set_registered_model_alias(name, ALIASES[1], newest - 1)
        client.transition_model_version_stage(name, newest, "Production")
        client.transition_model_version_stage(name, newest - 1, "Staging")
        client.update_registered_model(name, f"# {dataset}\n\nPredicts the class of a row of the {dataset} dataset.")
        client.set_registered_model_tag(name, "dataset", dataset)
    return f"{versions} versions of {len(made['models'])} models"
