"""Edges of the protocol that no client of ours shows, as the real server answers them."""

import pytest


def params_of(wire, run):
    return {p["key"]: p["value"] for p in wire.get("runs/get", {"run_id": run}).ok()["run"]["data"]["params"]}


@pytest.mark.parametrize(
    "path, fields",
    [
        ("runs/log-metric", {"key": "k", "value": 1, "timestamp": 1}),
        ("runs/set-tag", {"key": "k", "value": "v"}),
        ("runs/update", {"status": "FINISHED"}),
        ("runs/delete", {}),
    ],
)
def test_a_run_id_in_camel_case_counts_as_missing(wire, run, path, fields):
    wire.post(path, {"runId": run, **fields}).refused(400, "INVALID_PARAMETER_VALUE", "Missing value")


def test_experiment_ids_in_camel_case_count_as_missing(wire, experiment):
    answer = wire.post("logged-models/search", {"experimentIds": [experiment]})
    answer.refused(400, "INVALID_PARAMETER_VALUE", "Missing value")


def test_a_key_with_a_combining_mark_is_refused(wire, run):
    wire.post("runs/set-tag", {"run_id": run, "key": "\u00e9", "value": "v"}).ok()
    for key in ["e\u0301", "\u0915\u093f"]:
        answer = wire.post("runs/set-tag", {"run_id": run, "key": key, "value": "v"})
        answer.refused(400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize("half", [{"dataset_name": "d"}, {"dataset_digest": "d"}])
def test_a_metric_names_its_dataset_wholly_or_not(wire, run, half):
    metric = {"key": "k", "value": 1, "timestamp": 1, **half}
    message = "both dataset_name and dataset_digest"
    wire.post("runs/log-metric", {"run_id": run, **metric}).refused(400, "INVALID_PARAMETER_VALUE", message)
    answer = wire.post("runs/log-batch", {"run_id": run, "metrics": [metric]})
    answer.refused(400, "INVALID_PARAMETER_VALUE", message)


def test_outputs_without_models_are_refused(wire, run):
    wire.post("runs/outputs", {"run_id": run}).refused(400, "INVALID_PARAMETER_VALUE", "Missing value")
    wire.post("runs/outputs", {"run_id": run, "models": []}).ok()


def test_a_boolean_is_a_value_of_a_metric(wire, run):
    metrics = [{"key": "yes", "value": True, "timestamp": 1}, {"key": "no", "value": False, "timestamp": 1}]
    wire.post("runs/log-batch", {"run_id": run, "metrics": metrics}).ok()
    logged = wire.get("runs/get", {"run_id": run}).ok()["run"]["data"]["metrics"]
    assert {metric["key"]: metric["value"] for metric in logged} == {"yes": 1, "no": 0}


def test_a_number_as_a_param_in_a_batch_is_accepted(wire, run, peer):
    params = [{"key": "n", "value": 1}, {"key": "m", "value": "x"}]
    wire.post("runs/log-batch", {"run_id": run, "params": params}).ok()
    # The real server loses the value and all that follows.
    assert params_of(wire, run) == ({"n": ""} if peer else {"n": "1", "m": "x"})
    alone = wire.post("runs/log-parameter", {"run_id": run, "key": "p", "value": 1})
    alone.refused(400, "INVALID_PARAMETER_VALUE")


def test_a_negative_experiment_id_names_nothing(wire):
    for answer in [
        wire.get("experiments/get", {"experiment_id": "-1"}),
        wire.post("runs/create", {"experiment_id": "-1"}),
    ]:
        answer.refused(404, "RESOURCE_DOES_NOT_EXIST")


def test_a_deleted_logged_model_can_be_finalized(wire, experiment):
    made = wire.post("logged-models", {"experiment_id": experiment, "name": "m"}).ok()
    model = made["model"]["info"]["model_id"]
    wire.delete(f"logged-models/{model}").ok()
    ready = {"model_id": model, "status": "LOGGED_MODEL_READY"}
    done = wire.patch(f"logged-models/{model}", ready).ok()
    assert done["model"]["info"]["status"] == "LOGGED_MODEL_READY"
