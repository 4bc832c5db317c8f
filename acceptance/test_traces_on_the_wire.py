"""Trace endpoints that the newest client calls seldom or never."""

import json
import time

import pytest

pytestmark = pytest.mark.since("3.17")
V3 = {"prefix": "/api/3.0/mlflow/"}


@pytest.fixture
def trace(fluent):
    """The id of a stored trace with two spans."""
    with fluent.start_span("outer") as outer:
        outer.set_inputs({"q": 1})
        with fluent.start_span("inner"):
            pass
        outer.set_outputs("r")
    return outer.trace_id


def test_the_first_generation_of_trace_endpoints(wire, experiment):
    started = wire.post(
        "traces",
        {
            "experiment_id": experiment,
            "timestamp_ms": 1700000000000,
            "request_metadata": [{"key": "m", "value": "1"}],
            "tags": [{"key": "t", "value": "2"}],
        },
    ).ok()["trace_info"]
    trace = started["request_id"]
    assert (started["status"], started["timestamp_ms"]) == ("IN_PROGRESS", 1700000000000)
    ended = wire.patch(
        f"traces/{trace}",
        {
            "request_id": trace,
            "timestamp_ms": 1700000000250,
            "status": "OK",
            "tags": [{"key": "u", "value": "3"}],
        },
    ).ok()["trace_info"]
    assert (ended["status"], ended["execution_time_ms"]) == ("OK", 250)
    read = wire.get(f"traces/{trace}/info").ok()["trace_info"]
    assert {"key": "m", "value": "1"} in read["request_metadata"]
    assert {(tag["key"], tag["value"]) for tag in read["tags"]} >= {("t", "2"), ("u", "3")}
    found = wire.get("traces", {"experiment_ids": [experiment], "filter": "tags.u = '3'"}).ok()
    assert [one["request_id"] for one in found["traces"]] == [trace]
    wire.patch(f"traces/{trace}/tags", {"key": "v", "value": "4"}).ok()
    wire.delete(f"traces/{trace}/tags", {"key": "v"}).ok()
    assert wire.post("traces/delete-traces", {"experiment_id": experiment, "request_ids": [trace]}).ok() == {
        "traces_deleted": 1
    }


def test_tags_and_deleting_in_the_third_version(wire, experiment, trace):
    wire.patch(f"traces/{trace}/tags", {"key": "a", "value": "b"}, **V3).ok()
    info = wire.get(f"traces/{trace}", **V3).ok()["trace"]["trace_info"]
    assert info["tags"]["a"] == "b"
    assert info["trace_location"]["mlflow_experiment"]["experiment_id"] == experiment
    wire.delete(f"traces/{trace}/tags", {"key": "a"}, **V3).ok()
    body = {"experiment_id": experiment, "request_ids": [trace]}
    assert wire.post("traces/delete-traces", body, **V3).ok() == {"traces_deleted": 1}
    wire.get(f"traces/{trace}", **V3).refused(404, "RESOURCE_DOES_NOT_EXIST")


def test_the_facts_of_several_traces_at_once(wire, trace):
    body = {"trace_ids": [trace, "tr-" + "0" * 32]}
    infos = wire.post("traces/batchGetInfos", body, **V3).ok()["trace_infos"]
    assert [info["trace_id"] for info in infos] == [trace]
    whole = wire.get("traces/batchGet", {"trace_ids": [trace]}, **V3).ok()["traces"]
    assert len(whole[0]["spans"]) == 2


@pytest.mark.parametrize("prefix", ["/ajax-api/2.0/mlflow/", "/ajax-api/3.0/mlflow/"])
def test_the_spans_for_the_web_ui(wire, trace, prefix):
    answer = wire.get("get-trace-artifact", {"request_id": trace}, prefix=prefix)
    assert answer.status == 200
    assert {span["name"] for span in json.loads(answer.text)["spans"]} == {"outer", "inner"}


def test_traces_are_linked_to_a_run(wire, fluent, experiment, run, trace):
    wire.post("traces/link-to-run", {"trace_ids": [trace], "run_id": run}).ok()
    found = fluent.search_traces(locations=[experiment], run_id=run, return_type="list")
    assert [one.info.trace_id for one in found] == [trace]


def test_prompts_are_linked_to_a_trace(wire, fluent, experiment, trace, unique):
    name = unique("prompt")
    fluent.genai.register_prompt(name=name, template="Hello {{who}}")
    body = {"trace_id": trace, "prompt_versions": [{"name": name, "version": "1"}]}
    wire.post("traces/link-prompts", body).ok()
    found = fluent.search_traces(
        locations=[experiment], filter_string=f"prompt = '{name}/1'", return_type="list"
    )
    assert [one.info.trace_id for one in found] == [trace]


def test_traces_are_counted(wire, experiment, trace):
    body = {
        "experiment_ids": [experiment],
        "view_type": "TRACES",
        "metric_name": "trace_count",
        "aggregations": [{"aggregation_type": "COUNT"}],
    }
    [point] = wire.post("traces/metrics", body, **V3).ok()["data_points"]
    assert point["values"] == {"COUNT": 1.0}


def test_spans_are_measured(wire, experiment, trace):
    body = {
        "experiment_ids": [experiment],
        "view_type": "SPANS",
        "metric_name": "latency",
        "aggregations": [
            {"aggregation_type": "MAX"},
            {"aggregation_type": "PERCENTILE", "percentile_value": 50},
        ],
        "dimensions": ["span_name"],
        "filters": ["trace.status = 'OK'"],
        "time_interval_seconds": 86400,
        "start_time_ms": 0,
        "end_time_ms": int(time.time() * 1000) + 60_000,
    }
    points = wire.post("traces/metrics", body, **V3).ok()["data_points"]
    assert [point["dimensions"]["span_name"] for point in points] == ["inner", "outer"]
    for point in points:
        assert point["dimensions"]["time_bucket"].endswith("T00:00:00+00:00")
        assert point["values"]["P50.0"] == point["values"]["MAX"] >= 0


def test_feedback_is_averaged(wire, fluent, experiment, trace):
    for value in (True, "no", 0.5):
        fluent.log_feedback(trace_id=trace, name="quality", value=value)
    body = {
        "experiment_ids": [experiment],
        "view_type": "ASSESSMENTS",
        "metric_name": "assessment_value",
        "aggregations": [{"aggregation_type": "AVG"}],
        "dimensions": ["assessment_name"],
    }
    [point] = wire.post("traces/metrics", body, **V3).ok()["data_points"]
    assert (point["dimensions"], point["values"]) == ({"assessment_name": "quality"}, {"AVG": 0.5})


def test_what_does_not_go_together_is_not_measured(wire, experiment):
    body = {
        "experiment_ids": [experiment],
        "view_type": "TRACES",
        "metric_name": "trace_count",
        "aggregations": [{"aggregation_type": "COUNT"}],
    }
    for wrong in (
        {"metric_name": "none"},
        {"aggregations": [{"aggregation_type": "SUM"}]},
        {"dimensions": ["span_name"]},
        {"time_interval_seconds": 60},
        {"filters": ["span.name = 'a'"]},
        {"filters": ["trace.status != 'OK'"]},
    ):
        wire.post("traces/metrics", {**body, **wrong}, **V3).refused(400, "INVALID_PARAMETER_VALUE")


def test_conditions_on_traces_are_correlated(wire, experiment, fluent):
    for colour, size in [("red", "big"), ("red", "big"), ("blue", "small"), ("blue", "small")]:
        with fluent.start_span("one"):
            fluent.update_current_trace(tags={"colour": colour, "size": size})
    body = {
        "experiment_ids": [experiment],
        "filter_string1": "tags.colour = 'red'",
        "filter_string2": "tags.size = 'big'",
    }
    answer = wire.post("traces/calculate-filter-correlation", body, **V3).ok()
    assert (answer["filter1_count"], answer["filter2_count"], answer["joint_count"]) == (2, 2, 2)
    assert (answer["total_count"], answer["npmi"]) == (4, pytest.approx(1.0))


def test_a_trace_is_made_without_spans(wire, experiment):
    trace = "tr-" + f"{time.time_ns():032x}"
    info = {
        "trace_id": trace,
        "trace_location": {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}},
        "request_time": "2024-01-02T03:04:05.678Z",
        "execution_duration": "0.250s",
        "state": "OK",
        "trace_metadata": {"m": "1"},
        "tags": {"t": "2"},
        "request_preview": "question",
        "response_preview": "answer",
    }
    wire.post("traces", {"trace": {"trace_info": info}}, **V3).ok()
    read = wire.get(f"traces/{trace}", **V3).ok()["trace"]["trace_info"]
    for key in ("trace_id", "request_time", "state", "request_preview", "response_preview"):
        assert read[key] == info[key]
    assert read["execution_duration"].rstrip("s").rstrip("0") == "0.25"
    assert read["trace_metadata"]["m"] == "1" and read["tags"]["t"] == "2"


@pytest.mark.parametrize(
    "path, body",
    [
        ("traces/search", {"max_results": 0}),
        ("traces/search", {"max_results": 501}),
        ("traces/delete-traces", {}),
        ("traces/batchGetInfos", {}),
    ],
)
def test_what_is_missing_or_too_much_is_refused(wire, experiment, path, body):
    if path == "traces/search":
        place = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}}
        body = {"locations": [place], **body}
    wire.post(path, body, **V3).refused(400, "INVALID_PARAMETER_VALUE")
