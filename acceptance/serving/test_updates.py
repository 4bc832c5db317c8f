"""Other versions on an endpoint that is asked all the time, and versions that cannot be brought up."""

import pytest
from conftest import Asking, config, entity, until
from databricks.sdk.errors import OperationFailed, ResourceConflict
from mlflow import MlflowClient
from models import COLUMNS, REQUIREMENTS, ROW, Broken, Fussy, Text, XS, log_python_model

BODY = {"dataframe_split": {"columns": COLUMNS, "data": [ROW]}}


OLD = '{"predictions": [0]}'
NEW = '{"predictions": [10]}'


def test_an_update_fails_no_request(workspace, http, forest, endpoint_name):
    workspace.serving_endpoints.create_and_wait(name=endpoint_name, config=config(endpoint_name, entity(forest)))
    with Asking(http, endpoint_name, BODY) as asking:
        until(lambda: len(asking.answers) > 50)
        updated = workspace.serving_endpoints.update_config_and_wait(
            name=endpoint_name, served_entities=[entity(forest, 2)]
        )
        assert updated.config.served_entities[0].entity_version == "2"
        until(lambda: asking.said() == {NEW})
    assert {status for status, _ in asking.answers} == {200}
    assert {text for _, text in asking.answers} == {OLD, NEW}


def test_a_moved_alias_rolls_the_endpoint_over(workspace, http, forest, endpoint_name):
    client = MlflowClient()
    alias = f"champion-{endpoint_name}"
    client.set_registered_model_alias(forest, alias, "1")
    made = workspace.serving_endpoints.create_and_wait(
        name=endpoint_name, config=config(endpoint_name, entity(forest, f"@{alias}", name="champion"))
    )
    assert made.config.served_entities[0].entity_version == "1"
    with Asking(http, endpoint_name, BODY) as asking:
        until(lambda: asking.said() == {OLD})
        client.set_registered_model_alias(forest, alias, "2")
        until(lambda: asking.said() == {NEW})
        client.set_registered_model_alias(forest, alias, "1")
        until(lambda: asking.said() == {OLD})
    assert {status for status, _ in asking.answers} == {200}
    assert workspace.serving_endpoints.get(endpoint_name).config.served_entities[0].entity_version == "1"


@pytest.fixture(scope="module")
def impossible(forest):
    """By name of what is wrong with it: a model that cannot be brought up, and what is said of it."""
    said = {}
    for fault, model, requirements, message in [
        ("requirement", Text(), ["mlflow", "scikit-learn==99.9"], "scikit-learn==99.9"),
        ("load", Broken(), REQUIREMENTS, "the vocabulary is missing"),
    ]:
        name = f"{fault}-{forest}"
        log_python_model(name, model, frame=None, requirements=requirements)
        said[fault] = (name, message)
    return said


@pytest.mark.parametrize("fault", ["requirement", "load"])
def test_a_version_that_cannot_be_brought_up_says_why_while_the_old_one_answers(
    workspace, http, forest, endpoint_name, impossible, fault
):
    model, message = impossible[fault]
    workspace.serving_endpoints.create_and_wait(name=endpoint_name, config=config(endpoint_name, entity(forest)))
    with Asking(http, endpoint_name, BODY, threads=1) as asking:
        with pytest.raises(OperationFailed):
            workspace.serving_endpoints.update_config_and_wait(
                name=endpoint_name, served_entities=[entity(model, name="bad")]
            )
    assert {text for _, text in asking.answers} == {OLD}
    endpoint = workspace.serving_endpoints.get(endpoint_name)
    assert endpoint.state.config_update.value == "UPDATE_FAILED"
    assert endpoint.state.ready.value == "READY"
    assert endpoint.config.served_entities[0].entity_name == forest
    failed = endpoint.pending_config.served_entities[0]
    assert failed.state.deployment.value == "DEPLOYMENT_FAILED"
    assert message in failed.state.deployment_state_message

    again = workspace.serving_endpoints.update_config_and_wait(
        name=endpoint_name, served_entities=[entity(forest, 2)]
    )
    assert again.state.config_update.value == "NOT_UPDATING"


def test_a_first_version_that_cannot_be_brought_up_says_why(workspace, endpoint_name, impossible):
    model, message = impossible["requirement"]
    with pytest.raises(OperationFailed):
        workspace.serving_endpoints.create_and_wait(name=endpoint_name, config=config(endpoint_name, entity(model)))
    endpoint = workspace.serving_endpoints.get(endpoint_name)
    assert endpoint.config is None
    assert endpoint.state.ready.value == "NOT_READY"
    assert message in endpoint.pending_config.served_entities[0].state.deployment_state_message


def test_one_update_at_a_time(workspace, forest, endpoint_name):
    workspace.serving_endpoints.create(name=endpoint_name, config=config(endpoint_name, entity(forest)))
    with pytest.raises(ResourceConflict, match="is being updated"):
        workspace.serving_endpoints.update_config(name=endpoint_name, served_entities=[entity(forest, 2)])


def test_a_model_of_no_library_answers_with_its_environment_and_prints(workspace, http, forest, endpoint_name):
    model = f"text-{forest}"
    version = log_python_model(model, Text())
    workspace.serving_endpoints.create_and_wait(
        name=endpoint_name,
        config=config(endpoint_name, entity(model, version, name="text", environment_vars={"SUFFIX": "words"})),
    )
    answer = http("POST", f"/serving-endpoints/{endpoint_name}/invocations", json={"inputs": ["a b c", "d"]})
    assert answer.json() == {"predictions": ["3 words", "1 words"]}
    until(lambda: "counting 2 texts" in workspace.serving_endpoints.logs(endpoint_name, "text").logs, 20)


def test_an_exception_of_the_model_is_told_to_its_owner_alone(workspace, http, forest, endpoint_name):
    model = f"fussy-{forest}"
    version = log_python_model(model, Fussy(), frame=XS)
    workspace.serving_endpoints.create_and_wait(
        name=endpoint_name, config=config(endpoint_name, entity(model, version, name="fussy"))
    )
    path = f"/serving-endpoints/{endpoint_name}/invocations"
    assert http("POST", path, json={"dataframe_records": [{"x": 9.0}]}).json() == {"predictions": [{"x": 3.0}]}
    refused = http("POST", path, json={"dataframe_records": [{"x": -1.0}]})
    assert refused.status_code == 400
    assert "the secret of the traceback" not in refused.text
    assert http("POST", path, json={"dataframe_records": [{"x": 16.0}]}).json() == {"predictions": [{"x": 4.0}]}
