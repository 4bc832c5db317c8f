"""Serving endpoints, by databricks-sdk and by plain HTTP: models that the real mlflow logged, in their own environments.

The options and most fixtures come from the suite above, and so does the person as whom it runs.
"""

import os
import threading
import time
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
def home(tmp_path_factory):
    """Copies of models are shared by commands, as they are by those of a user."""
    return tmp_path_factory.mktemp("slipway-home")


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


@pytest.fixture
def select(workspace):
    """select("SELECT …") is the rows of the answer."""
    warehouse = next(iter(workspace.warehouses.list())).id

    def run(statement):
        answer = workspace.statement_execution.execute_statement(
            statement=statement, warehouse_id=warehouse, wait_timeout="50s"
        )
        assert answer.status.error is None, answer.status.error
        return answer.result.data_array or []

    return run


class Asking:
    """Asks an endpoint from some threads until it is told to stop; remembers every answer."""

    def __init__(self, http, endpoint, body, threads=4):
        self.answers = []
        self._http = http
        self._path = f"/serving-endpoints/{endpoint}/invocations"
        self._body = body
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(threads)]

    def _ask(self):
        while not self._stopped.is_set():
            answer = self._http("POST", self._path, json=self._body)
            self.answers.append((answer.status_code, answer.text))

    def said(self):
        return {text for _, text in self.answers[-20:]}

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stopped.set()
        for thread in self._threads:
            thread.join()


def until(condition, seconds=120, every=0.1):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(every)
