import os
import time

import pytest

from wire import refused

pytestmark = pytest.mark.since("3.17")


@pytest.fixture
def traced(fluent, experiment):
    """fluent with `find(filter)`: the traces of this test's experiment."""

    def find(text=None, **options):
        return fluent.search_traces(locations=[experiment], filter_string=text, return_type="list", **options)

    fluent.find = find
    yield fluent
    del fluent.find


def test_a_traced_function_is_stored_with_inputs_outputs_and_children(traced):
    @traced.trace
    def inner(x):
        return x + 1

    @traced.trace(name="outer", span_type="CHAIN", attributes={"k": "v"})
    def outer(x, y):
        return {"sum": inner(x) + y}

    outer(1, y=2)
    trace = traced.get_trace(traced.get_last_active_trace_id())
    root, child = sorted(trace.data.spans, key=lambda span: span.parent_id is not None)
    assert (root.name, root.span_type, root.inputs, root.outputs) == (
        "outer",
        "CHAIN",
        {"x": 1, "y": 2},
        {"sum": 4},
    )
    assert root.attributes["k"] == "v"
    assert (child.name, child.parent_id, child.inputs, child.outputs) == ("inner", root.span_id, {"x": 1}, 2)
    assert (trace.info.state, root.status.status_code) == ("OK", "OK")
    assert trace.info.execution_duration >= 0
    assert '"x": 1' in trace.info.request_preview


def test_a_span_that_raises_keeps_the_error(traced):
    with pytest.raises(ValueError):
        with traced.start_span("broken") as span:
            raise ValueError("no luck")
    trace = traced.get_trace(span.trace_id)
    assert trace.info.state == "ERROR"
    [stored] = trace.data.spans
    [event] = stored.events
    assert event.attributes["exception.message"] == "no luck"


def test_spans_are_stored_as_spans(traced):
    with traced.start_span("lookup", span_type="RETRIEVER") as span:
        span.set_inputs({"query": "日本"})
        span.set_attribute("deep", {"list": [1, 2.5, None, "ü"]})
        span.set_outputs([{"page_content": "text"}])
    trace = traced.get_trace(span.trace_id)
    assert trace.info.tags["mlflow.trace.spansLocation"] == "TRACKING_STORE"
    [stored] = trace.data.spans
    assert stored.inputs == {"query": "日本"}
    assert stored.attributes["deep"] == {"list": [1, 2.5, None, "ü"]}
    assert stored.start_time_ns <= stored.end_time_ns


def test_a_trace_in_a_run_belongs_to_it(traced):
    with traced.start_run() as run:
        with traced.start_span("step"):
            pass
    [trace] = traced.find(run_id=run.info.run_id)
    assert trace.info.request_metadata["mlflow.sourceRun"] == run.info.run_id


@pytest.fixture
def three(traced, client):
    """Three traces named a, b (failed) and c, with tags; answers their ids by name."""
    ids = {}
    for name in "abc":
        try:
            with traced.start_span(name) as span:
                ids[name] = span.trace_id
                traced.update_current_trace(tags={"letter": name}, metadata={"who": name.upper()})
                if name == "b":
                    raise ValueError
        except ValueError:
            pass
        time.sleep(0.002)
    return ids


@pytest.mark.parametrize(
    "text, found",
    [
        (None, "abc"),
        ("trace.status = 'OK'", "ac"),
        ("status = 'ERROR'", "b"),
        ("trace.name = 'a'", "a"),
        ("name LIKE '%'", "abc"),
        ("tags.letter = 'c'", "c"),
        ("tag.letter != 'c'", "ab"),
        ("metadata.who = 'A'", "a"),
        ("timestamp_ms > 0", "abc"),
        ("execution_time_ms >= 0 AND status = 'OK'", "ac"),
        ("tags.letter = 'a' AND status = 'ERROR'", ""),
    ],
)
def test_search_filters(traced, three, text, found):
    assert "".join(sorted(trace.info.tags["letter"] for trace in traced.find(text))) == found


def test_search_orders_and_limits(traced, three):
    def letters(**options):
        return "".join(trace.info.tags["letter"] for trace in traced.find(**options))

    assert letters() == "cba"
    assert letters(order_by=["timestamp_ms ASC"]) == "abc"
    assert letters(order_by=["timestamp_ms ASC"], max_results=2) == "ab"


def test_search_pages(client, traced, three, experiment):
    first = client.search_traces(locations=[experiment], max_results=2)
    second = client.search_traces(locations=[experiment], max_results=2, page_token=first.token)
    assert (len(first), len(second), bool(second.token)) == (2, 1, False)


def test_a_search_that_cannot_be_read_is_refused(traced, three):
    for text in ("status", "colour.x = '1'", "status = OK"):
        with refused("INVALID_PARAMETER_VALUE"):
            traced.find(text)


def test_tags_are_set_and_deleted(client, traced, three):
    trace = three["a"]
    client.set_trace_tag(trace, "reviewed", "yes")
    assert traced.get_trace(trace).info.tags["reviewed"] == "yes"
    client.delete_trace_tag(trace, "reviewed")
    assert "reviewed" not in traced.get_trace(trace).info.tags
    with refused("RESOURCE_DOES_NOT_EXIST"):
        client.delete_trace_tag(trace, "reviewed")


def test_traces_are_deleted_by_id_and_by_time(client, traced, three, experiment):
    assert client.delete_traces(experiment, trace_ids=[three["a"]]) == 1
    assert traced.get_trace(three["a"]) is None
    assert client.delete_traces(experiment, max_timestamp_millis=int(time.time() * 1000), max_traces=10) == 2
    assert traced.find() == []


def test_feedback_is_logged_changed_and_deleted(traced, three):
    trace = three["a"]
    source = traced.entities.AssessmentSource("HUMAN", "jane")
    made = traced.log_feedback(
        trace_id=trace, name="good", value=True, rationale="because", source=source, metadata={"k": "v"}
    )
    [read] = traced.get_trace(trace).info.assessments
    assert (read.name, read.value, read.rationale, read.source.source_id) == ("good", True, "because", "jane")
    assert read.metadata == {"k": "v"}
    assert traced.get_assessment(trace, made.assessment_id).value is True
    traced.override_feedback(
        trace_id=trace,
        assessment_id=made.assessment_id,
        value=False,
        rationale="on reflection",
        source=source,
    )
    valid = {one.value: one.valid for one in traced.get_trace(trace).info.assessments}
    assert valid == {True: False, False: True}
    traced.delete_assessment(trace, made.assessment_id)
    with refused("RESOURCE_DOES_NOT_EXIST"):
        traced.get_assessment(trace, made.assessment_id)


@pytest.mark.parametrize("value", [1, 2.5, "text", True, ["a", "b"], {"score": 0.5}])
def test_feedback_of_every_kind_of_value(traced, three, value):
    traced.log_feedback(trace_id=three["a"], name="kind", value=value)
    assert traced.get_trace(three["a"]).info.assessments[0].value == value


def test_an_expectation_is_logged_and_updated(traced, three):
    trace = three["a"]
    made = traced.log_expectation(trace_id=trace, name="answer", value={"text": "42"})
    assert traced.get_assessment(trace, made.assessment_id).value == {"text": "42"}
    changed = traced.entities.Expectation(name="answer", value="43")
    traced.update_assessment(trace, made.assessment_id, changed)
    assert traced.get_assessment(trace, made.assessment_id).value == "43"


def test_a_deleted_feedback_makes_what_it_overrode_valid_again(traced, three):
    trace = three["a"]
    first = traced.log_feedback(trace_id=trace, name="quality", value="low")
    second = traced.override_feedback(
        trace_id=trace, assessment_id=first.assessment_id, value="high"
    )
    assert traced.get_assessment(trace, first.assessment_id).valid is False
    traced.delete_assessment(trace, second.assessment_id)
    assert traced.get_assessment(trace, first.assessment_id).valid is True


def test_traces_are_found_by_regular_expressions(traced, three):
    def letters(text):
        return sorted(trace.info.tags["letter"] for trace in traced.find(text))

    assert letters("tags.letter RLIKE '^[ab]$'") == ["a", "b"]
    assert letters("trace.status RLIKE 'O'") == ["a", "b", "c"]
    assert letters("span.name RLIKE '.+'") == ["a", "b", "c"]
    assert letters("tags.letter RLIKE '^x'") == []


def test_traces_are_found_by_their_feedback(traced, three):
    traced.log_feedback(trace_id=three["a"], name="quality", value="high")
    traced.log_feedback(trace_id=three["c"], name="quality", value="low")
    found = traced.find("feedback.quality = 'high'")
    assert [trace.info.tags["letter"] for trace in found] == ["a"]


def test_a_trace_made_at_once_is_stored(traced):
    made = traced.log_trace(name="imported", request={"q": 1}, response="r", tags={"from": "elsewhere"})
    stored = traced.get_trace(made)
    assert stored.info.tags["from"] == "elsewhere"
    assert (stored.data.spans[0].inputs, stored.data.spans[0].outputs) == ({"q": 1}, "r")


def test_an_unknown_trace_is_none(traced):
    assert traced.get_trace("tr-" + "0" * 32) is None


def test_opentelemetry_spans_are_accepted_as_protobuf(traced, wire, experiment):
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
    from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
    from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

    trace_id, now = os.urandom(16), time.time_ns()
    span = Span(
        trace_id=trace_id,
        span_id=b"12345678",
        name="from otel",
        start_time_unix_nano=now,
        end_time_unix_nano=now + 5_000_000,
        attributes=[KeyValue(key="colour", value=AnyValue(string_value="red"))],
    )
    body = ExportTraceServiceRequest(resource_spans=[ResourceSpans(scope_spans=[ScopeSpans(spans=[span])])])

    def post(headers, data=body.SerializeToString()):
        return wire.send("POST", "/v1/traces", data=data, headers=headers)

    protobuf = {"Content-Type": "application/x-protobuf"}
    assert post({**protobuf, "x-mlflow-experiment-id": experiment}).status == 200
    trace = traced.get_trace("tr-" + trace_id.hex())
    [stored] = trace.data.spans
    assert (stored.name, stored.attributes["colour"]) == ("from otel", "red")
    assert 400 <= post(protobuf).status < 500
    assert (
        400 <= post({**protobuf, "x-mlflow-experiment-id": experiment}, b"\xff\xffnot protobuf").status < 500
    )
