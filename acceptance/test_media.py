"""Images, tables and figures: what the client writes with several requests for one call."""

import time
import json

import numpy
import pandas
import pytest

pytestmark = pytest.mark.core


@pytest.fixture
def files(client):
    """files(run, folder) lists the names in it."""
    return lambda run, folder=None: [file.path for file in client.list_artifacts(run.info.run_id, folder)]


def test_an_image_of_a_name(fluent, files):
    with fluent.start_run() as run:
        fluent.log_image(numpy.zeros((4, 6, 3), dtype=numpy.uint8), "black.png")
    image = fluent.artifacts.load_image(f"{run.info.artifact_uri}/black.png")
    assert image.size == (6, 4)
    assert files(run) == ["black.png"]


@pytest.mark.since("2.13")
def test_an_image_of_a_step_has_a_full_and_a_small_file(fluent, files):
    with fluent.start_run() as run:
        fluent.log_image(
            numpy.zeros((4, 6, 3), dtype=numpy.uint8), key="dogs", step=3, timestamp=1700000000000
        )
    # Clients write images in the background.
    for _ in range(50):
        if len(files(run, "images")) == 2:
            break
        time.sleep(0.1)
    full, small = sorted(files(run, "images"), key=len)
    # Clients differ in how they join the parts of the name.
    assert full.startswith("images/dogs") and full.endswith(".png") and "1700000000000" in full
    assert small.endswith("compressed.webp")


def test_a_table_grows(fluent, client):
    with fluent.start_run() as run:
        fluent.log_table({"question": ["a"], "answer": [1]}, "table.json")
        fluent.log_table(pandas.DataFrame({"question": ["b"], "answer": [2]}), "table.json")
    table = fluent.load_table("table.json", run_ids=[run.info.run_id])
    assert list(table["question"]) == ["a", "b"]
    tag = client.get_run(run.info.run_id).data.tags["mlflow.loggedArtifacts"]
    assert json.loads(tag) == [{"path": "table.json", "type": "table"}]


def test_tables_of_several_runs_are_joined(fluent):
    for _ in range(2):
        with fluent.start_run():
            fluent.log_table({"x": [1]}, "t.json")
    assert len(fluent.load_table("t.json")) == 2


def test_a_figure(fluent, files):
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(1, 1))
    axes.plot([0, 1], [0, 1])
    with fluent.start_run() as run:
        fluent.log_figure(figure, "plots/line.png")
        fluent.log_figure(figure, "line.svg")
    plt.close(figure)
    assert files(run) == ["line.svg", "plots"]
    assert files(run, "plots") == ["plots/line.png"]
