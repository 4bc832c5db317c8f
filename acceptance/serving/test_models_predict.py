"""`slipway models predict`: tables in and out, with the answers that an endpoint gives."""

import json
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import psutil
import pytest
from commands import SLIPWAY, slipway, started
from conftest import config, entity
from databricks.sdk.service.serving import Route, TrafficConfig
from mlflow.models import infer_signature
from models import Scaled, Table, Words, log_estimator, log_python_model
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression

ROWS_AT_ONCE = 40


def log_kinds(stem):
    """Registers models of different kinds. @returns by kind: the model, rows for it, and the form in which they are kept"""
    iris = load_iris(as_frame=True)
    patients, progress = load_diabetes(return_X_y=True, as_frame=True)
    names = RandomForestClassifier(n_estimators=5, random_state=1).fit(iris.data, iris.target_names[iris.target])
    numbers = pd.DataFrame({"x": np.linspace(-3, 3, 101)})
    words = pd.DataFrame({"text": ["one", "two words", 'a "quoted", text', "a\nline", "äöü 日本"] * 20})
    log_estimator(f"numbers-{stem}", LinearRegression().fit(patients, progress), patients)
    log_estimator(f"names-{stem}", names, iris.data)
    answer = Table().predict(None, numbers)
    log_python_model(f"records-{stem}", Table(), signature=infer_signature(numbers, answer))
    log_python_model(f"texts-{stem}", Words(), signature=infer_signature(words, ["1: a"]))
    params = infer_signature(numbers, [1.0], params={"factor": 2.0})
    log_python_model(f"scaled-{stem}", Scaled(), signature=params)
    return {
        "numbers": (f"numbers-{stem}", patients, "parquet"),
        "names": (f"names-{stem}", iris.data, "csv"),
        "records": (f"records-{stem}", numbers, "delta"),
        "texts": (f"texts-{stem}", words, "csv"),
        "scaled": (f"scaled-{stem}", numbers, "parquet"),
    }


@pytest.fixture(scope="module")
def kinds(forest):
    return log_kinds(forest)


@pytest.fixture(scope="module")
def endpoint(workspace, kinds, forest):
    """One with all of the models, each under its kind; who names none gets `scaled`."""
    name = f"batch-{forest}"
    workspace.serving_endpoints.create_and_wait(
        name=name,
        config=config(
            name,
            *(entity(model, name=kind) for kind, (model, _, _) in kinds.items()),
            traffic_config=TrafficConfig(
                routes=[
                    Route(served_model_name=kind, traffic_percentage=100 if kind == "scaled" else 0) for kind in kinds
                ]
            ),
        ),
    )
    yield name
    workspace.serving_endpoints.delete(name)


def write(frame, place, form):
    if form == "csv":
        frame.to_csv(place, index=False)
    elif form == "parquet":
        frame.to_parquet(place, index=False)
    else:
        write_delta(frame, place)


DELTA_TYPES = {"float64": "double", "int64": "long", "str": "string", "object": "string"}


def write_delta(frame, folder):
    """A table of two commits, by hand: the log is JSON."""
    log = folder / "_delta_log"
    log.mkdir(parents=True)
    fields = [
        {"name": name, "type": DELTA_TYPES[str(dtype)], "nullable": True, "metadata": {}}
        for name, dtype in frame.dtypes.items()
    ]
    schema = json.dumps({"type": "struct", "fields": fields})
    metadata = {"id": "t", "format": {"provider": "parquet", "options": {}}, "schemaString": schema}
    head = [
        {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
        {"metaData": {**metadata, "partitionColumns": [], "configuration": {}}},
    ]
    half = len(frame) // 2
    for version, part in enumerate((frame.iloc[:half], frame.iloc[half:])):
        file = folder / f"part-{version}.parquet"
        part.to_parquet(file, index=False)
        size = file.stat().st_size
        added = {"path": file.name, "partitionValues": {}, "size": size, "modificationTime": 0, "dataChange": True}
        actions = [*(head if version == 0 else []), {"add": added}]
        (log / f"{version:020}.json").write_text("\n".join(map(json.dumps, actions)))


def read(place, form):
    if form == "csv":
        return pd.read_csv(place, keep_default_na=False, float_precision="round_trip")
    if form == "parquet":
        return pd.read_parquet(place)
    added = [
        json.loads(line).get("add")
        for commit in sorted((place / "_delta_log").glob("*.json"))
        for line in commit.read_text().splitlines()
    ]
    return pd.concat([pd.read_parquet(place / add["path"]) for add in added if add], ignore_index=True)


def place_of(folder, name, form):
    return folder / (name if form == "delta" else f"{name}.{form}")


@pytest.fixture(scope="module")
def batches(kinds, home, tmp_path_factory):
    """By kind: what `slipway models predict` said and wrote, with the model in processes of its own."""
    folder = tmp_path_factory.mktemp("batches")

    def predict(kind):
        model, frame, form = kinds[kind]
        rows, answers = place_of(folder, f"{kind}-in", form), place_of(folder, f"{kind}-out", form)
        write(frame, rows, form)
        ended = slipway(
            home,
            *("predict", "-m", f"models:/{model}/1", "--env-manager", "local"),
            *("-i", str(rows), "-o", str(answers), "--batch", str(ROWS_AT_ONCE)),
        )
        return ended, answers

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(kinds, pool.map(predict, kinds)))


def online(http, endpoint, frame, *, entity=None, **more):
    """The answers of the endpoint, in the portions of the batch: sums may differ in the last bit by how many rows there are."""
    of = f"/served-models/{entity}" if entity else ""
    answers = []
    for first in range(0, len(frame), ROWS_AT_ONCE):
        rows = frame.iloc[first : first + ROWS_AT_ONCE]
        split = {"columns": list(frame.columns), "data": rows.values.tolist()}
        body = {"dataframe_split": split, **more}
        answer = http("POST", f"/serving-endpoints/{endpoint}{of}/invocations", json=body)
        assert answer.status_code == 200, answer.text
        answers += answer.json()["predictions"]
    return as_columns(answers)


def as_columns(answers):
    if isinstance(answers[0], dict):
        return pd.DataFrame(answers).add_prefix("prediction_")
    return pd.DataFrame({"prediction": answers})


def assert_same(answers, expected):
    # An endpoint may answer by the compiled form, whose scores may differ by so much; what is decided may not.
    scores = {} if expected.select_dtypes("float").empty else {"rtol": 1e-6, "atol": 1e-6}
    pd.testing.assert_frame_equal(
        answers[expected.columns], expected, check_dtype=False, check_exact=not scores, **scores
    )


@pytest.mark.parametrize("kind", ["numbers", "names", "records", "texts", "scaled"])
def test_batches_give_what_an_endpoint_answers(kinds, batches, http, endpoint, kind):
    _, frame, form = kinds[kind]
    ended, place = batches[kind]
    assert ended.returncode == 0, ended.stderr
    assert f"{len(frame):,} rows in" in ended.stderr
    rows = read(place, form)
    assert_same(rows, online(http, endpoint, frame, entity=kind))
    if form != "csv":
        pd.testing.assert_frame_equal(rows[frame.columns], frame)


@pytest.mark.parametrize("form", ["csv", "parquet", "delta"])
def test_an_endpoint_is_asked_for_batches_also_with_params(kinds, http, endpoint, url, token, home, tmp_path, form):
    _, frame, _ = kinds["scaled"]
    rows = place_of(tmp_path, "in", form)
    write(frame, rows, form)
    for name, flags, more in (("plain", [], {}), ("tripled", ["--params", '{"factor": 3}'], {"params": {"factor": 3}})):
        out = place_of(tmp_path, name, form)
        where = ["--endpoint", endpoint, "--url", url, "--token", token]
        ended = slipway(home, "predict", *where, "-i", str(rows), "-o", str(out), "--batch", str(ROWS_AT_ONCE), *flags)
        assert ended.returncode == 0, ended.stderr
        assert token not in ended.stdout + ended.stderr
        answers = read(out, form)
        assert_same(answers, online(http, endpoint, frame, **more))
        assert_same(answers, as_columns([x * (3 if flags else 2) for x in frame["x"]]))


def test_a_batch_that_was_killed_goes_on_where_it_was(kinds, home, tmp_path):
    model, _, _ = kinds["texts"]
    texts = [f"text {number}" for number in range(3000)]
    pd.DataFrame({"text": texts}).to_csv(tmp_path / "in.csv", index=False)
    files = ["-i", str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv")]
    command = ["predict", "-m", f"models:/{model}/1", "--env-manager", "local", *files]
    with started([*SLIPWAY, *command, "--batch", "1"], home, tmp_path / "log.txt") as child:
        deadline = time.monotonic() + 300
        while rows_done(tmp_path / "out.csv.progress.json") < 50:
            assert child.poll() is None, (tmp_path / "log.txt").read_text()
            assert time.monotonic() < deadline, (tmp_path / "log.txt").read_text()
            time.sleep(0.02)
        descendants = psutil.Process(child.pid).children(recursive=True)
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert not (tmp_path / "out.csv").exists()
    before = rows_done(tmp_path / "out.csv.progress.json")
    assert 50 <= before < 3000
    _, alive = psutil.wait_procs(descendants, timeout=60)
    assert alive == [], "processes with the model outlived their command"

    ended = slipway(home, *command)
    assert ended.returncode == 0, ended.stderr
    assert f"Going on after {before:,} rows" in ended.stderr
    assert re.search(r"^3,000 rows in \d", ended.stderr, re.MULTILINE)
    answers = pd.read_csv(tmp_path / "out.csv")
    assert list(answers["prediction"]) == [f"2: {text}" for text in texts]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "log.txt", "out.csv"]


def rows_done(note):
    try:
        return json.loads(note.read_text())["rows"]
    except FileNotFoundError:
        return 0


def test_a_bad_row_is_told_and_the_rest_is_kept(shared_endpoint, url, token, home, tmp_path):
    rows = load_iris(as_frame=True).data.astype(object)
    rows.iloc[100, 2] = "many"
    rows.to_csv(tmp_path / "in.csv", index=False)
    where = ["--endpoint", shared_endpoint, "--url", url, "--token", token]
    ended = slipway(home, "predict", *where, "-i", f"{tmp_path}/in.csv", "-o", f"{tmp_path}/out.csv", "--batch", "20")
    assert ended.returncode == 1
    assert "Rows 101 to 120 (the first is row 1): " in ended.stderr
    assert "petal length (cm)" in ended.stderr
    assert not (tmp_path / "out.csv").exists()
    assert json.loads((tmp_path / "out.csv.progress.json").read_text())["rows"] == 100
