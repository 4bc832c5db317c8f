"""What pages read of endpoints: how they are, numbers over time, logs as they grow, past configurations."""

import time

from conftest import config, entity
from models import COLUMNS, ROW


def test_pages_read_how_endpoints_are_and_what_they_were_asked(http, shared_endpoint, forest):
    own = "/api/slipway/v1/serving-endpoints"
    listed = http("GET", own).json()
    assert listed["may_create"] is True
    assert listed["process"]["count"] >= 1
    found = next(each for each in listed["endpoints"] if each["name"] == shared_endpoint)
    assert (found["is_ready"], found["update"], found["permission_level"]) == (True, "NOT_UPDATING", "CAN_MANAGE")
    served = found["active"]["entities"][0]
    assert (served["model"], served["version"], served["percent"], served["state"]) == (forest, "1", 100, "READY")
    assert (served["size"], served["scale_to_zero"], served["variables"]) == ("Small", True, {})

    one = http("GET", f"{own}/{shared_endpoint}").json()
    assert [(each["state"], each["config_version"]) for each in one["processes"]] == [("ready", 1)] * len(
        one["processes"]
    )
    inputs = http("GET", f"{own}/{shared_endpoint}/inputs").json()["entities"][0]
    assert [column["name"] for column in inputs["signature"]["inputs"]] == COLUMNS
    answer = http(
        "POST",
        f"/serving-endpoints/{shared_endpoint}/invocations",
        data=inputs["example"],
        headers={"Content-Type": "application/json"},
    )
    assert answer.json() == {"predictions": [0, 0]}

    served_at = http("GET", "/api/slipway/v1/registered-models/served", params={"name": forest}).json()["served"]
    assert (shared_endpoint, "1", 100, True) in [
        (each["endpoint"], each["version"], each["percent"], each["is_active"]) for each in served_at
    ]


def answered(http, name):
    """Requests by status, as the process that is asked has counted them."""
    numbers = http("GET", f"/api/slipway/v1/serving-endpoints/{name}/numbers").json()
    counts = {}
    for entity in numbers["entities"]:
        for each in entity["total"]["answers"]:
            counts[each["status"]] = counts.get(each["status"], 0) + each["count"]
    return counts, numbers


def test_numbers_over_time_are_those_of_the_requests(workspace, http, forest, endpoint_name):
    workspace.serving_endpoints.create_and_wait(name=endpoint_name, config=config(endpoint_name, entity(forest)))
    path = f"/serving-endpoints/{endpoint_name}/invocations"
    process = http("GET", f"/api/slipway/v1/serving-endpoints/{endpoint_name}/numbers").json()["process"]
    for _ in range(7):
        assert http("POST", path, json={"dataframe_split": {"columns": COLUMNS, "data": [ROW]}}).status_code == 200
    for _ in range(2):
        assert http("POST", path, data="{").status_code == 400
    if process["count"] == 1:
        # Counters are looked at every five seconds, and steps are told when they are over.
        deadline = time.time() + 60
        while time.time() < deadline:
            counts, numbers = answered(http, endpoint_name)
            steps = numbers["entities"]
            if sum(sum(each["requests"]) for each in steps) == 9:
                break
            time.sleep(1)
        assert counts == {200: 7, 400: 2}
        assert sum(sum(each["requests"]) for each in steps) == 9
        assert sum(sum(each["refused"]) for each in steps) == 2
        assert sum(sum(each["failed"]) for each in steps) == 0
        assert all(value > 0 for each in steps for value in each["p50_ms"] if value is not None)
    for bad in ({"span_ms": "100000000"}, {"step_ms": "1"}):
        assert http("GET", f"/api/slipway/v1/serving-endpoints/{endpoint_name}/numbers", params=bad).status_code == 400


def test_logs_are_read_on_from_where_they_were(http, shared_endpoint, forest):
    path = f"/api/slipway/v1/serving-endpoints/{shared_endpoint}/log"
    first = http("GET", path, params={"entity": f"{forest}-1", "kind": "build"}).json()
    assert "Starting a process with the model" in first["text"]
    place = {"entity": f"{forest}-1", "kind": "build", "log": first["log"], "from": str(first["next"])}
    assert first["text"] not in http("GET", path, params=place).json()["text"]
    again = http("GET", path, params={**place, "log": "another"}).json()
    assert again["text"].startswith(first["text"][:40])
    assert http("GET", path, params={"entity": "nothing"}).status_code == 404
    assert http("GET", path, params={"entity": f"{forest}-1", "kind": "other"}).status_code == 400


def test_past_configurations_are_listed(workspace, http, forest, endpoint_name):
    workspace.serving_endpoints.create_and_wait(name=endpoint_name, config=config(endpoint_name, entity(forest)))
    workspace.serving_endpoints.update_config_and_wait(endpoint_name, served_entities=[entity(forest, "2")])
    path = f"/api/slipway/v1/serving-endpoints/{endpoint_name}/configs"
    listed = http("GET", path).json()["configs"]
    assert [(each["version"], each["state"]) for each in listed] == [(2, "ACTIVE"), (1, "RETIRED")]
    assert [each["entities"][0]["version"] for each in listed] == ["2", "1"]
    page = http("GET", path, params={"limit": "1"}).json()
    assert (page["configs"][0]["version"], page["next"]) == (2, 2)
    assert [each["version"] for each in http("GET", path, params={"before": "2"}).json()["configs"]] == [1]
    assert http("GET", path, params={"limit": "0"}).status_code == 400
