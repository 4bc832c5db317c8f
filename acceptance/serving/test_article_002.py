"""The serving part of article 002 as its reader runs it, with the seventh version of the model that it names."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from conftest import Asking, until
from databricks.sdk.errors import NotFound, ResourceAlreadyExists
from databricks.sdk.service.serving import DataframeSplitInput, ServedEntityInput
from mlflow import MlflowClient
from models import log_estimator
from sklearn.ensemble import GradientBoostingClassifier

PROGRAM = Path(__file__).parent / "articles" / "fraud_serving.py"
MODEL = "prod.ml.fraud_score"
ENDPOINT = "fraud-score"
COLUMNS = ["amount", "hour"]
FRAUD, HONEST = [300.0, 3.0], [5.0, 12.0]
OLD = '{"predictions": [1]}'
NEW = '{"predictions": [11]}'


@pytest.fixture
def catalog(url, token, workspace, monkeypatch):
    """`prod` with the schema `ml`, and clients that a variable tells of them, as on Databricks."""
    monkeypatch.setenv("DATABRICKS_HOST", url)
    monkeypatch.setenv("DATABRICKS_TOKEN", token)
    mlflow.set_tracking_uri("databricks")
    mlflow.set_registry_uri("databricks-uc")
    # Of an earlier run that was interrupted.
    clear(workspace)
    with contextlib.suppress(ResourceAlreadyExists):
        workspace.catalogs.create("prod")
    workspace.schemas.create("ml", "prod")
    yield "prod"
    clear(workspace)


def clear(workspace):
    with contextlib.suppress(NotFound):
        workspace.serving_endpoints.delete(ENDPOINT)
    with contextlib.suppress(NotFound):
        workspace.catalogs.delete("prod", force=True)


@pytest.fixture
def fraud_score(catalog):
    """The model of the article with eight versions: the classes of the eighth are 10 and 11."""
    rows = np.random.default_rng(7)
    frame = pd.DataFrame({"amount": rows.exponential(80, 400), "hour": rows.integers(0, 24, 400).astype(float)})
    fraud = ((frame["amount"] > 100) & (frame["hour"] < 6) | (frame["amount"] > 250)).astype(int)
    fit = GradientBoostingClassifier(n_estimators=20, max_depth=4, random_state=0).fit
    log_estimator(MODEL, fit(frame, fraud), frame)
    source = MlflowClient().get_model_version(MODEL, "1").source
    for version in range(2, 8):
        assert int(mlflow.register_model(source, MODEL).version) == version
    assert int(log_estimator(MODEL, fit(frame, fraud + 10), frame)) == 8
    return MODEL


def test_the_serving_part_runs_as_it_is_and_keeps_every_request(workspace, http, url, token, fraud_score, select):
    program = [sys.executable, str(PROGRAM)]
    done = subprocess.run(program, env=dict(os.environ), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    endpoints = workspace.serving_endpoints
    made = endpoints.wait_get_serving_endpoint_not_updating(ENDPOINT)
    assert made.state.ready.value == "READY"
    assert made.config.served_entities[0].entity_version == "7"
    table = made.config.auto_capture_config.state.payload_table.name
    assert table.endswith("fraud_score_inference_payload")

    asked = DataframeSplitInput(columns=COLUMNS, data=[FRAUD, HONEST])
    assert endpoints.query(name=ENDPOINT, dataframe_split=asked).predictions == [1, 0]
    assert curl(url, token) == {"predictions": [1]}

    # "Promotion is one alias swap, not a redeploy."
    client = MlflowClient()
    client.set_registered_model_alias(name="prod.ml.fraud_score", alias="champion", version=7)
    body = {"dataframe_split": {"columns": COLUMNS, "data": [FRAUD]}}
    with Asking(http, ENDPOINT, body, threads=2) as asking:
        champion = ServedEntityInput(
            entity_name=MODEL, entity_version="@champion", workload_size="Small", scale_to_zero_enabled=True
        )
        endpoints.update_config_and_wait(name=ENDPOINT, served_entities=[champion])
        client.set_registered_model_alias(name="prod.ml.fraud_score", alias="champion", version=8)
        until(lambda: asking.said() == {NEW})
    assert {status for status, _ in asking.answers} == {200}
    assert {text for _, text in asking.answers} == {OLD, NEW}

    # Each is a row, those asked by the SDK and by curl too, and what the probes of a new version ask is none.
    sent = len(asking.answers) + 2
    counted = "SELECT status_code, response, count(*) FROM prod.ml.fraud_score_inference_payload GROUP BY ALL"
    rows = {}

    def all_there():
        rows.update({(status, response): int(count) for status, response, count in select(counted)})
        return sum(rows.values()) >= sent

    until(all_there, 90, every=0.5)
    texts = [text for _, text in asking.answers]
    assert rows == {
        ("200", OLD): texts.count(OLD) + 1,
        ("200", NEW): texts.count(NEW),
        ("200", '{"predictions": [1, 0]}'): 1,
    }


def curl(url, token):
    row = json.dumps({"dataframe_split": {"columns": COLUMNS, "data": [FRAUD]}})
    command = [
        *("curl", "-sS", "-X", "POST", f"{url}/serving-endpoints/{ENDPOINT}/invocations", "-d", row),
        *("-H", f"Authorization: Bearer {token}", "-H", "Content-Type: application/json"),
    ]
    return json.loads(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)
