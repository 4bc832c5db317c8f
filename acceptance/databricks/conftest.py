"""Black-box acceptance with Databricks' own clients: databricks-sdk, and mlflow with `databricks` and `databricks-uc`.

The options and most fixtures come from the suite above, and so does the person as whom it runs: `workspace` is theirs,
`admin_workspace` the administrator's.
"""

import os
import time

import pytest
from databricks.sdk.errors import NotFound

# The SDK and mlflow on top of it both try again for minutes: a failing call should fail now.
os.environ.update(
    MLFLOW_DATABRICKS_ENDPOINT_HTTP_RETRY_TIMEOUT="10",
    DATABRICKS_SDK_UPSTREAM="slipway-acceptance",
)


@pytest.fixture(scope="session")
def token(person):
    """Where the server has no identities any text does."""
    return person.token if person else "dapi-nobody"


@pytest.fixture(scope="session", autouse=True)
def _only_host_and_token(url, token):
    """What a user of Databricks sets; nothing else says where the server is."""
    for name in [name for name in os.environ if name.startswith("DATABRICKS_") and name != "DATABRICKS_SDK_UPSTREAM"]:
        del os.environ[name]
    os.environ.update(DATABRICKS_HOST=url, DATABRICKS_TOKEN=token)
    # For plain http, where a test mixes it with databricks.
    os.environ["MLFLOW_TRACKING_TOKEN"] = token
    yield


@pytest.fixture(autouse=True)
def _fresh_fluent_state(_only_host_and_token):
    """In place of the fixture above: the URIs are Databricks' here."""
    import mlflow

    mlflow.set_tracking_uri("databricks")
    mlflow.set_registry_uri("databricks-uc")
    yield
    while mlflow.active_run():
        mlflow.end_run()
    os.environ.pop("MLFLOW_EXPERIMENT_ID", None)
    os.environ.pop("MLFLOW_RUN_ID", None)


@pytest.fixture(scope="session")
def workspace(url, token):
    from databricks.sdk import WorkspaceClient

    return WorkspaceClient(host=url, token=token, auth_type="pat")


@pytest.fixture(scope="session")
def admin_workspace(url, administrator):
    from databricks.sdk import WorkspaceClient

    return WorkspaceClient(host=url, token=administrator.credentials.token or "dapi-nobody", auth_type="pat")


@pytest.fixture
def new_catalog(workspace, unique):
    """new_catalog() is the name of a new catalog with a schema `ml`."""
    made = []

    def make():
        name = unique("cat").replace("-", "_")
        workspace.catalogs.create(name)
        made.append(name)
        workspace.schemas.create("ml", name)
        # Other processes of the server learn of it within a quarter of a second.
        time.sleep(0.5)
        return name

    yield make
    for name in made:
        try:
            workspace.catalogs.delete(name, force=True)
        except NotFound:
            pass


@pytest.fixture
def catalog(new_catalog):
    """The name of a new catalog with a schema `ml`."""
    return new_catalog()


@pytest.fixture
def uc():
    """The registry of three-level names."""
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri="databricks", registry_uri="databricks-uc")


@pytest.fixture(scope="session")
def saved_model(tmp_path_factory):
    """The folder of a small model with a signature, which adds 1 to a column."""
    import mlflow
    import pandas as pd
    from mlflow.models import infer_signature

    class AddOne(mlflow.pyfunc.PythonModel):
        def predict(self, context, model_input):
            return model_input["x"] + 1

    frame = pd.DataFrame({"x": [1.0, 2.0]})
    folder = tmp_path_factory.mktemp("saved") / "model"
    mlflow.pyfunc.save_model(
        folder,
        python_model=AddOne(),
        signature=infer_signature(frame, frame["x"] + 1),
        pip_requirements=["mlflow"],
    )
    return str(folder)


@pytest.fixture
def predicts():
    """predicts(uri): loads a model of that kind and looks at what it says."""
    import mlflow
    import pandas as pd

    def check(uri):
        model = mlflow.pyfunc.load_model(uri)
        assert list(model.predict(pd.DataFrame({"x": [41.0]}))) == [42.0]

    return check
