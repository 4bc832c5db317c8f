"""How bodies and queries are read: rules of the protocol that no client shows."""

import json

import pytest

PREFIXES = ["/api/2.0/mlflow/", "/ajax-api/2.0/mlflow/"]


@pytest.fixture
def tags_of(wire):
    return lambda run: {
        tag["key"]: tag["value"]
        for tag in wire.get("runs/get", {"run_id": run}).ok()["run"]["data"].get("tags", [])
    }


@pytest.mark.parametrize("prefix", PREFIXES)
def test_both_prefixes_answer(wire, unique, prefix):
    made = wire.post("experiments/create", {"name": unique()}, prefix=prefix).ok()
    got = wire.get("experiments/get", {"experiment_id": made["experiment_id"]}, prefix=prefix).ok()
    assert got["experiment"]["experiment_id"] == made["experiment_id"]


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8"],
)
def test_json_content_types_are_accepted(wire, run, content_type):
    wire.post_text("runs/set-tag", json.dumps({"run_id": run, "key": "k", "value": "v"}), content_type).ok()


def test_the_content_type_is_compared_without_case(wire, run, peer):
    answer = wire.post_text(
        "runs/set-tag", json.dumps({"run_id": run, "key": "k", "value": "v"}), "Application/JSON"
    )
    if peer:
        answer.refused(400, "INVALID_PARAMETER_VALUE", "content-type")
    else:
        answer.ok()


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_another_content_type_is_refused_by_name(wire, run, tags_of, content_type):
    answer = wire.post_text(
        "runs/set-tag", json.dumps({"run_id": run, "key": "k", "value": "v"}), content_type
    )
    answer.refused(400, "INVALID_PARAMETER_VALUE", "content-type")
    assert "k" not in tags_of(run)


def test_a_body_without_content_type_is_json(wire, run, peer):
    answer = wire.post_text("runs/set-tag", json.dumps({"run_id": run, "key": "k", "value": "v"}), None)
    if peer:
        answer.refused(400, "INVALID_PARAMETER_VALUE", "content-type")
    else:
        answer.ok()


def test_json_encoded_twice_is_decoded_twice(wire, run, tags_of):
    once = json.dumps({"run_id": run, "key": "twice", "value": "decoded"})
    wire.post_text("runs/set-tag", json.dumps(once)).ok()
    assert tags_of(run)["twice"] == "decoded"


@pytest.mark.parametrize("text", ["[1, 2]", "[]", "5", '"x"', "true"])
def test_a_body_that_is_no_object_is_refused(wire, peer, text):
    answer = wire.post_text("experiments/create", text)
    if peer:
        assert answer.status == 500
    else:
        answer.refused(400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize("text", ["{", "", "nonsense", '{"run_id": "x",}'])
def test_text_that_is_not_json_counts_as_an_empty_body(wire, text):
    wire.post_text("runs/set-tag", text).refused(
        400, "INVALID_PARAMETER_VALUE", "missing value for required parameter"
    )


def test_broken_utf8_is_a_clients_mistake(wire, peer):
    answer = wire.post_text("experiments/create", b'{"name": "\xff\xfe"}')
    assert answer.status == 400
    assert answer.error_code in ("INVALID_PARAMETER_VALUE", "BAD_REQUEST")


@pytest.mark.parametrize(
    "body",
    [{}, {"name": ""}, {"nome": "x"}],
)
def test_a_missing_required_field_is_named(wire, body):
    wire.post("experiments/create", body).refused(
        400, "INVALID_PARAMETER_VALUE", "Missing value for required parameter 'name'"
    )


@pytest.mark.parametrize("value", [5, ["x"], {"a": 1}, True])
def test_a_field_of_the_wrong_type_is_named(wire, value):
    wire.post("experiments/create", {"name": value}).refused(
        400, "INVALID_PARAMETER_VALUE", "parameter 'name'"
    )


def test_unknown_fields_are_ignored_at_every_level(wire, run, tags_of):
    tag = {"key": "a", "value": "b", "colour": {"deep": [1]}}
    wire.post("runs/log-batch", {"run_id": run, "tags": [tag], "later": {"x": 1}}).ok()
    assert tags_of(run)["a"] == "b"
    wire.get("runs/get", {"run_id": run, "later": "x"}).ok()


def test_optional_fields_may_be_spelled_in_camel_case(wire, experiment):
    body = {"experiment_id": experiment, "startTime": 1234, "userId": "jane"}
    info = wire.post("runs/create", body).ok()["run"]["info"]
    assert (info["start_time"], info["user_id"]) == (1234, "jane")


def test_a_required_field_in_camel_case_counts_as_missing(wire):
    wire.post("registered-models/rename", {"name": "x", "newName": "y"}).refused(
        400, "INVALID_PARAMETER_VALUE", "Missing value for required parameter 'new_name'"
    )


def test_both_spellings_of_a_field_together_are_refused(wire, experiment):
    body = {"experiment_id": experiment, "start_time": 1, "startTime": 2}
    wire.post("runs/create", body).refused(400, "INVALID_PARAMETER_VALUE")


def test_integers_may_come_as_strings_and_go_as_numbers(wire, run):
    body = {"run_id": run, "key": "loss", "value": 0.5, "timestamp": "1700000000000", "step": "7"}
    wire.post("runs/log-metric", body).ok()
    [metric] = wire.get("runs/get", {"run_id": run}).ok()["run"]["data"]["metrics"]
    assert metric == {"key": "loss", "value": 0.5, "timestamp": 1700000000000, "step": 7}
    assert type(metric["step"]) is int


def test_integers_beyond_two_to_the_53_survive_as_json_numbers(wire, run):
    steps = [9007199254740993, 9223372036854775807, -9223372036854775808]
    for step in steps:
        text = (
            f'{{"run_id": "{run}", "key": "big", "value": 1, "timestamp": 9007199254740993, "step": {step}}}'
        )
        wire.post_text("runs/log-metric", text).ok()
    points = wire.get("metrics/get-history", {"run_id": run, "metric_key": "big"}).ok()["metrics"]
    assert sorted(point["step"] for point in points) == sorted(steps)
    assert {point["timestamp"] for point in points} == {9007199254740993}


@pytest.fixture
def log_step(wire, run):
    """Logs one point whose step is this JSON text."""
    return lambda step: wire.post_text(
        "runs/log-metric", f'{{"run_id": "{run}", "key": "k", "value": 1, "timestamp": 1, "step": {step}}}'
    )


@pytest.mark.parametrize("step", ['"x"', '"1.5"', '"1e3x"'])
def test_a_step_that_is_no_integer_is_refused(log_step, step):
    log_step(step).refused(400, "INVALID_PARAMETER_VALUE", "step")


@pytest.mark.parametrize("step", ["9223372036854775808", "-9223372036854775809"])
def test_a_step_beyond_64_bits_is_refused(log_step, peer, step):
    if peer:  # drops it and takes 0
        log_step(step).ok()
    else:
        log_step(step).refused(400, "INVALID_PARAMETER_VALUE", "step")


def test_a_bare_nan_and_infinity_are_numbers(wire, run, peer):
    for key, value in [("nan", "NaN"), ("up", "Infinity"), ("down", "-Infinity")]:
        text = f'{{"run_id": "{run}", "key": "{key}", "value": {value}, "timestamp": 1}}'
        wire.post_text("runs/log-metric", text).ok()
    metrics = wire.get("runs/get", {"run_id": run}).ok()["run"]["data"]["metrics"]
    values = {metric["key"]: metric["value"] for metric in metrics}
    if peer:  # drops them and takes 0
        assert set(values.values()) == {0.0}
    else:
        assert values == {"nan": "NaN", "up": 1.7976931348623157e308, "down": -1.7976931348623157e308}


def test_quoted_nan_and_infinity_are_numbers(wire, run):
    for key, value in [("nan", "NaN"), ("up", "Infinity"), ("down", "-Infinity"), ("text", "0.25")]:
        wire.post("runs/log-metric", {"run_id": run, "key": key, "value": value, "timestamp": 1}).ok()
    metrics = wire.get("runs/get", {"run_id": run}).ok()["run"]["data"]["metrics"]
    values = {metric["key"]: metric["value"] for metric in metrics}
    big = 1.7976931348623157e308
    assert values == {"nan": "NaN", "up": big, "down": -big, "text": 0.25}


def test_enums_may_be_numbers(wire, run):
    wire.post("runs/update", {"run_id": run, "status": 3, "end_time": 5}).ok()
    assert wire.get("runs/get", {"run_id": run}).ok()["run"]["info"]["status"] == "FINISHED"


def test_an_unknown_enum_name_counts_as_unset(wire, run):
    wire.post("runs/update", {"run_id": run, "status": "SLEEPING", "end_time": 5}).ok()
    info = wire.get("runs/get", {"run_id": run}).ok()["run"]["info"]
    assert info["status"] == "RUNNING"


def test_run_uuid_stands_for_run_id(wire, run, tags_of):
    wire.post("runs/set-tag", {"run_uuid": run, "key": "old", "value": "client"}).ok()
    wire.post("runs/set-tag", {"run_uuid": run, "run_id": run, "key": "mid", "value": "client"}).ok()
    assert tags_of(run)["old"] == tags_of(run)["mid"] == "client"
    info = wire.get("runs/get", {"run_uuid": run}).ok()["run"]["info"]
    assert info["run_id"] == info["run_uuid"] == run


def test_a_get_without_a_query_reads_its_body(wire, run):
    answer = wire.send("GET", "runs/get", json={"run_id": run})
    assert answer.ok()["run"]["info"]["run_id"] == run


def test_unset_fields_are_absent_and_set_zeros_are_present(wire, run):
    wire.post("runs/log-metric", {"run_id": run, "key": "zero", "value": 0, "timestamp": 0, "step": 0}).ok()
    data = wire.get("runs/get", {"run_id": run}).ok()["run"]
    assert data["data"]["metrics"] == [{"key": "zero", "value": 0.0, "timestamp": 0, "step": 0}]
    assert "params" not in data["data"]
    assert "end_time" not in data["info"]
    assert data["inputs"] == data["outputs"] == {}


def test_an_empty_search_answers_an_empty_object(wire, experiment):
    assert wire.post("runs/search", {"experiment_ids": [experiment]}).ok() == {}


def test_a_fractional_timestamp_is_accepted(wire, run):
    wire.post("runs/log-metric", {"run_id": run, "key": "m", "value": 1, "timestamp": 1.5}).ok()


def test_deep_json_is_a_clients_mistake(wire, peer):
    depth = 200 if peer else 20_000
    answer = wire.post_text("experiments/create", '{"name": ' + "[" * depth + "]" * depth + "}")
    answer.refused(400, "INVALID_PARAMETER_VALUE")
