"""The roles of article 001, set up by one command, as three people find them: each a process of its own with its token.

The server is this test's own: it runs with --auth, and is stopped for the end, where one byte of its audit log is changed.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import time
import urllib.error
import urllib.parse
import urllib.request
from base64 import b64encode
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = [str(ROOT / "node_modules" / ".bin" / "node"), str(ROOT / "server" / "src" / "main.ts")]
ADMIN_TOKEN = "admin-token-of-the-acceptance-suite-01"
PASSWORD = "a long enough password 7"
PEOPLE = {
    "dana@acme.com": "Data Scientists",
    "emil@acme.com": "ML Engineers",
    "rosa@acme.com": "Model Reviewers",
}
# Of the machine; nothing of it speaks of a server.
KEPT = ["PATH", "LANG", "LC_ALL", "TMPDIR", "SSL_CERT_FILE", "MLFLOW_DISABLE_TELEMETRY", "GIT_PYTHON_REFRESH", "MPLBACKEND"]

PRELUDE = """
import mlflow, pandas as pd
from databricks.sdk import WorkspaceClient
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.models import infer_signature

mlflow.set_tracking_uri("databricks")
mlflow.set_registry_uri("databricks-uc")
client = MlflowClient()
workspace = WorkspaceClient()

def refused(operation, *words):
    try:
        operation()
    except Exception as error:
        text = str(error)
        assert any(word in text for word in words), text
        return text
    raise AssertionError("this should have been refused")
"""


class Installation:
    """A server with identities in a folder of its own."""

    def __init__(self, home):
        self.home = home
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None

    def slipway(self, *args, expect=0):
        env = {**os.environ, "SLIPWAY_TOKEN": ADMIN_TOKEN}
        done = subprocess.run([*PROGRAM, *args], capture_output=True, text=True, env=env, timeout=120)
        assert done.returncode == expect, (done.stdout + done.stderr)[-3000:]
        return done.stdout + done.stderr

    def start(self):
        env = {**os.environ, "SLIPWAY_ADMIN_TOKEN": ADMIN_TOKEN}
        flags = ["server", "--home", str(self.home), "--port", str(self.port), "--auth", "true", "--log-level", "warn"]
        self.process = subprocess.Popen([*PROGRAM, *flags], env=env, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(self.url + "/health", timeout=2)
                return
            except (urllib.error.URLError, OSError):
                assert self.process.poll() is None and time.monotonic() < deadline, "the server does not start"
                time.sleep(0.2)

    def stop(self, how=signal.SIGTERM):
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(60)
            self.process = None

    def call(self, method, path, body=None, authorization=f"Bearer {ADMIN_TOKEN}"):
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"authorization": authorization, "content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            text = response.read()
            return json.loads(text) if text else {}

    def audit(self, **query):
        return self.call("GET", "/api/slipway/v1/audit?" + urllib.parse.urlencode(query))["records"]


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    made = Installation(tmp_path_factory.mktemp("roles") / "home")
    made.start()
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def tokens(installation):
    """One command makes the workspace; then people come, and join their groups."""
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.service import iam

    first = installation.slipway("init-workspace", "--url", installation.url, "--yes")
    assert "+ catalog prod" in first and "Done:" in first
    second = installation.slipway("init-workspace", "--url", installation.url, "--yes")
    assert "Nothing to change" in second

    admin = WorkspaceClient(host=installation.url, token=ADMIN_TOKEN, auth_type="pat")
    groups = {group.display_name: group.id for group in admin.groups.list()}
    found = {}
    for name, group in PEOPLE.items():
        installation.call("POST", "/api/2.0/mlflow/users/create", {"username": name, "password": PASSWORD})
        user = next(admin.users.list(filter=f'userName eq "{name}"'))
        admin.groups.patch(
            groups[group],
            operations=[iam.Patch(op=iam.PatchOp.ADD, path="members", value=[{"value": user.id}])],
            schemas=[iam.PatchSchema.URN_IETF_PARAMS_SCIM_API_MESSAGES_2_0_PATCH_OP],
        )
        basic = "Basic " + b64encode(f"{name}:{PASSWORD}".encode()).decode()
        made = installation.call("POST", "/api/2.0/token/create", {"comment": "work", "lifetime_seconds": 3600}, basic)
        found[name] = made["token_value"]
    return found


@pytest.fixture(scope="module")
def run_as(installation, tokens, tmp_path_factory):
    """run_as(name, program): the last line that the program printed."""

    def run(name, program):
        home = tmp_path_factory.mktemp("person")
        kept = {variable: os.environ[variable] for variable in KEPT if variable in os.environ}
        variables = {"HOME": str(home), "DATABRICKS_HOST": installation.url, "DATABRICKS_TOKEN": tokens[name]}
        variables |= {"MLFLOW_DATABRICKS_ENDPOINT_HTTP_RETRY_TIMEOUT": "10", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"}
        done = subprocess.run(
            [sys.executable, "-c", PRELUDE + textwrap.dedent(program)],
            cwd=home,
            env={**kept, **variables},
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-5000:]
        return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""

    return run


REGISTER = """
class AddOne(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input):
        return model_input["x"] + 1

frame = pd.DataFrame({"x": [1.0, 2.0]})
mlflow.set_experiment("/Users/%s/fraud-detection")
with mlflow.start_run():
    mlflow.log_metric("val_auc", 0.9)
    mlflow.pyfunc.log_model(
        name="model",
        python_model=AddOne(),
        signature=infer_signature(frame, frame["x"] + 1),
        pip_requirements=["mlflow"],
        registered_model_name="%s",
    )
"""


@pytest.fixture(scope="module")
def in_dev(run_as):
    """What a data scientist registered."""
    run_as("dana@acme.com", REGISTER % ("dana@acme.com", "dev.ml.fraud_score"))
    return "dev.ml.fraud_score"


@pytest.fixture(scope="module")
def in_prod(run_as):
    """What an ML engineer registered."""
    run_as("emil@acme.com", REGISTER % ("emil@acme.com", "prod.ml.fraud_score"))
    return "prod.ml.fraud_score"


def test_a_data_scientist_registers_in_dev_and_loads_it(run_as, in_dev):
    assert "42.0" in run_as(
        "dana@acme.com",
        f"""
        model = mlflow.pyfunc.load_model("models:/{in_dev}/1")
        print(list(model.predict(pd.DataFrame({{"x": [41.0]}}))))
        """,
    )


def test_a_data_scientist_sees_in_no_list_search_or_error_that_prod_exists(run_as, in_dev, in_prod):
    run_as(
        "dana@acme.com",
        f"""
        assert [model.name for model in client.search_registered_models()] == ["{in_dev}"]
        names = [catalog.name for catalog in workspace.catalogs.list()]
        assert "dev" in names and not {{"prod", "staging"}} & set(names), names

        def plain(text, name):
            return text.replace(name, "?").replace(name.split(".")[0], "?")

        def same(operation, there, absent):
            # Word for word what is said of a thing that does not exist.
            told = refused(lambda: operation(there), "not exist", "NOT_FOUND", "not found")
            other = refused(lambda: operation(absent), "not exist", "NOT_FOUND", "not found")
            assert plain(told, there) == plain(other, absent), (told, other)

        same(lambda name: client.get_registered_model(name), "{in_prod}", "prod.ml.fraud_sc0re")
        same(lambda name: client.get_registered_model(name), "{in_prod}", "pr0d.ml.fraud_score")
        same(lambda name: client.get_model_version(name, "1"), "{in_prod}", "prod.ml.fraud_sc0re")
        same(lambda name: client.get_model_version_by_alias(name, "champion"), "{in_prod}", "prod.ml.fraud_sc0re")
        same(lambda name: client.create_registered_model(name), "prod.ml.mine", "pr0d.ml.mine")
        same(lambda name: client.set_registered_model_alias(name, "champion", "1"), "{in_prod}", "pr0d.ml.fraud_score")
        same(lambda name: client.delete_registered_model(name), "{in_prod}", "pr0d.ml.fraud_score")
        same(lambda name: mlflow.pyfunc.load_model(f"models:/{{name}}/1"), "{in_prod}", "prod.ml.fraud_sc0re")
        same(lambda name: workspace.catalogs.get(name), "prod", "pr0d")
        same(lambda name: list(workspace.schemas.list(name)), "prod", "pr0d")
        same(lambda name: workspace.registered_models.get(name), "{in_prod}", "prod.ml.fraud_sc0re")
        """,
    )


def test_a_model_reviewer_moves_the_champion_in_prod_and_writes_nothing(run_as, in_prod):
    run_as(
        "rosa@acme.com",
        f"""
        client.set_registered_model_alias("{in_prod}", "champion", "1")
        assert client.get_model_version_by_alias("{in_prod}", "champion").version == "1"
        print(list(mlflow.pyfunc.load_model("models:/{in_prod}@champion").predict(pd.DataFrame({{"x": [1.0]}}))))
        denied = ("PERMISSION_DENIED", "Permission denied", "PermissionDenied")
        refused(lambda: client.set_registered_model_tag("{in_prod}", "a", "b"), *denied)
        refused(lambda: client.update_registered_model("{in_prod}", description="mine"), *denied)
        refused(lambda: client.update_model_version("{in_prod}", "1", description="mine"), *denied)
        refused(lambda: client.delete_model_version("{in_prod}", "1"), *denied)
        refused(lambda: client.delete_registered_model("{in_prod}"), *denied)
        refused(lambda: client.create_registered_model("prod.ml.mine"), *denied)
        """,
    )


def test_the_activity_of_a_model_names_no_place_that_one_does_not_see(installation, tokens, in_prod):
    def activity(name, token):
        path = "/api/slipway/v1/registered-models/activity"
        return installation.call("POST", path, {"name": name}, f"Bearer {token}")["changes"]

    with pytest.raises(urllib.error.HTTPError, match="404"):
        activity(in_prod, tokens["dana@acme.com"])
    admin = "/api/2.1/unity-catalog"
    installation.call("POST", f"{admin}/catalogs", {"name": "vault"})
    installation.call("POST", f"{admin}/schemas", {"catalog_name": "vault", "name": "ml"})
    moved = {"name": "vault.ml.churn", "new_name": "dev.ml.churn"}
    installation.call("POST", "/api/2.0/mlflow/registered-models/create", {"name": moved["name"]})
    installation.call("POST", "/api/2.0/mlflow/registered-models/rename", moved)
    grant = {"changes": [{"principal": "dana@acme.com", "add": ["EXECUTE"]}]}
    installation.call("PATCH", f"{admin}/permissions/function/{moved['new_name']}", grant)
    told = activity(moved["new_name"], tokens["dana@acme.com"])
    assert [change["kind"] for change in told] == ["renamed", "created"]
    assert (told[0]["to"], "from" in told[0]) == (moved["new_name"], False)
    assert activity(moved["new_name"], ADMIN_TOKEN)[0]["from"] == moved["name"]


def test_an_engineer_may_not_give_rights_on_a_catalog(run_as, in_prod):
    run_as(
        "emil@acme.com",
        """
        from databricks.sdk.service import catalog
        change = catalog.PermissionsChange(principal="Data Scientists", add=[catalog.Privilege.USE_CATALOG])
        refused(lambda: workspace.grants.update("catalog", "prod", changes=[change]), "ermission")
        """,
    )


def test_everything_is_in_the_audit_log(installation, run_as, in_dev, in_prod):
    def has(**query):
        deadline = time.monotonic() + 5
        while not (found := installation.audit(**query)) and time.monotonic() < deadline:
            time.sleep(0.2)
        return found

    moved = has(principal="rosa@acme.com", action="model.promote", outcome="succeeded")
    assert moved[0]["securable"] == f"model:{in_prod}"
    assert "champion" in moved[0]["subject"]
    assert has(principal="rosa@acme.com", outcome="denied")
    assert has(principal="rosa@acme.com", action="model.read-files", securable=f"model:{in_prod}")
    assert has(principal="dana@acme.com", outcome="denied", securable=f"model:{in_prod}")
    assert has(principal="dana@acme.com", action="experiment.edit")
    assert has(action="members.changed") and has(action="grants.changed", securable="catalog:prod")
    whole = installation.call("GET", "/api/slipway/v1/audit/verification")
    assert whole["whole"], whole["faults"]

    who = installation.call(
        "GET", f"/api/slipway/v1/access/who-could?action=model.promote&securable=model:{in_prod}"
    )["principals"]
    assert {each["principal"] for each in who if not each["is_admin"]} == {"rosa@acme.com", "emil@acme.com"}


def test_the_log_verifies_and_one_flipped_byte_is_found(installation, run_as, in_prod, tmp_path):
    # Killed, not stopped: what was answered is recorded.
    before = installation.audit(action="model.promote", outcome="succeeded")
    installation.stop(signal.SIGKILL)
    assert "The audit log is whole" in installation.slipway("audit", "verify", "--home", str(installation.home))
    exported = installation.slipway("audit", "export", "--home", str(installation.home)).splitlines()
    records = [json.loads(line) for line in exported if line.startswith('{"type":"record"')]
    promoted = [each for each in records if each["action"] == "model.promote" and each["outcome"] == "succeeded"]
    assert {each["hash"] for each in promoted} == {each["hash"] for each in before}

    # The subject of a record stands in no index: one place in the file.
    changed = tmp_path / "changed"
    shutil.copytree(installation.home, changed)
    subject = promoted[0]["subject"].encode()
    database = changed / "slipway.db"
    content = bytearray(database.read_bytes())
    hash_ = promoted[0]["hash"].encode()
    at = content.find(hash_)
    assert at >= 0, "the log is not in the file"
    place = content.rfind(subject, 0, at)
    assert 0 <= at - place < 2000
    content[place] ^= 1
    database.write_bytes(content)
    said = installation.slipway("audit", "verify", "--home", str(changed), expect=1)
    assert re.search(rf"BROKEN: Record {promoted[0]['seq']} of chain {promoted[0]['chain']} was changed", said), said
