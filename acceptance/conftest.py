"""Black-box acceptance: real mlflow clients against the server at --url.

Every test makes its own uniquely named things, so that the suite can be repeated, and run by several
clients at once, on one server.
"""

import os
import re
import tempfile
import uuid

import pytest
import requests

# The client reads these when it is imported. A failing call should fail now, not after minutes of retries,
# and traces must have arrived when the traced function returns.
os.environ.update(
    MLFLOW_HTTP_REQUEST_MAX_RETRIES="1",
    MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR="0",
    MLFLOW_HTTP_REQUEST_TIMEOUT="60",
    MLFLOW_ENABLE_ASYNC_TRACE_LOGGING="false",
    MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR="false",
    MLFLOW_DISABLE_TELEMETRY="true",
    MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT="true",
    GIT_PYTHON_REFRESH="quiet",
    MPLBACKEND="Agg",
    # Clients of the 2.9 age import distutils and setuptools in an order that setuptools' own copy refuses.
    SETUPTOOLS_USE_DISTUTILS="stdlib",
)

from people import Administrator, Credentials, SignedAs  # noqa: E402
from request_log import RequestLog  # noqa: E402
from rights import GRANTED  # noqa: E402
from wire import Wire  # noqa: E402

# The same with every run, as the programs of the articles have fixed names, and what has them belongs to somebody.
PERSON = "acceptance@acme.com"


def pytest_addoption(parser):
    parser.addoption("--url", default=os.environ.get("MLFLOW_TRACKING_URI"), help="the server under test")
    parser.addoption(
        "--peer",
        action="store_true",
        help="the server is the real `mlflow server`: expect its behaviour where ours differs on purpose",
    )
    parser.addoption(
        "--webhooks",
        action="store_true",
        help="the server may deliver webhooks to http://127.0.0.1 (it is configured to)",
    )
    parser.addoption(
        "--token",
        default=os.environ.get("DATABRICKS_TOKEN"),
        help="an administrator's, where the server has identities: it makes the person as whom the suite runs",
    )
    parser.addoption(
        "--sign-in", choices=["token", "basic"], default="token", help="how that person signs in over mlflow"
    )
    parser.addoption(
        "--server",
        action="append",
        metavar="URL",
        help="one of several servers behind --url: each is asked whether it has heard what another was told",
    )
    parser.addoption("--requests", metavar="FILE", help="append method and path of every request to FILE")


def pytest_configure(config):
    url = config.getoption("--url")
    if not url:
        raise pytest.UsageError("--url http://HOST:PORT is needed")
    os.environ["MLFLOW_TRACKING_URI"] = url.rstrip("/")
    config.identities = has_identities(url.rstrip("/"))
    if config.identities and not config.getoption("--token"):
        raise pytest.UsageError("the server has identities: --token TOKEN is needed, an administrator's")
    # Clients leave files (mlruns, model folders) in the working directory: not in the checkout.
    config.workplace = tempfile.TemporaryDirectory(prefix="acceptance-")
    os.environ["TMPDIR"] = config.workplace.name
    tempfile.tempdir = config.workplace.name
    config.started_in = os.getcwd()
    os.chdir(config.workplace.name)
    config.request_log = RequestLog(
        os.path.join(config.started_in, config.getoption("--requests"))
        if config.getoption("--requests")
        else None
    )


def has_identities(url):
    answer = requests.get(f"{url}/api/slipway/v1/session", timeout=60)
    return answer.ok and answer.json()["authentication"] == "on"


def pytest_unconfigure(config):
    if hasattr(config, "started_in"):
        os.chdir(config.started_in)
        config.workplace.cleanup()


def version_tuple(text):
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


def pytest_collection_modifyitems(config, items):
    """Leaves out what this client version cannot say (older ones run the core) and what this server is not set up for."""
    import mlflow

    mine = version_tuple(mlflow.__version__)
    whole = mine >= (3, 17)
    targets = "local" if config.getoption("--webhooks") else "public"

    def belongs(item):
        needs = [version_tuple(mark.args[0]) for mark in item.iter_markers("since")]
        webhooks = item.get_closest_marker("webhooks")
        return (
            (whole or item.get_closest_marker("core"))
            and all(mine >= need for need in needs)
            and (webhooks is None or webhooks.args[0] == targets)
            and not (item.get_closest_marker("ours") and config.getoption("--peer"))
            and (config.identities or not item.get_closest_marker("identities"))
        )

    kept = [item for item in items if belongs(item)]
    left = [item for item in items if not belongs(item)]
    items[:] = kept
    config.hook.pytest_deselected(items=left)


@pytest.fixture(autouse=True)
def _requests_of_this_test(request):
    with request.config.request_log.of(request.node.nodeid):
        yield


@pytest.fixture(autouse=True)
def _fresh_fluent_state(request, url):
    """The fluent API keeps the active run and experiment in the process."""
    import mlflow

    mlflow.set_tracking_uri(url)
    mlflow.set_registry_uri(url)
    yield
    while mlflow.active_run():
        mlflow.end_run()
    os.environ.pop("MLFLOW_EXPERIMENT_ID", None)
    os.environ.pop("MLFLOW_RUN_ID", None)


@pytest.fixture(scope="session")
def url():
    return os.environ["MLFLOW_TRACKING_URI"]


@pytest.fixture(scope="session")
def identities(request):
    """Whether the server asks who calls."""
    return request.config.identities


@pytest.fixture(scope="session")
def administrator(request, url, identities):
    """Makes people and gives them rights. Where the server has no identities everybody is an administrator."""
    return Administrator(url, Credentials(token=request.config.getoption("--token")) if identities else Credentials())


@pytest.fixture(scope="session")
def person(administrator, identities):
    """As whom the suite runs: no administrator, with the rights of rights.py. None without identities."""
    if not identities:
        yield None
        return
    person = administrator.make_person(PERSON)
    for right in GRANTED:
        administrator.grant(right, person.name)
    yield person
    administrator.revoke_token(person.token_id)


@pytest.fixture(scope="session", autouse=True)
def credentials(request, person):
    """What all clients sign in with, but those whose names begin with `admin`."""
    mine = person.credentials(request.config.getoption("--sign-in")) if person else Credentials()
    with mine.in_environment():
        yield mine


@pytest.fixture(scope="session")
def peer(request):
    """True when the target is the real mlflow server."""
    return request.config.getoption("--peer")


@pytest.fixture(scope="session")
def client_version():
    import mlflow

    return version_tuple(mlflow.__version__)


@pytest.fixture(scope="session")
def client(url):
    import mlflow

    return mlflow.MlflowClient(url, url)


@pytest.fixture(scope="session")
def wire(url, credentials):
    """The protocol without a client: see wire.py."""
    return Wire(url, credentials)


@pytest.fixture(scope="session")
def http(credentials):
    """`requests`, signed in."""
    return credentials.session()


@pytest.fixture(scope="session")
def as_administrator(administrator):
    """as_administrator(client) is the same client of mlflow, whose calls the administrator makes."""
    return lambda client: SignedAs(client, administrator.credentials)


@pytest.fixture(scope="session")
def admin_client(client, as_administrator):
    return as_administrator(client)


@pytest.fixture(scope="session")
def admin_wire(url, administrator):
    return Wire(url, administrator.credentials)


@pytest.fixture
def unique():
    """unique("x") is a name that no other test, suite or client uses."""
    return lambda stem="it": f"{stem}-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def experiment(client, unique):
    """The id of a new experiment."""
    return client.create_experiment(unique("experiment"))


@pytest.fixture
def run(client, experiment):
    """The id of a new active run."""
    return client.create_run(experiment).info.run_id


@pytest.fixture
def fluent(experiment):
    """The mlflow module with a new experiment set: fluent.experiment_id is its id."""
    import mlflow

    mlflow.set_experiment(experiment_id=experiment)
    return mlflow
