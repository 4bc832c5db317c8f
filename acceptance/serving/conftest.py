"""Serving endpoints, by databricks-sdk and by plain HTTP: models that the real mlflow logged, in their own environments.

The options and most fixtures come from the suite above, and so does the person as whom it runs.
"""

import os
import uuid

import mlflow
import pytest
import requests
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound
from databricks.sdk.service.serving import EndpointCoreConfigInput, ServedEntityInput

from models import log_iris_forest

os.environ["DATABRICKS_SDK_UPSTREAM"] = "slipway-acceptance"
# Of `mlflow.deployments`, which tries again for minutes.
os.environ["MLFLOW_DATABRICKS_ENDPOINT_HTTP_RETRY_TIMEOUT"] = "10"


@pytest.fixture(scope="session")
def token(person):
    """Where the server has no identities any text does."""
    return person.token if person else "dapi-nobody"


@pytest.fixture(scope="session", autouse=True)
def experiment(url, credentials):
    """Of their own: to log to the experiment Default takes a right that the person of the suites has not."""
    mlflow.set_tracking_uri(url)
    mlflow.set_experiment(f"serving-{uuid.uuid4().hex[:8]}")


@pytest.fixture(scope="session")
def workspace(url, token):
    return WorkspaceClient(host=url, token=token, auth_type="pat")


@pytest.fixture(scope="session")
def admin_workspace(url, administrator):
    return WorkspaceClient(host=url, token=administrator.credentials.token or "dapi-nobody", auth_type="pat")


@pytest.fixture(scope="session")
def http(url, token):
    """http(method, path, …): a request as curl would send it."""

    def send(method, path, **options):
        headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
        return requests.request(method, f"{url}{path}", headers=headers, timeout=120, **options)

    return send


@pytest.fixture(scope="session")
def forest(url, experiment):
    """The name of a model with two versions that tell themselves apart: the second one's classes are 10, 11 and 12."""
    mlflow.set_tracking_uri(url)
    mlflow.set_registry_uri(url)
    name = f"iris-{uuid.uuid4().hex[:8]}"
    log_iris_forest(name)
    log_iris_forest(name, shift=10)
    return name


def entity(model, version="1", **more):
    return ServedEntityInput(
        entity_name=model, entity_version=str(version), workload_size="Small", scale_to_zero_enabled=True, **more
    )


def config(name, *entities, **more):
    return EndpointCoreConfigInput(name=name, served_entities=list(entities), **more)


@pytest.fixture
def endpoint_name(workspace, unique):
    """The name of an endpoint that is yet to be made, and gone after the test."""
    name = unique("endpoint")
    yield name
    try:
        workspace.serving_endpoints.delete(name)
    except NotFound:
        pass


@pytest.fixture(scope="session")
def shared_endpoint(workspace, forest):
    """An endpoint with the first version of the forest, for tests that only look at it."""
    name = f"shared-{forest}"
    workspace.serving_endpoints.create_and_wait(name=name, config=config(name, entity(forest)))
    yield name
    workspace.serving_endpoints.delete(name)
