"""`slipway models serve` beside MLflow's own command, on a model that the real mlflow logged: the one-liner of the article."""

import gzip
import http.server
import json
import os
import pathlib
import subprocess
import threading

import pytest
import requests
from commands import ROOT, SLIPWAY, free_port, scoring_servers, slipway
from conftest import until
from mlflow import MlflowClient
from models import COLUMNS, ROW, iris, log_estimator
from sklearn.ensemble import RandomForestClassifier

RECORD = dict(zip(COLUMNS, ROW))
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def churn(experiment):
    """The model of the article under the name that it has there, with its newest version in production."""
    name = "ChurnPredictionModel"
    frame, target = iris()
    version = log_estimator(name, RandomForestClassifier(n_estimators=20, random_state=0).fit(frame, target), frame)
    MlflowClient().transition_model_version_stage(name, version, "Production", archive_existing_versions=True)
    return name


class Collector:
    """Receives spans over OTLP, as a collector of OpenTelemetry does."""

    def __init__(self):
        received = self.received = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path == "/v1/traces" and self.headers["Content-Type"] == "application/json":
                    received.append(json.loads(body))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def spans_of(self, trace):
        return [
            span
            for sent in list(self.received)
            for resource in sent["resourceSpans"]
            for scope in resource["scopeSpans"]
            for span in scope["spans"]
            if span["traceId"] == trace
        ]


@pytest.fixture
def collector():
    made = Collector()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def body(value):
    return {"data": json.dumps(value), "headers": JSON}


def split(data, columns=COLUMNS):
    return body({"dataframe_split": {"columns": columns, "data": data}})


def literal(word):
    columns = json.dumps(COLUMNS)
    return {"data": f'{{"dataframe_split": {{"columns": {columns}, "data": [[{word}, 3.5, 1.4, 0.2]]}}}}', "headers": JSON}


PROBES = {
    "split": split([ROW]),
    "records": body({"dataframe_records": [RECORD, {**RECORD, "petal width (cm)": 2.0, "petal length (cm)": 6}]}),
    "instances list of dicts": body({"instances": [RECORD]}),
    "instances 2d list": body({"instances": [ROW]}),
    "inputs 2d list": body({"inputs": [ROW]}),
    "inputs dict of lists": body({"inputs": {name: [value] for name, value in RECORD.items()}}),
    "inputs list of dicts": body({"inputs": [RECORD]}),
    "csv": {"data": ",".join(COLUMNS) + "\n5.1,3.5,1.4,0.2\n", "headers": {"Content-Type": "text/csv"}},
    "csv missing column": {"data": ",".join(COLUMNS[:3]) + "\n5.1,3.5,1.4\n", "headers": {"Content-Type": "text/csv"}},
    "csv bad value": {"data": ",".join(COLUMNS) + "\n5.1,abc,1.4,0.2\n", "headers": {"Content-Type": "text/csv"}},
    "missing column": split([ROW[:3]], COLUMNS[:3]),
    "a text that is no number": split([["a", 3.5, 1.4, 0.2]]),
    "numbers as texts": split([["5.1", "3.5", "1.4", "0.2"]]),
    "integers": split([[5, 3, 1, 0]]),
    "booleans": split([[True, False, True, False]]),
    "extra column": split([[*ROW, 9]], [*COLUMNS, "extra"]),
    "reordered columns": split([ROW[::-1]], COLUMNS[::-1]),
    "no columns": body({"dataframe_split": {"data": [ROW]}}),
    "ragged": split([ROW[:3]]),
    "null": split([[None, 3.5, 1.4, 0.2]]),
    "NaN": literal("NaN"),
    "Infinity": literal("Infinity"),
    "zero rows": split([]),
    "bad JSON": {"data": '{"dataframe_split": ', "headers": JSON},
    "empty body": {"data": "", "headers": JSON},
    "empty object": body({}),
    "JSON list": body([1, 2]),
    "JSON number": body(5),
    "two formats": body({"inputs": [RECORD], "instances": [RECORD]}),
    "unknown key": body({"dataframe_records": [RECORD], "more": 1}),
    "wrong width": body({"inputs": [[1, 2]]}),
    "params of a model that has none": body({"dataframe_records": [RECORD], "params": {"alpha": 1}}),
    "params that are no object": body({"dataframe_records": [RECORD], "params": 5}),
    "chat": body({"messages": [{"role": "user", "content": "x"}]}),
    "utf-8": {**split([ROW]), "headers": {"Content-Type": "application/json; charset=utf-8"}},
    "latin-1": {**split([ROW]), "headers": {"Content-Type": "application/json; charset=latin-1"}},
    "format parameter": {**split([ROW]), "headers": {"Content-Type": "application/json; format=pandas-split"}},
    "plain text": {**split([ROW]), "headers": {"Content-Type": "text/plain"}},
    "invalid utf-8": {"data": bytes.fromhex("7b22696e70757473223a2022ff227d"), "headers": JSON},
    "no Parquet": {"data": b"PAR1", "headers": {"Content-Type": "application/vnd.apache.parquet"}},
}

# Where ours answers otherwise on purpose: what MLflow's server answers, and what ours does.
DIFFERENCES = {
    "upper case": ({**split([ROW]), "headers": {"Content-Type": "Application/JSON"}}, 415, 200),
    "no content type": ({**split([ROW]), "headers": {"Content-Type": None}}, 500, 200),
    "gzip": (
        {"data": gzip.compress(split([ROW])["data"].encode()), "headers": {**JSON, "Content-Encoding": "gzip"}},
        400,
        200,
    ),
}


def told(answer):
    """What clients act upon: messages may differ."""
    try:
        said = answer.json()
    except ValueError:
        said = {}
    facts = {key: said.get(key) for key in ("predictions", "error_code", "error_class", "sqlstate", "detail")}
    return answer.status_code, facts


def test_the_one_liner_answers_as_mlflow_does(churn, home, collector):
    one_liner = ["serve", "-m", f"models:/{churn}/Production", "--env-manager", "local"]
    telling = ["--otlp-endpoint", collector.url]
    with scoring_servers(home, ["mlflow", "models", *one_liner], [*SLIPWAY, *one_liner, *telling]) as (theirs, ours):
        for name, probe in PROBES.items():
            expected, got = (requests.post(f"{at}/invocations", timeout=60, **probe) for at in (theirs, ours))
            assert (name, told(got)) == (name, told(expected))
            assert "stack_trace" not in got.text
        for name, (probe, their_status, our_status) in DIFFERENCES.items():
            statuses = [requests.post(f"{at}/invocations", timeout=60, **probe).status_code for at in (theirs, ours)]
            assert (name, statuses) == (name, [their_status, our_status])
        for method, path in (
            ("GET", "/ping"),
            ("GET", "/health"),
            ("GET", "/version"),
            ("HEAD", "/ping"),
            ("GET", "/invocations"),
            ("POST", "/nope"),
        ):
            expected, got = (requests.request(method, at + path, timeout=60) for at in (theirs, ours))
            assert (path, got.status_code, got.text) == (path, expected.status_code, expected.text)
        for at in (theirs, ours):
            assert curl(f"{at}/invocations") == {"predictions": [0]}
        traced = {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}
        assert requests.post(f"{ours}/invocations", timeout=60, **split([ROW]) | {"headers": JSON | traced}).ok
        until(lambda: len(collector.spans_of("4bf92f3577b34da6a3ce929d0e0e4736")) == 3)
        whole, *parts = collector.spans_of("4bf92f3577b34da6a3ce929d0e0e4736")
        assert whole["parentSpanId"] == "00f067aa0ba902b7"
        assert {part["parentSpanId"] for part in parts} == {whole["spanId"]}


def curl(address):
    """As people test what they serve."""
    row = json.dumps({"dataframe_split": {"columns": COLUMNS, "data": [ROW]}})
    command = ["curl", "-sS", "-X", "POST", address, "-H", "Content-Type: application/json", "-d", row]
    return json.loads(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)


def test_an_environment_of_the_models_own_is_made_once(churn, home):
    folder = pathlib.Path(os.environ["SLIPWAY_ENVIRONMENTS"])
    made = []
    for _ in range(2):
        with scoring_servers(home, [*SLIPWAY, "serve", "-m", f"models:/{churn}/latest"], within=600) as [at]:
            assert requests.post(f"{at}/invocations", timeout=60, **PROBES["split"]).json() == {"predictions": [0]}
        made.append({path.name for path in folder.iterdir() if len(path.name) == 64})
    assert made[0] == made[1] != set()


def test_what_cannot_be_served_is_said(churn, home, tmp_path):
    (tmp_path / "MLmodel").write_text("flavors:\n  python_function:\n    loader_module: x\nmlflow_version: 3.17.2\n")
    (tmp_path / "requirements.txt").write_text("six==99.9\nmlflow==3.17.2\n")
    for model, message in (
        (f"models:/{churn}/Archived", "No version of"),
        (f"models:/{churn}/4711", "4711"),
        ("models:/nobody-has-this/1", "nobody-has-this"),
        (str(tmp_path), "six==99.9: there is no such version in the index."),
        (f"$(touch {tmp_path}/pwned)", "no folder"),
    ):
        ended = slipway(home, "serve", "-m", model, "-p", str(free_port()))
        assert (model, ended.returncode) == (model, 1)
        assert message in ended.stderr
    assert not (tmp_path / "pwned").exists()


def test_the_folder_of_an_image_serves_the_model(churn, home, tmp_path):
    out = tmp_path / "image"
    ended = slipway(home, "build-image", "-m", f"models:/{churn}/Production", "-o", str(out), "--target", "kubernetes")
    assert ended.returncode == 0, ended.stderr
    assert {"Dockerfile", "serve", "kubernetes.yaml", "requirements.txt", "model", "program", "README.md"} <= set(os.listdir(out))
    assert "mlflow==3.17.2 \\\n    --hash=sha256:" in (out / "requirements.txt").read_text()
    # What `npm install` and `pip install` would bring is here already.
    (out / "program/node_modules").symlink_to(ROOT / "node_modules")
    command = [SLIPWAY[0], str(out / "program/dist/main.js"), "models", "serve", "-m", str(out / "model"), "--env-manager", "local"]
    with scoring_servers(home, command) as [at]:
        assert requests.post(f"{at}/invocations", timeout=60, **PROBES["split"]).json() == {"predictions": [0]}
    again = slipway(home, "build-image", "-m", f"models:/{churn}/Production", "-o", str(out))
    assert again.returncode == 1
    assert "is not empty" in again.stderr
