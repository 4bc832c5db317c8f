"""An endpoint's life by the SDK: made, asked, changed, looked at, deleted."""

import pytest
import requests
from conftest import config, entity
from databricks.sdk.errors import InvalidParameterValue, NotFound, ResourceAlreadyExists
from databricks.sdk.service.serving import (
    DataframeSplitInput,
    EndpointTag,
    RateLimit,
    RateLimitKey,
    RateLimitRenewalPeriod,
    Route,
    TrafficConfig,
)
from models import COLUMNS, ROW


def test_create_and_wait_gives_an_endpoint_that_answers(workspace, forest, endpoint_name):
    made = workspace.serving_endpoints.create_and_wait(
        name=endpoint_name,
        config=config(endpoint_name, entity(forest)),
        tags=[EndpointTag(key="team", value="ml")],
    )
    assert made.state.ready.value == "READY"
    assert made.state.config_update.value == "NOT_UPDATING"
    assert made.pending_config is None
    served = made.config.served_entities[0]
    assert (served.name, served.entity_name, served.entity_version) == (f"{forest}-1", forest, "1")
    assert served.state.deployment.value == "DEPLOYMENT_READY"
    assert [(tag.key, tag.value) for tag in made.tags] == [("team", "ml")]

    answer = workspace.serving_endpoints.query(
        name=endpoint_name, dataframe_split=DataframeSplitInput(columns=COLUMNS, data=[ROW, [6.7, 3.0, 5.2, 2.3]])
    )
    assert answer.predictions == [0, 2]
    assert answer.served_model_name == f"{forest}-1"


def test_an_endpoint_answers_curl_in_every_form(http, shared_endpoint):
    path = f"/serving-endpoints/{shared_endpoint}/invocations"
    forms = [
        {"dataframe_split": {"columns": COLUMNS, "data": [ROW]}},
        {"dataframe_records": [dict(zip(COLUMNS, ROW))]},
        {"inputs": {column: [value] for column, value in zip(COLUMNS, ROW)}},
        {"instances": [dict(zip(COLUMNS, ROW))]},
    ]
    for form in forms:
        answer = http("POST", path, json=form)
        assert (answer.status_code, answer.json()) == (200, {"predictions": [0]}), form
        assert answer.headers["served-model-name"].endswith("-1")
    csv = ",".join(COLUMNS) + "\n" + ",".join(map(str, ROW)) + "\n"
    answer = http("POST", path, data=csv, headers={"Content-Type": "text/csv"})
    assert (answer.status_code, answer.json()) == (200, {"predictions": [0]})


def test_what_does_not_fit_the_signature_is_refused_and_named(http, shared_endpoint):
    path = f"/serving-endpoints/{shared_endpoint}/invocations"
    answer = http("POST", path, json={"dataframe_split": {"columns": COLUMNS[:3], "data": [ROW[:3]]}})
    assert answer.status_code == 400
    assert "petal width (cm)" in answer.json()["message"]
    assert http("POST", path, data="{").status_code == 400


def test_an_entity_can_be_named(http, shared_endpoint, forest):
    path = f"/serving-endpoints/{shared_endpoint}/served-models/{forest}-1/invocations"
    body = {"dataframe_split": {"columns": COLUMNS, "data": [ROW]}}
    assert http("POST", path, json=body).json() == {"predictions": [0]}
    assert http("POST", path.replace("-1/", "-9/"), json=body).status_code == 404


def test_two_entities_share_the_requests(workspace, http, forest, endpoint_name):
    workspace.serving_endpoints.create_and_wait(
        name=endpoint_name,
        config=config(
            endpoint_name,
            entity(forest, 1, name="old"),
            entity(forest, 2, name="new"),
            traffic_config=TrafficConfig(
                routes=[
                    Route(served_model_name="old", traffic_percentage=50),
                    Route(served_model_name="new", traffic_percentage=50),
                ]
            ),
        ),
    )
    body = {"dataframe_split": {"columns": COLUMNS, "data": [ROW]}}
    answers = [http("POST", f"/serving-endpoints/{endpoint_name}/invocations", json=body) for _ in range(60)]
    said = {(answer.headers["served-model-name"], answer.json()["predictions"][0]) for answer in answers}
    assert said == {("old", 0), ("new", 10)}


def test_tags_are_changed(workspace, forest, endpoint_name):
    workspace.serving_endpoints.create(
        name=endpoint_name,
        config=config(endpoint_name, entity(forest)),
        tags=[EndpointTag(key="team", value="ml")],
    )
    workspace.serving_endpoints.patch(endpoint_name, add_tags=[EndpointTag(key="a", value="b")], delete_tags=["team"])
    tags = workspace.serving_endpoints.get(endpoint_name).tags
    assert [(tag.key, tag.value) for tag in tags] == [("a", "b")]


def test_an_endpoint_is_listed_and_deleted(workspace, forest, endpoint_name):
    workspace.serving_endpoints.create(name=endpoint_name, config=config(endpoint_name, entity(forest)))
    assert endpoint_name in [endpoint.name for endpoint in workspace.serving_endpoints.list()]
    workspace.serving_endpoints.delete(endpoint_name)
    assert endpoint_name not in [endpoint.name for endpoint in workspace.serving_endpoints.list()]
    with pytest.raises(NotFound):
        workspace.serving_endpoints.get(endpoint_name)


def test_a_deleted_endpoint_answers_no_more(workspace, http, forest, endpoint_name):
    workspace.serving_endpoints.create_and_wait(name=endpoint_name, config=config(endpoint_name, entity(forest)))
    path = f"/serving-endpoints/{endpoint_name}/invocations"
    body = {"dataframe_split": {"columns": COLUMNS, "data": [ROW]}}
    assert http("POST", path, json=body).status_code == 200
    workspace.serving_endpoints.delete(endpoint_name)
    for _ in range(100):
        answer = http("POST", path, json=body)
        if answer.status_code == 404:
            break
    assert answer.status_code == 404
    assert answer.json()["error_code"] == "RESOURCE_DOES_NOT_EXIST"


def test_what_cannot_be_is_refused_at_once(workspace, forest, endpoint_name):
    create = workspace.serving_endpoints.create
    with pytest.raises(NotFound):
        create(name=endpoint_name, config=config(endpoint_name, entity(forest, 9)))
    with pytest.raises(NotFound):
        create(name=endpoint_name, config=config(endpoint_name, entity("no-such-model")))
    with pytest.raises(InvalidParameterValue, match="neither the number of a version nor an alias"):
        create(name=endpoint_name, config=config(endpoint_name, entity(forest, "latest")))
    with pytest.raises(InvalidParameterValue, match="Invalid endpoint name"):
        create(name="a b", config=config("a b", entity(forest)))
    with pytest.raises(InvalidParameterValue, match="add up to 90"):
        create(
            name=endpoint_name,
            config=config(
                endpoint_name,
                entity(forest),
                traffic_config=TrafficConfig(
                    routes=[Route(served_model_name=f"{forest}-1", traffic_percentage=90)]
                ),
            ),
        )
    with pytest.raises(NotFound):
        workspace.serving_endpoints.get(endpoint_name)


def test_a_name_is_given_once(workspace, forest, shared_endpoint):
    with pytest.raises(ResourceAlreadyExists):
        workspace.serving_endpoints.create(
            name=shared_endpoint.upper(), config=config(shared_endpoint, entity(forest))
        )


def test_a_served_version_cannot_be_deleted(shared_endpoint, forest):
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    with pytest.raises(MlflowException, match="A serving endpoint serves version 1"):
        MlflowClient().delete_model_version(forest, "1")
    with pytest.raises(MlflowException, match="A serving endpoint serves version"):
        MlflowClient().delete_registered_model(forest)


def test_metrics_count_the_requests(workspace, http, shared_endpoint):
    body = {"dataframe_split": {"columns": COLUMNS, "data": [ROW]}}
    assert http("POST", f"/serving-endpoints/{shared_endpoint}/invocations", json=body).status_code == 200
    for _ in range(4):  # Each of several servers counts for itself.
        text = workspace.serving_endpoints.export_metrics(shared_endpoint).contents.read().decode()
        counted = [line for line in text.splitlines() if line.startswith("request_count_total{")]
        if counted:
            break
    assert f'endpoint_name="{shared_endpoint}"' in counted[0]
    assert float(counted[0].split()[-1]) >= 1


def test_prometheus_reads_what_each_endpoint_does(url, http, administrator, shared_endpoint, forest):
    body = {"dataframe_split": {"columns": COLUMNS, "data": [ROW]}}
    assert http("POST", f"/serving-endpoints/{shared_endpoint}/invocations", json=body).status_code == 200
    labels = f'endpoint="{shared_endpoint}",entity="{forest}-1"'
    for _ in range(4):  # Each of several servers counts for itself.
        text = requests.get(f"{url}/metrics", headers=administrator.credentials.header, timeout=60).text
        samples = dict(line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
        # By Python until its compiled form was proven.
        lanes = [f'slipway_serving_requests_total{{{labels},lane="{lane}",status="200"}}' for lane in ("python", "compiled")]
        answered = sum(float(samples.get(lane, 0)) for lane in lanes)
        if answered > 0:
            break
    assert answered >= 1
    assert float(samples[f'slipway_serving_request_duration_seconds_bucket{{{labels},le="+Inf"}}']) >= answered
    assert float(samples[f'slipway_serving_request_duration_seconds_sum{{{labels}}}']) > 0
    assert float(samples[f"slipway_serving_waiting_requests{{{labels}}}"]) == 0
    assert "slipway_inference_journal_bytes" in samples


def test_openapi_names_the_columns(workspace, http, shared_endpoint):
    document = http("GET", f"/api/2.0/serving-endpoints/{shared_endpoint}/openapi").json()
    post = document["paths"][f"/serving-endpoints/{shared_endpoint}/invocations"]["post"]
    forms = post["requestBody"]["content"]["application/json"]["schema"]["oneOf"]
    records = next(form for form in forms if "dataframe_records" in form["properties"])
    assert list(records["properties"]["dataframe_records"]["items"]["properties"]) == COLUMNS


def test_logs_tell_how_the_model_was_brought_up(workspace, shared_endpoint, forest):
    build = workspace.serving_endpoints.build_logs(shared_endpoint, f"{forest}-1").logs
    assert "Building the environment of the model" in build
    assert "The model answers its input example." in build
    assert workspace.serving_endpoints.logs(shared_endpoint, f"{forest}-1").logs is not None
    with pytest.raises(NotFound):
        workspace.serving_endpoints.logs(shared_endpoint, "nobody")


def test_rate_limits_refuse_what_is_too_much(workspace, http, forest, endpoint_name):
    workspace.serving_endpoints.create_and_wait(name=endpoint_name, config=config(endpoint_name, entity(forest)))
    limit = RateLimit(calls=2, key=RateLimitKey.ENDPOINT, renewal_period=RateLimitRenewalPeriod.MINUTE)
    workspace.serving_endpoints.put(endpoint_name, rate_limits=[limit])
    body = {"dataframe_split": {"columns": COLUMNS, "data": [ROW]}}
    for _ in range(50):
        answer = http("POST", f"/serving-endpoints/{endpoint_name}/invocations", json=body)
        if answer.status_code == 429:
            break
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1


def test_endpoints_are_known_to_mlflow_deployments(url, token, shared_endpoint, monkeypatch):
    from mlflow.deployments import get_deploy_client

    monkeypatch.setenv("DATABRICKS_HOST", url)
    monkeypatch.setenv("DATABRICKS_TOKEN", token)
    client = get_deploy_client("databricks")
    assert client.get_endpoint(shared_endpoint)["state"]["ready"] == "READY"
    assert shared_endpoint in [endpoint["name"] for endpoint in client.list_endpoints()]
    answer = client.predict(
        endpoint=shared_endpoint, inputs={"dataframe_split": {"columns": COLUMNS, "data": [ROW]}}
    )
    assert answer["predictions"] == [0]
