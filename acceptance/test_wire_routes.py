"""Paths, methods, errors and the server's facts."""

import re

import pytest
import requests


@pytest.mark.parametrize(
    "path",
    [
        "/api/2.0/mlflow/nothing",
        "/ajax-api/2.0/mlflow/runs/nothing",
        "/api/9.0/mlflow/runs/get",
        "/api/2.0/other/x",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_path_answers_endpoint_not_found(wire, peer, method, path):
    answer = wire.send(method, path, json={})
    assert answer.status == 404
    if not peer:
        answer.refused(404, "ENDPOINT_NOT_FOUND")


@pytest.mark.parametrize(
    "method, path",
    [("GET", "runs/create"), ("POST", "runs/get"), ("PUT", "runs/create"), ("DELETE", "runs/search")],
)
def test_a_method_that_a_path_lacks_is_not_allowed(wire, method, path):
    assert wire.send(method, path, json={}).status == 405


def test_a_trailing_slash_changes_nothing(wire, peer, experiment):
    # The real server answers 404; clients of Databricks' dialect send the slash.
    assert wire.get("experiments/get/", {"experiment_id": experiment}).status == (404 if peer else 200)


def test_an_error_has_a_code_and_a_message(wire):
    error = wire.get("runs/get", {"run_id": "0" * 32}).refused(404, "RESOURCE_DOES_NOT_EXIST", "0" * 32)
    assert error.headers["Content-Type"].startswith("application/json")


@pytest.mark.parametrize(
    "method, path, body, status, code",
    [
        ("GET", "experiments/get", {"experiment_id": "999999999"}, 404, "RESOURCE_DOES_NOT_EXIST"),
        ("GET", "experiments/get", {"experiment_id": "abc"}, 400, "INVALID_PARAMETER_VALUE"),
        ("GET", "experiments/get", {}, 400, "INVALID_PARAMETER_VALUE"),
        (
            "GET",
            "experiments/get-by-name",
            {"experiment_name": "no such thing"},
            404,
            "RESOURCE_DOES_NOT_EXIST",
        ),
        ("POST", "experiments/search", {}, 400, "INVALID_PARAMETER_VALUE"),
        ("POST", "experiments/search", {"max_results": 50001}, 400, "INVALID_PARAMETER_VALUE"),
        ("POST", "runs/search", {"experiment_ids": ["0"], "max_results": 0}, 400, "INVALID_PARAMETER_VALUE"),
        (
            "POST",
            "runs/search",
            {"experiment_ids": ["0"], "max_results": 50001},
            400,
            "INVALID_PARAMETER_VALUE",
        ),
        ("POST", "runs/create", {"experiment_id": "999999999"}, 404, "RESOURCE_DOES_NOT_EXIST"),
        ("POST", "runs/delete", {"run_id": "0" * 32}, 404, "RESOURCE_DOES_NOT_EXIST"),
        ("GET", "registered-models/get", {"name": "no such model"}, 404, "RESOURCE_DOES_NOT_EXIST"),
        (
            "GET",
            "model-versions/get",
            {"name": "no such model", "version": "1"},
            404,
            "RESOURCE_DOES_NOT_EXIST",
        ),
        ("GET", "logged-models/m-00000000000000000000000000000000", {}, 404, "RESOURCE_DOES_NOT_EXIST"),
    ],
)
def test_refusals_have_mlflows_status_and_code(wire, method, path, body, status, code):
    answer = wire.get(path, body) if method == "GET" else wire.post(path, body)
    answer.refused(status, code)


def test_health_answers_ok_in_plain_text(wire):
    answer = wire.send("GET", "/health")
    assert (answer.status, answer.text) == (200, "OK")


def test_the_version_is_one_that_clients_send_traces_to(wire):
    answer = wire.send("GET", "/version")
    assert answer.status == 200
    major, minor = re.fullmatch(r"(\d+)\.(\d+)\.\d+\S*", answer.text).groups()
    assert (int(major), int(minor)) >= (3, 4)


@pytest.mark.parametrize("prefix", ["/api/", "/ajax-api/"])
def test_server_info_tells_what_the_client_asks(wire, prefix):
    info = wire.send("GET", f"{prefix}3.0/mlflow/server-info").ok()
    assert info["workspaces_enabled"] is False
    assert info["store_type"] == "SqlStore"


@pytest.mark.ours
def test_metrics_are_served_to_prometheus(admin_wire):
    answer = admin_wire.send("GET", "/metrics")
    assert answer.status == 200
    assert re.search(r"^# TYPE \S+ (counter|gauge|histogram)$", answer.text, re.M)


@pytest.mark.parametrize("path", ["/api/2.0/mlflow/experiments/search?max_results=1", "/"])
def test_a_foreign_host_is_refused(url, path, http):
    answer = http.get(url + path, headers={"Host": "rebound.example.org"}, timeout=30)
    assert answer.status_code == 403


def test_a_foreign_host_may_ask_for_health(url):
    assert (
        requests.get(url + "/health", headers={"Host": "rebound.example.org"}, timeout=30).status_code == 200
    )


def test_a_write_from_a_foreign_origin_is_refused(wire, unique):
    name = unique()
    answer = wire.send(
        "POST", "experiments/create", json={"name": name}, headers={"Origin": "http://evil.example.org"}
    )
    assert answer.status == 403
    assert wire.get("experiments/get-by-name", {"experiment_name": name}).status == 404


def test_list_node_types_is_not_databricks(wire):
    assert wire.send("GET", "/api/2.0/clusters/list-node-types").status == 404
