"""Makes an MLflow store of the real package, with everything in it that an import must carry over.

    python mlflow-store-fixture.py sqlite:////tmp/mlflow.db 200 /tmp/artifacts
    python mlflow-store-fixture.py /tmp/mlruns 20 /tmp/artifacts

Arguments: the store (a SQLite or PostgreSQL URL, or a folder), how many runs, and the folder for artifacts.
"""

import math
import os
import sys
import time
from pathlib import Path

os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
os.environ["GIT_PYTHON_REFRESH"] = "quiet"

from mlflow.entities import (
    Dataset,
    DatasetInput,
    ExperimentTag,
    InputTag,
    LoggedModelInput,
    LoggedModelOutput,
    LoggedModelParameter,
    LoggedModelStatus,
    LoggedModelTag,
    Metric,
    Param,
    RunStatus,
    RunTag,
)
from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag

uri, count, artifacts = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]).resolve()


def open_stores():
    if "://" not in uri:
        from mlflow.store.model_registry.file_store import FileStore as Registry
        from mlflow.store.tracking.file_store import FileStore

        return FileStore(uri, uri), Registry(uri)
    from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore as Registry
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
    from sqlalchemy import event

    store = SqlAlchemyStore(uri, artifacts.as_uri())
    registry = Registry(uri)
    if uri.startswith("sqlite"):
        # A fixture need not survive a crash, and waiting for the disk is most of the time.
        for engine in {store.engine, registry.engine}:
            event.listen(engine, "connect", lambda c, _: c.execute("PRAGMA synchronous=OFF"))
            engine.dispose()
    return store, registry


store, registry = open_stores()
NOW = 1_700_000_000_000


def experiment(name, tags=()):
    return store.create_experiment(name, None, [ExperimentTag(k, v) for k, v in tags])


def write(run, path, text):
    file = Path(run.info.artifact_uri.removeprefix("file://")) / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def create(experiment_id, number, tags=()):
    tags = [RunTag("mlflow.user", "ada"), *(RunTag(k, v) for k, v in tags)]
    return store.create_run(experiment_id, "ada", NOW + number, tags, f"run-{number}")


forests = experiment("forests", [("team", "vision"), ("note", "Grüße, 世界 🌳\nsecond line")])
trees = experiment("trees")
gone = experiment("gone", [("why", "obsolete")])

for i in range(count):
    where = ["0", forests, trees][i % 3]
    run = create(where, i, [("stage", f"s{i % 5}"), ("host", f"node-{i % 7}"), ("kind", "bulk")])
    metrics = [Metric(f"m{k}", math.sin(i + k), NOW + i + k, 0) for k in range(7)]
    metrics += [Metric("loss", 1 / (1 + s), NOW + s, s) for s in range(3)]
    store.log_batch(run.info.run_id, metrics, [Param(f"p{k}", f"{i}-{k}") for k in range(8)], [])
    store.update_run_info(run.info.run_id, RunStatus.FINISHED if i % 4 else RunStatus.FAILED, NOW + i + 5000, None)
    if i % 10 == 9:
        store.delete_run(run.info.run_id)

parent = create(forests, count)
child = create(forests, count + 1, [("mlflow.parentRunId", parent.info.run_id)])
extremes = [
    Metric("odd", math.nan, NOW, 1),
    Metric("odd", math.inf, NOW, 2),
    Metric("odd", -math.inf, NOW, 3),
    Metric("odd", 0.1 + 0.2, NOW, -4),
    Metric("only nan", math.nan, NOW, 0),
    Metric("nested/key", 5e-324, NOW, 2**53 + 1),
    # Steps against time: the history is not in order.
    *(Metric("backwards", float(s), NOW - s, s) for s in range(50)),
    *(Metric("same step", float(s % 3), NOW + s, 7) for s in range(9)),
]
store.log_batch(parent.info.run_id, extremes, [], [RunTag("empty", "")])
store.log_batch(child.info.run_id, [], [Param("long", "x" * 6000), Param("empty", "")], [])
for start in range(0, 45_000, 1000):
    points = [Metric("long", math.cos(s), NOW + s, s) for s in range(start, start + 1000)]
    if "://" in uri:
        store.log_batch(child.info.run_id, points, [], [])
write(parent, "notes/readme.txt", "a note of the parent")
write(parent, "model/MLmodel", "flavors: {}\n")
write(child, "weights with space.bin", "w" * 100_000)


def dataset(name, tags=()):
    data = Dataset(name, f"digest-{name}", "local", '{"uri": "/data"}', '{"columns": 3}', None)
    return DatasetInput(data, [InputTag(k, v) for k, v in tags])


store.log_inputs(
    parent.info.run_id,
    [dataset("train", [("mlflow.data.context", "training")]), dataset("test")],
)
store.log_inputs(child.info.run_id, [dataset("train")])

model = store.create_logged_model(
    forests,
    "forest",
    child.info.run_id,
    [LoggedModelTag("author", "ada")],
    [LoggedModelParameter("depth", "3")],
    "tree",
)
store.log_inputs(parent.info.run_id, models=[LoggedModelInput(model.model_id)])
store.log_outputs(child.info.run_id, [LoggedModelOutput(model.model_id, step=4)])
store.log_metric(
    child.info.run_id,
    Metric(
        "accuracy",
        0.75,
        NOW,
        2,
        model_id=model.model_id,
        dataset_name="train",
        dataset_digest="digest-train",
        run_id=child.info.run_id,
    ),
)
store.finalize_logged_model(model.model_id, LoggedModelStatus.READY)
pending = store.create_logged_model(trees, "sapling")
if "://" in uri:
    store.delete_logged_model(store.create_logged_model(trees, "felled").model_id)

registry.create_registered_model("Forest", [RegisteredModelTag("owner", "ada")], "Sees trees")
registry.create_registered_model("Empty")
source = f"{parent.info.artifact_uri}/model"
for number in range(1, 5):
    tags = [ModelVersionTag("number", str(number))]
    registry.create_model_version("Forest", source, parent.info.run_id, tags, description=f"No. {number}")
registry.transition_model_version_stage("Forest", 1, "Archived", False)
registry.transition_model_version_stage("Forest", 2, "Production", False)
registry.set_registered_model_alias("Forest", "champion", 2)
registry.set_registered_model_alias("Forest", "challenger", 3)
registry.delete_model_version("Forest", 4)

for i in range(3):
    create(gone, count + 2 + i)
store.delete_experiment(gone)
