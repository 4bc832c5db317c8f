"""The calls that trace clients have shared since 2.14, whatever endpoints they use for them."""

import pytest

pytestmark = [pytest.mark.core, pytest.mark.since("2.14")]


@pytest.fixture
def traces(client, experiment, fluent):
    """The traces of this test's experiment."""
    return lambda **options: list(client.search_traces([experiment], **options))


def test_a_traced_function_is_found_with_its_spans(fluent, traces):
    @fluent.trace
    def double(x):
        return x * 2

    with fluent.start_span("outer") as outer:
        outer.set_inputs({"x": 4})
        outer.set_outputs(double(4))
    [trace] = traces()
    spans = {span.name: span for span in trace.data.spans}
    assert set(spans) == {"outer", "double"}
    assert (spans["double"].inputs, spans["double"].outputs) == ({"x": 4}, 8)
    assert spans["double"].parent_id == spans["outer"].span_id
    assert str(trace.info.status).endswith("OK")


def test_tags_are_set_and_deleted(fluent, client, traces):
    with fluent.start_span("tagged"):
        pass
    [trace] = traces()
    client.set_trace_tag(trace.info.request_id, "colour", "red")
    assert [found.info.request_id for found in traces(filter_string="tags.colour = 'red'")] == [
        trace.info.request_id
    ]
    client.delete_trace_tag(trace.info.request_id, "colour")
    assert traces(filter_string="tags.colour = 'red'") == []


def test_traces_are_deleted(fluent, client, experiment, traces):
    with fluent.start_span("short-lived"):
        pass
    [trace] = traces()
    assert client.delete_traces(experiment, max_timestamp_millis=2**53, max_traces=5) == 1
    assert traces() == []


def test_a_failed_trace_says_so(fluent, traces):
    with pytest.raises(ValueError), fluent.start_span("broken"):
        raise ValueError
    [trace] = traces()
    assert str(trace.info.status).endswith("ERROR")
