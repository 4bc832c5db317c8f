import math

import pytest
from mlflow.entities import Metric, Param, RunTag, ViewType

from wire import refused

pytestmark = pytest.mark.core

# name: (start_time, metrics, params, tags); made in this order
RUNS = {
    "a": (100, {"acc": 0.5, "val loss": 3.0}, {"model": "Ridge", "depth": "5"}, {"team": "Fraud"}),
    "b": (200, {"acc": 0.9}, {"model": "ridge", "depth": "10"}, {"team": "fraud", "x.y": "dotted"}),
    "c": (300, {"acc": math.nan}, {"model": "Lasso_1"}, {"note": "100%"}),
    "d": (400, {}, {}, {"note": ""}),
}


@pytest.fixture(scope="module")
def shelf(client):
    """An experiment with the four runs of RUNS; shelf.find(filter) gives the names found, sorted by name."""
    import uuid

    class Shelf:
        experiment = client.create_experiment(f"search-{uuid.uuid4().hex}")
        ids = {}

        def search(self, text="", **options):
            found = client.search_runs([self.experiment], text, **options)
            return [run.info.run_name for run in found]

        def find(self, text, **options):
            return "".join(sorted(self.search(text, **options)))

    shelf = Shelf()
    for name, (start, metrics, params, tags) in RUNS.items():
        run = client.create_run(shelf.experiment, start_time=start, run_name=name).info.run_id
        shelf.ids[name] = run
        client.log_batch(
            run,
            [Metric(key, value, 1, 0) for key, value in metrics.items()],
            [Param(key, value) for key, value in params.items()],
            [RunTag(key, value) for key, value in tags.items()],
        )
    client.set_terminated(shelf.ids["a"], "FINISHED", end_time=150)
    client.set_terminated(shelf.ids["b"], "FAILED", end_time=250)
    return shelf


def test_without_a_filter_the_latest_start_comes_first(shelf):
    assert shelf.search() == ["d", "c", "b", "a"]


@pytest.mark.parametrize(
    "text, found",
    [
        ("metrics.acc > 0.5", "b"),
        ("metrics.acc >= 0.5", "ab"),
        ("metrics.acc < 0.9", "a"),
        ("metrics.acc <= 0.9", "ab"),
        ("metrics.acc = 0.5", "a"),
        ("metric.acc != 0.5", "bc"),
        ("metrics.`val loss` = 3", "a"),
        ('metrics."val loss" > 1e0', "a"),
        ("metrics.acc > -1.5", "ab"),
        ("metrics.unknown > 0", ""),
        ("metrics.unknown != 0", ""),
        ("params.model = 'Ridge'", "a"),
        ('param.model = "ridge"', "b"),
        ("parameter.model != 'Ridge'", "bc"),
        ("parameters.model LIKE 'R%'", "a"),
        ("params.model like '%idge'", "ab"),
        ("params.model ILIKE 'r%'", "ab"),
        ("params.model LIKE 'Lasso__'", "c"),
        ("params.depth > '5'", None),
        ("params.depth = '10'", "b"),
        ("tags.team = 'fraud'", "b"),
        ("tag.team ILIKE 'FRAUD'", "ab"),
        ("tags.team != 'fraud'", "a"),
        ("tags.x.y = 'dotted'", "b"),
        ("tags.`x.y` = 'dotted'", "b"),
        ("tags.note = ''", "d"),
        ("tags.note LIKE '100%'", "c"),
        ("tags.mlflow.runName = 'a'", "a"),
        ("status = 'FINISHED'", "a"),
        ("attributes.status = 'RUNNING'", "cd"),
        ("attribute.status != 'RUNNING'", "ab"),
        ("attr.status = 'FAILED'", "b"),
        ("run.status = 'FAILED'", "b"),
        ("run_name = 'a'", "a"),
        ("attributes.run_name LIKE '%'", "abcd"),
        ("run_name ILIKE 'B'", "b"),
        ("`run name` = 'c'", "c"),
        ("attributes.`Run Name` = 'c'", "c"),
        ("start_time > 200", "cd"),
        ("attributes.created <= 200", "ab"),
        ("end_time = 150", "a"),
        ("end_time > 0", "ab"),
        ("artifact_uri LIKE '%/artifacts'", "abcd"),
        ("metrics.acc > 0 and params.model = 'Ridge' AND tags.team = 'Fraud'", "a"),
        ("metrics.acc > 0 AND metrics.acc < 0.6", "a"),
        ("  metrics.acc   =   0.5  ", "a"),
    ],
)
def test_filters(shelf, text, found):
    if found is None:
        with refused("INVALID_PARAMETER_VALUE"):
            shelf.find(text)
    else:
        assert shelf.find(text) == found


@pytest.mark.since("3.0")
@pytest.mark.parametrize(
    "text, found",
    [
        ("params.depth IS NULL", "cd"),
        ("params.depth is not null", "ab"),
        ("tags.team IS NULL AND status = 'RUNNING'", "cd"),
        ("tags.note IS NOT NULL", "cd"),
    ],
)
def test_missing_values_are_asked_for_by_is_null(shelf, text, found):
    assert shelf.find(text) == found


def test_ids_are_found_singly_and_in_lists(shelf):
    ids = shelf.ids
    assert shelf.find(f"run_id = '{ids['a']}'") == "a"
    assert shelf.find(f"attributes.run_id IN ('{ids['a']}', '{ids['c']}')") == "ac"
    assert shelf.find(f"run_id NOT IN ('{ids['a']}', '{ids['c']}')") == "bd"
    assert shelf.find(f"run_id LIKE '{ids['b'][:20]}%'") == "b"
    assert shelf.find(f"artifact_uri = '{shelf.experiment}'") == ""


@pytest.mark.parametrize(
    "order, found",
    [
        (["metrics.acc ASC"], "abcd"),
        (["metrics.acc DESC"], "bacd"),
        (["metrics.acc"], "abcd"),
        (["metrics.`val loss` DESC"], "adcb"),
        (["params.model ASC"], "cabd"),
        (["params.model DESC"], "bacd"),
        (["params.depth asc"], "badc"),
        (["tags.team DESC", "start_time ASC"], "bacd"),
        (["attributes.start_time ASC"], "abcd"),
        (["created DESC"], "dcba"),
        (["attributes.end_time ASC"], "abdc"),
        (["attributes.end_time DESC"], "badc"),
        (["run_name DESC"], "dcba"),
        (["status ASC", "start_time ASC"], "bacd"),
        (["metrics.unknown DESC"], "dcba"),
    ],
)
def test_orders_put_missing_values_last_and_nan_before_them(shelf, order, found):
    assert "".join(shelf.search(order_by=order)) == found


def test_equal_runs_are_ordered_by_id(client, experiment):
    ids = [client.create_run(experiment, start_time=7).info.run_id for _ in range(5)]
    assert [run.info.run_id for run in client.search_runs([experiment])] == sorted(ids)


def test_pages_go_through_everything_once(client, shelf):
    seen, token = [], None
    while True:
        page = client.search_runs(
            [shelf.experiment], max_results=3, page_token=token, order_by=["run_name ASC"]
        )
        seen.append([run.info.run_name for run in page])
        token = page.token
        if not token:
            break
    assert seen == [["a", "b", "c"], ["d"]]
    full = client.search_runs([shelf.experiment], max_results=4)
    assert len(full) == 4 and not full.token


def test_several_experiments_and_none(client, wire, shelf, experiment, run):
    found = client.search_runs([shelf.experiment, experiment])
    assert len(found) == 5
    assert client.search_runs([]) == []
    assert client.search_runs(["999999999"]) == []


def test_deleted_runs_are_found_only_when_asked_for(client, experiment, run):
    gone = client.create_run(experiment).info.run_id
    client.delete_run(gone)

    def ids(view):
        return {found.info.run_id for found in client.search_runs([experiment], run_view_type=view)}

    assert ids(ViewType.ACTIVE_ONLY) == {run}
    assert ids(ViewType.DELETED_ONLY) == {gone}
    assert ids(ViewType.ALL) == {run, gone}


def test_a_found_run_is_whole(client, shelf):
    [run] = client.search_runs([shelf.experiment], "run_name = 'a'")
    assert run.data.metrics == {"acc": 0.5, "val loss": 3.0}
    assert run.data.params == {"model": "Ridge", "depth": "5"}
    assert run.data.tags == {"team": "Fraud", "mlflow.runName": "a"}
    assert (run.info.status, run.info.start_time, run.info.end_time) == ("FINISHED", 100, 150)


def test_a_filter_goes_by_the_latest_value(client, experiment, run):
    client.log_metric(run, "m", 5, step=0)
    client.log_metric(run, "m", 1, step=1)
    assert client.search_runs([experiment], "metrics.m > 4") == []
    assert len(client.search_runs([experiment], "metrics.m = 1")) == 1


def test_quotes_and_wildcards_in_values(client, experiment, run):
    client.set_tag(run, "q", "it's")
    client.set_tag(run, "w", 'a"b')
    client.set_tag(run, "s", "a\\b")
    assert len(client.search_runs([experiment], 'tags.q = "it\'s"')) == 1
    assert len(client.search_runs([experiment], "tags.w = 'a\"b'")) == 1
    assert client.search_runs([experiment], "tags.q LIKE '_'") == []


@pytest.mark.parametrize(
    "text",
    [
        "metrics.acc",
        "metrics.acc >",
        "metrics.acc > 'x'",
        "metrics.acc > x",
        "metrics.acc LIKE '1'",
        "params.model > 'a'",
        "params.model = 5",
        "params.model = Ridge",
        "attributes.start_time = 'x'",
        "attributes.colour = 'red'",
        "colour.key = 'red'",
        "status > 'a'",
        "run_id = 5",
        "= 'x'",
        "params.model = 'unclosed",
        "metrics.acc > 1; DROP TABLE runs",
    ],
)
def test_a_filter_that_cannot_be_read_is_refused(shelf, text):
    with refused("INVALID_PARAMETER_VALUE"):
        shelf.find(text)


@pytest.mark.parametrize(
    "text, found",
    [
        ("metrics.acc = 0.5 OR tags.note = ''", "ad"),
        ("(params.model = 'Ridge' OR params.model = 'ridge') AND metrics.acc > 0.6", "b"),
        ("NOT params.model = 'Ridge'", "bc"),
        ("params.model IN ('Ridge', 'Lasso_1')", "ac"),
        ("tags.team NOT IN ('fraud')", "a"),
        ("metrics.acc IS NULL", "d"),
        ("end_time IS NULL", "cd"),
        ("max(metrics.acc) > 0.8", "b"),
        ("count(metrics.acc) = 1", "abc"),
    ],
)
def test_our_filters_go_further(shelf, peer, text, found):
    if peer:
        with refused("INVALID_PARAMETER_VALUE"):
            shelf.find(text)
    else:
        assert shelf.find(text) == found


@pytest.mark.parametrize(
    "order", ["colour.x ASC", "metrics.acc UP", "metrics.acc ASC DESC", "attributes.colour"]
)
def test_an_order_that_cannot_be_read_is_refused(shelf, order):
    with refused("INVALID_PARAMETER_VALUE"):
        shelf.search(order_by=[order])


def test_the_same_order_twice_is_refused(wire, shelf, peer):
    body = {"experiment_ids": [shelf.experiment], "order_by": ["metrics.acc ASC", "metrics.acc DESC"]}
    answer = wire.post("runs/search", body)
    if peer:
        answer.refused(500, "INTERNAL_ERROR")
    else:
        answer.refused(400, "INTERNAL_ERROR")


@pytest.mark.parametrize("token", ["nonsense", "e30="])
def test_a_token_that_cannot_be_read_is_refused(wire, shelf, token):
    body = {"experiment_ids": [shelf.experiment], "page_token": token}
    wire.post("runs/search", body).refused(400, "INVALID_PARAMETER_VALUE")


def test_a_token_that_is_no_object_is_refused(wire, shelf, peer):
    answer = wire.post("runs/search", {"experiment_ids": [shelf.experiment], "page_token": "WzFd"})
    if peer:
        assert answer.status == 500
    else:
        answer.refused(400, "INVALID_PARAMETER_VALUE")


def test_search_as_a_data_frame(shelf):
    import mlflow

    frame = mlflow.search_runs([shelf.experiment], order_by=["start_time ASC"])
    assert list(frame["tags.mlflow.runName"]) == list("abcd")
    assert list(frame["metrics.acc"])[:2] == [0.5, 0.9]
    assert frame["params.model"].isna()[3]
