"""What the server answers for its web pages: the pages themselves, and the read models that only they use."""

import pytest
import requests

pytestmark = [pytest.mark.ours, pytest.mark.since("3.17")]

OWN = "/ajax-api/slipway/v1/"
NAVIGATION = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def call(url, http):
    def call(method, path, expect=200, **request):
        answer = http.request(method, url + OWN + path, timeout=30, **request)
        assert answer.status_code == expect, answer.text
        return answer.json()

    return call


@pytest.mark.parametrize("path", ["/", "/experiments/0", "/ml/experiments/0", "/explore/data/models/a/b/c"])
def test_a_browser_gets_the_page_at_every_address(url, path):
    answer = requests.get(url + path, headers=NAVIGATION, timeout=30)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    head = requests.head(url + path, headers=NAVIGATION, timeout=30)
    assert head.status_code == 200 and head.headers["content-length"]


def test_files_of_the_pages_are_there_or_refused_as_everywhere(url):
    for send in (requests.get, requests.head):
        answer = send(url + "/assets/nothing-0000.js", headers=NAVIGATION, timeout=30)
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("application/json")


def test_the_start_page_shows_runs_as_they_end(client, call, experiment):
    run = client.create_run(experiment).info.run_id
    running = call("GET", "home")["running"]
    assert run in [one["run_id"] for one in running]
    client.set_terminated(run)
    home = call("GET", "home", params={"since": 1})
    assert home["finished"][0]["run_id"] == run
    assert home["experiments"][0]["experiment_id"] == experiment
    assert home["changes"]["finished"] >= 1


def test_the_overview_counts_the_runs_of_experiments(client, call, experiment):
    client.create_run(experiment)
    name = client.get_experiment(experiment).name
    overview = call("GET", "experiments/overview", params={"contains": name, "order_by": "name"})
    assert [(one["experiment_id"], one["run_count"]) for one in overview["experiments"]] == [(experiment, 1)]


def test_the_tree_makes_one_row_of_folders_that_hold_one_each(client, call, unique):
    top = unique("folder")
    for leaf in ("a", "b"):
        client.create_run(client.create_experiment(f"{top}/inner/{leaf}"))
    folders = call("GET", "experiments/tree")["folders"]
    assert [(one["name"], one["run_count"]) for one in folders if one["path"].startswith(top)] == [(f"{top}/inner", 2)]


def test_a_run_is_found_by_the_beginning_of_its_id(client, call, experiment):
    run = client.create_run(experiment).info.run_id
    assert [one["run_id"] for one in call("GET", "find", params={"q": run[:12]})["runs"]] == [run]


def test_a_saved_view_is_kept_changed_once_and_deleted(call, experiment):
    scope = f"experiment:{experiment}"
    state = {"columns": ["metrics.auc"], "filter": "metrics.auc > 0.9", "nested": {"zoom": [0, 1.5]}}
    made = call("POST", "views", json={"scope": scope, "name": "best", "state": state})["view"]
    assert call("GET", "views", params={"scope": scope})["views"] == [made]
    assert made["state"] == state and made["version"] == 1
    changed = call("PATCH", f"views/{made['view_id']}", json={"version": 1, "name": "worst"})["view"]
    assert changed["version"] == 2 and changed["state"] == state
    late = call("PATCH", f"views/{made['view_id']}", 409, json={"version": 1, "name": "mine"})
    assert late["error_code"] == "RESOURCE_CONFLICT"
    call("DELETE", f"views/{made['view_id']}")
    assert call("GET", "views", params={"scope": scope})["views"] == []
