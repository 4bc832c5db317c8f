"""`slipway models …` beside MLflow's own command, on models that the real mlflow logged."""

import contextlib
import gzip
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

import cloudpickle
import mlflow
import numpy as np
import pandas as pd
import pytest
import requests
from mlflow import MlflowClient
from mlflow.models import infer_signature
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression

ROOT = pathlib.Path(__file__).parents[2]
SLIPWAY = [str(ROOT / "node_modules/.bin/node"), str(ROOT / "server/dist/main.js")]
COLUMNS = ["sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"]
ROW = [5.1, 3.5, 1.4, 0.2]
RECORD = dict(zip(COLUMNS, ROW))
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Copies of models and environments are shared by the tests, as they are by a user's commands."""
    return tmp_path_factory.mktemp("slipway-home")


@pytest.fixture(scope="module")
def churn(url):
    """The model of the article under the name that it has there, with its newest version in production."""
    name = "ChurnPredictionModel"
    frame, target = load_iris(return_X_y=True, as_frame=True)
    model = RandomForestClassifier(n_estimators=20, random_state=0).fit(frame, target)
    version = log(model, frame, name)
    MlflowClient().transition_model_version_stage(name, version, "Production", archive_existing_versions=True)
    return name


def log(model, frame, name=None):
    mlflow.set_tracking_uri(os.environ["MLFLOW_TRACKING_URI"])
    with mlflow.start_run():
        info = mlflow.sklearn.log_model(
            model,
            name="model",
            signature=infer_signature(frame, model.predict(frame)),
            input_example=frame.head(2),
            registered_model_name=name,
            # The default format of plain http refuses trees.
            serialization_format="cloudpickle",
        )
    return info.registered_model_version if name else info.model_uri


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def environment(home):
    # The environment of the tests is the activated one: what `local` means.
    path = f"{pathlib.Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "SLIPWAY_HOME": str(home)}


@contextlib.contextmanager
def serving(command, home, within=300):
    """Runs a scoring server until the block ends; gives its address once it answers."""
    port = free_port()
    log_file = home / f"log-{port}.txt"
    with log_file.open("wb") as out:
        child = subprocess.Popen(
            [*command, "-p", str(port)],
            env=environment(home),
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        at = f"http://127.0.0.1:{port}"
        try:
            deadline = time.monotonic() + within
            while True:
                with contextlib.suppress(requests.ConnectionError):
                    if requests.get(f"{at}/ping", timeout=10).ok:
                        break
                assert child.poll() is None, log_file.read_text()
                assert time.monotonic() < deadline, log_file.read_text()
                time.sleep(0.2)
            yield at
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGTERM)
            try:
                child.wait(timeout=30)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)


def slipway(home, *args):
    return subprocess.run([*SLIPWAY, "models", *args], env=environment(home), capture_output=True, text=True, timeout=600)


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


def test_the_one_liner_answers_as_mlflow_does(churn, home):
    uri = f"models:/{churn}/Production"
    theirs = ["mlflow", "models", "serve", "-m", uri, "--env-manager", "local"]
    ours = [*SLIPWAY, "models", "serve", "-m", uri, "--env-manager", "local"]
    with serving(theirs, home) as their_address, serving(ours, home) as our_address:
        for name, probe in PROBES.items():
            expected, got = (requests.post(f"{at}/invocations", timeout=60, **probe) for at in (their_address, our_address))
            assert (name, told(got)) == (name, told(expected))
            assert "stack_trace" not in got.text
        for name, (probe, their_status, our_status) in DIFFERENCES.items():
            statuses = [requests.post(f"{at}/invocations", timeout=60, **probe).status_code for at in (their_address, our_address)]
            assert (name, statuses) == (name, [their_status, our_status])
        for method, path in (
            ("GET", "/ping"),
            ("GET", "/health"),
            ("GET", "/version"),
            ("HEAD", "/ping"),
            ("GET", "/invocations"),
            ("POST", "/nope"),
        ):
            expected, got = (requests.request(method, at + path, timeout=60) for at in (their_address, our_address))
            assert (path, got.status_code, got.text) == (path, expected.status_code, expected.text)


def test_an_environment_of_the_models_own_is_made_once(churn, home):
    command = [*SLIPWAY, "models", "serve", "-m", f"models:/{churn}/latest"]
    for _ in range(2):
        with serving(command, home, within=600) as at:
            answer = requests.post(f"{at}/invocations", timeout=60, **PROBES["split"])
            assert answer.json() == {"predictions": [0]}
    made = [name for name in os.listdir(home / "environments") if len(name) == 64]
    assert len(made) == 1


@pytest.fixture(scope="module")
def batch_models(churn, url):
    """Models of different kinds, each with a table of rows for it."""
    flowers = load_iris(as_frame=True).data
    patients, progress = load_diabetes(return_X_y=True, as_frame=True)
    regression = log(LinearRegression().fit(patients, progress), patients)
    forest = log(RandomForestClassifier(n_estimators=5, random_state=1).fit(flowers, load_iris().target_names[load_iris().target]), flowers)
    table = python_model(Table(), pd.DataFrame({"x": [1.5, 2.0]}))
    texts = python_model(Words(), pd.DataFrame({"text": ["a b", "c"]}))
    words = pd.DataFrame({"text": ["one", "two words", 'a "quoted", text', "a\nline", "äöü 日本"] * 20})
    numbers = pd.DataFrame({"x": np.linspace(-3, 3, 101)})
    return {
        "classes": (f"models:/{churn}/Production", flowers),
        "numbers": (regression, patients),
        "names": (forest, flowers),
        "records": (table, numbers),
        "texts": (texts, words),
    }


class Table(mlflow.pyfunc.PythonModel):
    """Answers a table."""

    def predict(self, context, model_input, params=None):
        return pd.DataFrame({"square": model_input["x"] ** 2, "sign": ["+" if x > 0 else "-" for x in model_input["x"]]})


class Words(mlflow.pyfunc.PythonModel):
    """Answers a text for a text."""

    def predict(self, context, model_input, params=None):
        return [f"{len(str(text).split())}: {text}" for text in model_input["text"]]


def python_model(model, frame):
    mlflow.set_tracking_uri(os.environ["MLFLOW_TRACKING_URI"])
    # The processes with models do not have this file.
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    with mlflow.start_run():
        info = mlflow.pyfunc.log_model(
            name="model",
            python_model=model,
            signature=infer_signature(frame, model.predict(None, frame)),
            pip_requirements=["mlflow"],
        )
    return info.model_uri


@pytest.mark.parametrize("kind", ["classes", "numbers", "names", "records", "texts"])
def test_batches_give_what_an_endpoint_answers(batch_models, home, tmp_path, kind):
    uri, frame = batch_models[kind]
    frame.to_csv(tmp_path / "in.csv", index=False)
    frame.to_parquet(tmp_path / "in.parquet", index=False)
    local = ["-m", uri, "--env-manager", "local"]
    for form in ("csv", "parquet"):
        ended = slipway(home, "predict", *local, "-i", f"{tmp_path}/in.{form}", "-o", f"{tmp_path}/out.{form}", "--batch", "40")
        assert ended.returncode == 0, ended.stderr
        assert f"{len(frame):,} rows in" in ended.stderr
    online = []
    with serving([*SLIPWAY, "models", "serve", *local], home) as at:
        # In the same portions: a linear model's sums differ in the last bit by how many rows there are.
        for first in range(0, len(frame), 40):
            rows = frame.iloc[first : first + 40]
            from_csv, from_json = (
                requests.post(f"{at}/invocations", timeout=60, **probe).json()["predictions"]
                for probe in (
                    {"data": rows.to_csv(index=False).encode(), "headers": {"Content-Type": "text/csv"}},
                    body({"dataframe_split": rows.to_dict("split")}),
                )
            )
            assert from_csv == from_json
            online += from_json
    answers = pd.DataFrame(online)
    answers.columns = ["prediction"] if kind != "records" else [f"prediction_{name}" for name in answers.columns]

    from_parquet = pd.read_parquet(tmp_path / "out.parquet")
    pd.testing.assert_frame_equal(from_parquet[frame.columns], frame)
    pd.testing.assert_frame_equal(from_parquet[answers.columns], answers, check_dtype=False, check_exact=True)
    from_csv = pd.read_csv(tmp_path / "out.csv", keep_default_na=False, float_precision="round_trip")
    pd.testing.assert_frame_equal(from_csv[answers.columns], answers, check_dtype=False, check_exact=True)


def test_a_bad_row_is_told_and_the_rest_is_kept(batch_models, home, tmp_path):
    uri, frame = batch_models["classes"]
    rows = frame.astype(object)
    rows.iloc[100, 2] = "many"
    rows.to_csv(tmp_path / "in.csv", index=False)
    command = ["predict", "-m", uri, "--env-manager", "local", "-i", f"{tmp_path}/in.csv", "-o", f"{tmp_path}/out.csv", "--batch", "20"]
    ended = slipway(home, *command)
    assert ended.returncode == 1
    assert "Rows 101 to 120 (the first is row 1): " in ended.stderr
    assert "petal length (cm)" in ended.stderr
    assert not (tmp_path / "out.csv").exists()
    assert json.loads((tmp_path / "out.csv.progress.json").read_text())["rows"] == 100


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
    with serving(command, home) as at:
        assert requests.post(f"{at}/invocations", timeout=60, **PROBES["split"]).json() == {"predictions": [0]}
    again = slipway(home, "build-image", "-m", f"models:/{churn}/Production", "-o", str(out))
    assert again.returncode == 1
    assert "is not empty" in again.stderr
    shutil.rmtree(out)
