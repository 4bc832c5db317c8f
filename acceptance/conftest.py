"""Black-box acceptance: real mlflow clients against the server at --url.

Every test makes its own uniquely named things, so that the suite can be repeated, and run by several
clients at once, on one server.
"""

import os
import re
import tempfile
import uuid

import pytest

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

from request_log import RequestLog  # noqa: E402
from wire import Wire  # noqa: E402


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
    parser.addoption("--requests", metavar="FILE", help="append method and path of every request to FILE")


def pytest_configure(config):
    url = config.getoption("--url")
    if not url:
        raise pytest.UsageError("--url http://HOST:PORT is needed")
    os.environ["MLFLOW_TRACKING_URI"] = url.rstrip("/")
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
def wire(url):
    """The protocol without a client: see wire.py."""
    return Wire(url)


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
