import re
import time

import pytest

from wire import refused

pytestmark = pytest.mark.core


def test_a_new_run_has_an_id_a_name_and_its_place(client, experiment):
    run = client.create_run(experiment, start_time=1234, tags={"k": "v"})
    info = client.get_run(run.info.run_id).info
    assert re.fullmatch(r"[0-9a-f]{32}", info.run_id)
    assert re.fullmatch(r"[a-z]+-[a-z]+-\d+", info.run_name)
    assert (info.experiment_id, info.status, info.lifecycle_stage) == (experiment, "RUNNING", "active")
    assert (info.start_time, info.end_time) == (1234, None)
    location = client.get_experiment(experiment).artifact_location
    assert info.artifact_uri == f"{location}/{info.run_id}/artifacts"
    assert run.data.tags["k"] == "v"


def test_the_name_is_mirrored_in_a_tag(client, experiment):
    run = client.create_run(experiment, run_name="first").info.run_id
    assert client.get_run(run).data.tags["mlflow.runName"] == "first"
    client.update_run(run, name="second")
    read = client.get_run(run)
    assert read.info.run_name == read.data.tags["mlflow.runName"] == "second"
    client.set_tag(run, "mlflow.runName", "third")
    assert client.get_run(run).info.run_name == "third"
    client.set_tag(run, "mlflow.runName", "")
    read = client.get_run(run)
    assert read.info.run_name == read.data.tags["mlflow.runName"] == "third"


def test_a_name_may_come_as_a_tag_alone_but_not_differ_from_the_field(wire, experiment):
    tag = [{"key": "mlflow.runName", "value": "tagged"}]
    made = wire.post("runs/create", {"experiment_id": experiment, "tags": tag}).ok()
    assert made["run"]["info"]["run_name"] == "tagged"
    wire.post("runs/create", {"experiment_id": experiment, "run_name": "tagged", "tags": tag}).ok()
    wire.post("runs/create", {"experiment_id": experiment, "run_name": "other", "tags": tag}).refused(
        400, "INVALID_PARAMETER_VALUE"
    )


def test_a_run_without_an_experiment_is_refused(wire, peer):
    code = "BAD_REQUEST" if peer else "INVALID_PARAMETER_VALUE"
    wire.post("runs/create", {"start_time": 1}).refused(400, code)


def test_update_changes_only_what_is_given(wire, client, run):
    name = client.get_run(run).info.run_name
    wire.post("runs/update", {"run_id": run, "status": "FAILED"}).ok()
    info = client.get_run(run).info
    assert (info.status, info.end_time, info.run_name) == ("FAILED", None, name)
    answer = wire.post("runs/update", {"run_id": run, "end_time": 99, "run_name": ""}).ok()
    assert answer["run_info"]["end_time"] == 99
    info = client.get_run(run).info
    assert (info.status, info.end_time, info.run_name) == ("FAILED", 99, name)


@pytest.mark.parametrize("status", ["FINISHED", "FAILED", "KILLED", "SCHEDULED", "RUNNING"])
def test_every_status_is_kept(client, run, status):
    client.set_terminated(run, status)
    assert client.get_run(run).info.status == status


def test_a_finished_run_takes_writes(client, run):
    client.set_terminated(run)
    client.log_metric(run, "late", 1.0)
    client.set_tag(run, "late", "yes")
    read = client.get_run(run)
    assert read.info.end_time is not None
    assert (read.data.metrics["late"], read.data.tags["late"]) == (1.0, "yes")


def test_deleting_and_restoring_are_idempotent(client, run):
    client.delete_run(run)
    client.delete_run(run)
    assert client.get_run(run).info.lifecycle_stage == "deleted"
    client.restore_run(run)
    client.restore_run(run)
    assert client.get_run(run).info.lifecycle_stage == "active"


@pytest.mark.parametrize(
    "path, body",
    [
        ("runs/log-metric", {"key": "m", "value": 1, "timestamp": 1}),
        ("runs/log-parameter", {"key": "p", "value": "1"}),
        ("runs/set-tag", {"key": "t", "value": "1"}),
        ("runs/delete-tag", {"key": "mlflow.runName"}),
        ("runs/update", {"status": "FINISHED"}),
        ("runs/log-batch", {"metrics": [{"key": "m", "value": 1, "timestamp": 1}]}),
        ("runs/log-batch", {"params": [{"key": "p", "value": "1"}]}),
        ("runs/log-batch", {"tags": [{"key": "t", "value": "1"}]}),
    ],
)
def test_a_deleted_run_takes_no_writes(wire, client, run, path, body):
    client.delete_run(run)
    wire.post(path, {"run_id": run, **body}).refused(400, "INVALID_PARAMETER_VALUE", "'active' state")


def test_restoring_an_experiment_restores_all_its_runs(client, experiment, run):
    client.delete_run(run)
    client.delete_experiment(experiment)
    client.restore_experiment(experiment)
    assert client.get_run(run).info.lifecycle_stage == "active"


def test_the_fluent_run_is_finished_with_its_end_time(fluent, client):
    before = int(time.time() * 1000)
    with fluent.start_run(run_name="fluent", description="what it is for") as run:
        fluent.log_param("p", 1)
        fluent.log_metric("m", 0.5, step=3)
        fluent.set_tags({"a": 1, "b": "two"})
    read = client.get_run(run.info.run_id)
    assert (read.info.status, read.info.run_name) == ("FINISHED", "fluent")
    assert before <= read.info.start_time <= read.info.end_time
    assert read.data.tags["mlflow.note.content"] == "what it is for"
    assert read.data.tags["mlflow.source.type"] == "LOCAL"
    assert (read.data.params["p"], read.data.metrics["m"]) == ("1", 0.5)
    assert (read.data.tags["a"], read.data.tags["b"]) == ("1", "two")


def test_a_run_that_raises_is_failed(fluent, client):
    with pytest.raises(ZeroDivisionError), fluent.start_run() as run:
        1 / 0
    assert client.get_run(run.info.run_id).info.status == "FAILED"


def test_a_run_is_resumed_by_its_id(fluent, client):
    with fluent.start_run() as run:
        fluent.log_metric("m", 1, step=0)
    with fluent.start_run(run_id=run.info.run_id):
        assert client.get_run(run.info.run_id).info.status == "RUNNING"
        fluent.log_metric("m", 2, step=1)
    read = client.get_run(run.info.run_id)
    assert (read.info.status, read.data.metrics["m"]) == ("FINISHED", 2)


def test_nested_runs_know_their_parent(fluent, client):
    with fluent.start_run() as parent:
        with fluent.start_run(nested=True) as child:
            fluent.log_metric("depth", 1)
            with fluent.start_run(nested=True) as grandchild:
                fluent.log_metric("depth", 2)
    parent_id, child_id = parent.info.run_id, child.info.run_id
    assert client.get_parent_run(child_id).info.run_id == parent_id
    assert client.get_parent_run(grandchild.info.run_id).info.run_id == child_id
    assert client.get_parent_run(parent_id) is None
    children = client.search_runs([child.info.experiment_id], f"tags.mlflow.parentRunId = '{parent_id}'")
    assert [run.info.run_id for run in children] == [child_id]


def test_setting_an_experiment_by_name_makes_it_once(unique):
    import mlflow

    name = unique("fluent")
    first, second = mlflow.set_experiment(name), mlflow.set_experiment(name)
    assert first.experiment_id == second.experiment_id
    with mlflow.start_run() as run:
        assert run.info.experiment_id == first.experiment_id


def test_the_old_model_history_tag_grows(wire, client, run):
    def log_model(path):
        model = (
            f'{{"artifact_path": "{path}", "flavors": {{}}, "utc_time_created": "2020", "run_id": "{run}"}}'
        )
        return wire.post("runs/log-model", {"run_id": run, "model_json": model})

    log_model("a").ok()
    log_model("b").ok()
    history = client.get_run(run).data.tags["mlflow.log-model.history"]
    assert re.findall(r'"artifact_path": ?"(\w)"', history) == ["a", "b"]
    wire.post("runs/log-model", {"run_id": run, "model_json": "{}"}).refused(400, "INVALID_PARAMETER_VALUE")
    wire.post("runs/log-model", {"run_id": run, "model_json": "{"}).refused(400, "INVALID_PARAMETER_VALUE")


def test_writes_to_an_unknown_run_are_refused(client):
    unknown = "f" * 32
    for write in (
        lambda: client.log_metric(unknown, "m", 1),
        lambda: client.log_param(unknown, "p", 1),
        lambda: client.set_tag(unknown, "t", 1),
        lambda: client.set_terminated(unknown),
        lambda: client.restore_run(unknown),
    ):
        with refused("RESOURCE_DOES_NOT_EXIST", unknown):
            write()
