import math

import pytest
from mlflow.entities import Metric

from wire import refused

pytestmark = pytest.mark.core
BIGGEST = 1.7976931348623157e308


def points(client, run, key):
    return [(point.timestamp, point.step, point.value) for point in client.get_metric_history(run, key)]


def test_a_point_has_value_timestamp_and_step(client, run):
    client.log_metric(run, "loss", 0.25, timestamp=1700000000000, step=7)
    assert client.get_run(run).data.metrics == {"loss": 0.25}
    assert points(client, run, "loss") == [(1700000000000, 7, 0.25)]


@pytest.mark.parametrize("step", [-(2**63), -1, 0, 2**31, 2**53 + 1, 2**63 - 1])
def test_steps_have_64_bits(client, run, step):
    client.log_metric(run, "m", 1.5, timestamp=1, step=step)
    assert points(client, run, "m") == [(1, step, 1.5)]


def test_timestamps_have_63_bits(client, run):
    client.log_metric(run, "m", 1.0, timestamp=2**63 - 1)
    assert points(client, run, "m") == [(2**63 - 1, 0, 1.0)]
    with refused("INVALID_PARAMETER_VALUE", "timestamp"):
        client.log_metric(run, "m", 1.0, timestamp=-1)


@pytest.mark.parametrize("value", [0.1, -0.0, 5e-324, 1e308, 1 / 3, 123456789012345.67, 1e21, 1e-7])
def test_a_value_keeps_every_bit(client, run, value):
    client.log_metric(run, "m", value)
    read = client.get_run(run).data.metrics["m"]
    assert read == value
    assert client.get_metric_history(run, "m")[0].value == value


def test_nan_and_the_infinities(client, run):
    client.log_metric(run, "nan", math.nan)
    client.log_metric(run, "up", math.inf)
    client.log_metric(run, "down", -math.inf)
    metrics = client.get_run(run).data.metrics
    assert math.isnan(metrics["nan"])
    assert (metrics["up"], metrics["down"]) == (BIGGEST, -BIGGEST)
    assert math.isnan(client.get_metric_history(run, "nan")[0].value)
    assert client.get_metric_history(run, "up")[0].value == BIGGEST


def test_the_same_point_twice_is_one_point(client, run):
    for _ in range(2):
        client.log_metric(run, "m", 1.0, timestamp=5, step=1)
        client.log_metric(run, "n", math.nan, timestamp=5, step=1)
    client.log_batch(run, metrics=[Metric("m", 1.0, 5, 1), Metric("m", 1.0, 5, 1)])
    assert points(client, run, "m") == [(5, 1, 1.0)]
    assert len(points(client, run, "n")) == 1


def test_points_that_differ_in_one_part_are_all_kept_in_order(client, run):
    for timestamp, step, value in [(6, 1, 1.0), (5, 2, 1.0), (5, 1, 2.0), (5, 1, 1.0), (5, 1, math.nan)]:
        client.log_metric(run, "m", value, timestamp=timestamp, step=step)
    read = points(client, run, "m")
    assert [point for point in read if not math.isnan(point[2])] == [
        (5, 1, 1.0),
        (5, 1, 2.0),
        (5, 2, 1.0),
        (6, 1, 1.0),
    ]
    assert len(read) == 5


@pytest.mark.parametrize(
    "logged, latest",
    [
        # (step, timestamp, value)
        ([(1, 1, 10), (2, 1, 20)], 20),
        ([(2, 1, 20), (1, 9, 10)], 20),
        ([(1, 5, 10), (1, 4, 20)], 10),
        ([(1, 5, 10), (1, 6, 5)], 5),
        ([(1, 5, 10), (1, 5, 20)], 20),
        ([(1, 5, 20), (1, 5, 10)], 20),
        ([(0, 5, 1), (-5, 9, 2)], 1),
        # NaN counts as 0 between equal steps and timestamps
        ([(1, 5, -1), (1, 5, math.nan)], math.nan),
        ([(1, 5, 1), (1, 5, math.nan)], 1),
        ([(1, 5, math.nan), (1, 5, -1)], math.nan),
        ([(1, 5, math.nan), (1, 5, 1)], 1),
        ([(1, 5, 1), (2, 5, math.nan)], math.nan),
    ],
)
@pytest.mark.parametrize("at_once", [False, True], ids=["singly", "in one batch"])
def test_the_latest_value_has_the_greatest_step_then_timestamp_then_value(
    client, run, logged, latest, at_once
):
    metrics = [Metric("m", value, timestamp, step) for step, timestamp, value in logged]
    if at_once:
        client.log_batch(run, metrics=metrics)
    else:
        for metric in metrics:
            client.log_metric(run, metric.key, metric.value, metric.timestamp, metric.step)
    read = client.get_run(run).data.metrics["m"]
    assert read == latest or (math.isnan(read) and math.isnan(latest))


def test_an_unknown_key_or_run_has_an_empty_history(wire, client, run):
    assert client.get_metric_history(run, "never") == []
    assert wire.get("metrics/get-history", {"run_id": "f" * 32, "metric_key": "m"}).ok() == {}


def test_a_history_is_paged(wire, client, run):
    client.log_batch(run, metrics=[Metric("m", float(i), i, i) for i in range(10)])
    query, seen = {"run_id": run, "metric_key": "m", "max_results": 4}, []
    for size in (4, 4, 2):
        page = wire.get("metrics/get-history", query).ok()
        assert len(page["metrics"]) == size
        seen += [point["step"] for point in page["metrics"]]
        query["page_token"] = page.get("next_page_token")
    assert seen == list(range(10))
    assert query["page_token"] is None
    whole = wire.get("metrics/get-history", {"run_id": run, "metric_key": "m"}).ok()
    assert len(whole["metrics"]) == 10 and "next_page_token" not in whole


@pytest.mark.parametrize("size", [0, -1])
def test_a_history_page_has_at_least_one_point(wire, run, size):
    query = {"run_id": run, "metric_key": "m", "max_results": size}
    wire.get("metrics/get-history", query).refused(400, "INVALID_PARAMETER_VALUE")


def test_a_long_history_comes_back_whole(client, run):
    for start in range(0, 5000, 1000):
        client.log_batch(run, metrics=[Metric("m", i / 2, i, i) for i in range(start, start + 1000)])
    assert points(client, run, "m") == [(i, i, i / 2) for i in range(5000)]


@pytest.fixture
def curves(wire, client, experiment):
    """Two runs with 300 points each, and a call of the interval endpoint that answers steps by run."""
    runs = [client.create_run(experiment).info.run_id for _ in range(2)]
    for run in runs:
        client.log_batch(run, metrics=[Metric("loss", 1 / (i + 1), i, i) for i in range(300)])

    def interval(**query):
        answer = wire.get(
            "metrics/get-history-bulk-interval", {"run_ids": runs, "metric_key": "loss", **query}
        ).ok()
        steps = {run: [] for run in runs}
        for point in answer["metrics"]:
            steps[point["run_id"]].append(point["step"])
        return steps

    interval.runs = runs
    return interval


def test_a_short_history_comes_in_bulk_as_it_is(curves):
    assert all(steps == list(range(300)) for steps in curves().values())


def test_a_long_history_is_thinned_and_keeps_its_last_step(curves):
    for steps in curves(max_results=10).values():
        assert 10 <= len(steps) <= 12
        assert steps[-1] == 299
        assert steps == sorted(set(steps))


def test_a_window_of_steps_is_thinned(curves):
    for steps in curves(start_step=100, end_step=150, max_results=2500).values():
        assert set(range(100, 151)) <= set(steps)
        assert steps[0] == 100


@pytest.mark.parametrize(
    "query",
    [
        {"max_results": 0},
        {"max_results": 2501},
        {"start_step": 1},
        {"end_step": 1},
        {"start_step": 5, "end_step": 1},
    ],
)
def test_bulk_limits(wire, curves, query):
    wire.get(
        "metrics/get-history-bulk-interval", {"run_ids": curves.runs, "metric_key": "loss", **query}
    ).refused(400, "INVALID_PARAMETER_VALUE")


def test_bulk_takes_at_most_100_runs(wire):
    query = {"run_ids": ["f" * 32] * 101, "metric_key": "loss"}
    wire.get("metrics/get-history-bulk-interval", query).refused(400, "INVALID_PARAMETER_VALUE")


def test_the_bulk_history_of_the_web_ui(wire, curves):
    query = {"run_id": curves.runs, "metric_key": "loss", "max_results": 25000}
    found = wire.get("metrics/get-history-bulk", query, prefix="/ajax-api/2.0/mlflow/").ok()["metrics"]
    assert len(found) == 600
    assert {point["run_id"] for point in found} == set(curves.runs)
