import pytest
from mlflow.entities import Metric, Param, RunTag

pytestmark = pytest.mark.core


def metrics(count):
    return [{"key": f"m{i}", "value": i, "timestamp": i} for i in range(count)]


def pairs(count, letter):
    return [{"key": f"{letter}{i}", "value": str(i)} for i in range(count)]


@pytest.fixture
def log_batch(wire, run):
    return lambda **batch: wire.post("runs/log-batch", {"run_id": run, **batch})


@pytest.fixture
def data(client, run):
    return lambda: client.get_run(run).data


def test_everything_in_one_call(client, run):
    client.log_batch(run, [Metric("m", 1.5, 10, 2)], [Param("p", "x")], [RunTag("t", "y")])
    data = client.get_run(run).data
    assert (data.metrics, data.params, data.tags["t"]) == ({"m": 1.5}, {"p": "x"}, "y")


def test_an_empty_batch_is_accepted(log_batch):
    assert log_batch().ok() == {}


def test_as_much_as_is_allowed(log_batch, data):
    log_batch(metrics=metrics(800), params=pairs(100, "p"), tags=pairs(100, "t")).ok()
    assert (len(data().metrics), len(data().params)) == (800, 100)


@pytest.mark.parametrize(
    "batch",
    [
        {"metrics": metrics(1001)},
        {"params": pairs(101, "p")},
        {"tags": pairs(101, "t")},
        {"metrics": metrics(901), "params": pairs(100, "p")},
    ],
    ids=["1001 metrics", "101 params", "101 tags", "1001 together"],
)
def test_more_than_that_is_refused_whole(log_batch, data, batch):
    log_batch(**batch).refused(400, "INVALID_PARAMETER_VALUE")
    assert (data().metrics, data().params) == ({}, {})


@pytest.mark.parametrize(
    "batch, field",
    [
        ({"metrics": [{"value": 1, "timestamp": 1}]}, "metrics[0].key"),
        ({"metrics": [metrics(1)[0], {"key": "a", "timestamp": 1}]}, "metrics[1].value"),
        ({"metrics": [{"key": "a", "value": 1}]}, "metrics[0].timestamp"),
        ({"params": [{"value": "1"}]}, "params[0].key"),
        ({"tags": [{"value": "1"}]}, "tags[0].key"),
        ({"metrics": [{"key": "a//b", "value": 1, "timestamp": 1}]}, "a//b"),
        ({"metrics": [{"key": "a", "value": 1, "timestamp": -1}]}, "timestamp"),
        ({"params": [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}]}, "duplicate"),
        ({"params": [{"key": "a", "value": "1"}, {"key": "a", "value": "1"}]}, "duplicate"),
        ({"params": "x"}, "params"),
        ({"metrics": {"key": "a"}}, "metrics"),
    ],
)
def test_a_bad_item_is_named_and_nothing_is_written(log_batch, data, batch, field):
    good = {"metrics": [{"key": "good", "value": 1, "timestamp": 1}], "tags": [{"key": "good", "value": "1"}]}
    merged = {**good, **batch}
    log_batch(**merged).refused(400, "INVALID_PARAMETER_VALUE", field)
    assert (data().metrics, data().params) == ({}, {})
    assert "good" not in data().tags


def test_a_value_that_is_no_number_is_named(log_batch, data, peer):
    answer = log_batch(metrics=[metrics(1)[0], {"key": "a", "value": "x", "timestamp": 1}])
    if peer:  # keeps the points up to the one it cannot read
        answer.ok()
    else:
        answer.refused(400, "INVALID_PARAMETER_VALUE", "metrics[1].value")
        assert data().metrics == {}


def test_a_param_that_would_change_refuses_the_whole_batch(log_batch, data):
    log_batch(params=pairs(1, "p")).ok()
    log_batch(
        metrics=metrics(3),
        params=[{"key": "new", "value": "1"}, {"key": "p0", "value": "other"}],
        tags=pairs(2, "t"),
    ).refused(400, "INVALID_PARAMETER_VALUE", "Changing param values is not allowed")
    assert (data().metrics, data().params) == ({}, {"p0": "0"})
    assert "t0" not in data().tags


def test_of_equal_tags_the_last_wins(log_batch, data):
    log_batch(tags=[{"key": "t", "value": "first"}, {"key": "t", "value": "last"}]).ok()
    assert data().tags["t"] == "last"


def test_a_malformed_run_id_is_refused(wire):
    wire.post("runs/log-batch", {"run_id": "../x", "metrics": metrics(1)}).refused(
        400, "INVALID_PARAMETER_VALUE"
    )
    wire.post("runs/log-batch", {"run_id": "f" * 32, "metrics": metrics(1)}).refused(
        404, "RESOURCE_DOES_NOT_EXIST"
    )


def test_a_body_over_a_megabyte_is_accepted(log_batch, data):
    log_batch(params=[{"key": f"p{i}", "value": "x" * 14000} for i in range(100)]).ok()
    assert len(data().params) == 100
