"""Models that the server answers for by itself: compiled and proven, or not, with the reason."""

import json
import time

import pytest
from conftest import config, entity
from databricks.sdk.service.serving import DataframeSplitInput
from models import COLUMNS, ROW, Text, iris, log_python_model

ROWS = [ROW, [6.7, 3.0, 5.2, 2.3], [5.9, 3.0, 4.2, 1.5], [4.9, 2.5, 4.5, 1.7]]


def served(http, name):
    return http("GET", f"/api/2.0/serving-endpoints/{name}").json()["config"]["served_entities"][0]


def lane_of(http, name, *, until):
    """What the endpoint says of its lane, once it is `until`."""
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline:
        lane = served(http, name)["lane"]
        if lane["compiled"] == until:
            return lane
        assert lane["compiled"] in ("none", "compiling"), lane
        time.sleep(0.2)
    pytest.fail(f"still {lane}")


def test_a_forest_is_compiled_while_python_answers_and_decides_the_same(workspace, http, forest, endpoint_name):
    workspace.serving_endpoints.create_and_wait(name=endpoint_name, config=config(endpoint_name, entity(forest)))
    path = f"/serving-endpoints/{endpoint_name}/invocations"
    frame, _ = iris()
    body = {"dataframe_split": {"columns": COLUMNS, "data": frame.to_numpy().tolist()}}
    answers, lanes = [], []
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline:
        answer = http("POST", path, json=body)
        assert answer.status_code == 200
        answers.append(answer.json())
        lanes.append(answer.headers["x-slipway-lane"])
        if lanes[-1] == "compiled":
            break
        time.sleep(0.1)
    # No request failed on the way, and each gave what the others did.
    assert lanes[-1] == "compiled"
    assert all(answer == answers[0] for answer in answers)
    # Each of several servers changes over for itself.
    same = 0
    while same < 4:
        assert time.monotonic() < deadline
        state = served(http, endpoint_name)
        same = same + 1 if state["lane"] == {"answers": "compiled", "compiled": "proven"} else 0
        time.sleep(0.05)
    assert state["state"]["deployment"] == "DEPLOYMENT_READY"

    asked = workspace.serving_endpoints.query(
        name=endpoint_name, dataframe_split=DataframeSplitInput(columns=COLUMNS, data=ROWS)
    )
    assert asked.predictions[:2] == [0, 2]

    # What the forest itself refuses is its own to judge, and its errors are the same in both lanes.
    infinite = {"dataframe_split": {"columns": COLUMNS, "data": [[1.0, 2.0, float("inf"), 3.0]]}}
    infinite = http("POST", path, data=json.dumps(infinite))
    assert (infinite.status_code, infinite.json()["error_code"]) == (400, "BAD_REQUEST")
    short = http("POST", path, json={"dataframe_split": {"columns": COLUMNS[:3], "data": [ROW[:3]]}})
    assert (short.status_code, "petal width (cm)" in short.json()["message"]) == (400, True)

    evidence = http("GET", f"/api/slipway/v1/serving-endpoints/{endpoint_name}/evidence").json()
    [found] = evidence["entities"]
    assert (found["state"], found["answers"], found["compiled_lane"]) == ("proven", "compiled", "auto")
    assert found["evidence"]["probes"]["thresholds"] > 0
    assert found["evidence"]["largest_difference"] == 0
    assert found["evidence"]["domain"]["positive_infinity"] is False
    assert http("GET", "/api/slipway/v1/serving-endpoints/nobody/evidence").status_code == 404


def test_the_compiled_lane_can_be_forbidden(http, forest, endpoint_name):
    wanted = {"entity_name": forest, "entity_version": "1", "workload_size": "Small", "scale_to_zero_enabled": True}
    refused = {"name": endpoint_name, "config": {"served_entities": [{**wanted, "compiled_lane": "maybe"}]}}
    assert http("POST", "/api/2.0/serving-endpoints", json=refused).status_code == 400
    made = {"name": endpoint_name, "config": {"served_entities": [{**wanted, "compiled_lane": "never"}]}}
    assert http("POST", "/api/2.0/serving-endpoints", json=made).status_code == 200
    deadline = time.monotonic() + 600
    while http("GET", f"/api/2.0/serving-endpoints/{endpoint_name}").json()["state"]["ready"] != "READY":
        assert time.monotonic() < deadline
        time.sleep(0.2)
    body = {"dataframe_split": {"columns": COLUMNS, "data": [ROW]}}
    answer = http("POST", f"/serving-endpoints/{endpoint_name}/invocations", json=body)
    assert (answer.json(), answer.headers["x-slipway-lane"]) == ({"predictions": [0]}, "python")
    assert served(http, endpoint_name)["lane"]["reason"] == "The compiled lane is forbidden."


def test_a_model_of_no_known_kind_stays_in_python_and_says_why(workspace, http, unique, endpoint_name):
    model = unique("text")
    log_python_model(model, Text())
    workspace.serving_endpoints.create_and_wait(name=endpoint_name, config=config(endpoint_name, entity(model)))
    lane = lane_of(http, endpoint_name, until="refused")
    assert lane["answers"] == "python"
    assert lane["reason"] == "models that mlflow.pyfunc.model loads are not compiled"
