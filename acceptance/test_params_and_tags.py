import pytest

from wire import refused

pytestmark = pytest.mark.core

GOOD_KEYS = ["a", "a.b", "a/b", "a b", "a:b", "a-b_c", "ключ", "日本", "7", "k" * 250]
BAD_KEYS = [
    "",
    "/a",
    "a/",
    "a//b",
    "../a",
    "a/../b",
    "./a",
    "...x",
    ".",
    "..",
    "a#b",
    "a%b",
    "a\\b",
    "a\nb",
    "k" * 251,
]


@pytest.mark.parametrize("key", GOOD_KEYS)
def test_a_good_key_is_kept_as_it_is(wire, client, run, key):
    batch = {
        "run_id": run,
        "params": [{"key": key, "value": "1"}],
        "tags": [{"key": key, "value": "2"}],
        "metrics": [{"key": key, "value": 3, "timestamp": 1}],
    }
    wire.post("runs/log-batch", batch).ok()
    data = client.get_run(run).data
    assert (data.params[key], data.tags[key], data.metrics[key]) == ("1", "2", 3.0)


@pytest.mark.parametrize("key", BAD_KEYS)
def test_a_bad_key_is_refused(wire, run, key):
    for path, rest in [
        ("runs/log-parameter", {"value": "1"}),
        ("runs/set-tag", {"value": "1"}),
        ("runs/log-metric", {"value": 1, "timestamp": 1}),
    ]:
        wire.post(path, {"run_id": run, "key": key, **rest}).refused(400, "INVALID_PARAMETER_VALUE")


def test_a_param_may_be_logged_again_but_not_changed(client, run):
    client.log_param(run, "depth", 5)
    client.log_param(run, "depth", 5)
    with refused("INVALID_PARAMETER_VALUE", "Changing param values is not allowed"):
        client.log_param(run, "depth", 6)
    assert client.get_run(run).data.params == {"depth": "5"}


def test_a_param_may_be_empty(client, run):
    client.log_param(run, "nothing", "")
    assert client.get_run(run).data.params == {"nothing": ""}


def test_a_long_param_is_cut_to_6000_characters(wire, client, run):
    wire.post("runs/log-parameter", {"run_id": run, "key": "p", "value": "x" * 6001}).ok()
    batch = {"run_id": run, "params": [{"key": "q", "value": "é" * 7000}]}
    wire.post("runs/log-batch", batch).ok()
    assert client.get_run(run).data.params == {"p": "x" * 6000, "q": "é" * 6000}


def test_a_cut_param_may_be_logged_again(wire, run):
    for _ in range(2):
        wire.post("runs/log-parameter", {"run_id": run, "key": "p", "value": "x" * 6500}).ok()


def test_a_tag_is_overwritten(client, run):
    client.set_tag(run, "stage", "one")
    client.set_tag(run, "stage", "two")
    assert client.get_run(run).data.tags["stage"] == "two"


def test_a_long_tag_is_cut_to_8000_characters(wire, client, run):
    wire.post("runs/set-tag", {"run_id": run, "key": "t", "value": "x" * 8001}).ok()
    assert client.get_run(run).data.tags["t"] == "x" * 8000


def test_a_tag_is_deleted_once(client, run):
    client.set_tag(run, "temporary", "yes")
    client.delete_tag(run, "temporary")
    assert "temporary" not in client.get_run(run).data.tags
    with refused("RESOURCE_DOES_NOT_EXIST", "temporary"):
        client.delete_tag(run, "temporary")


def test_values_keep_every_character(client, run):
    value = "quote ' \" back\\slash\nnewline\ttab %_ emoji 🚀 nul-free <b>&amp;</b>"
    client.log_param(run, "p", value)
    client.set_tag(run, "t", value)
    data = client.get_run(run).data
    assert data.params["p"] == data.tags["t"] == value


def test_many_params_are_split_by_the_client(fluent, client):
    with fluent.start_run() as run:
        fluent.log_params({f"p{i}": i for i in range(250)})
    assert len(client.get_run(run.info.run_id).data.params) == 250
