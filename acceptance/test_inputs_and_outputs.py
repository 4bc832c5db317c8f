import pandas
import pytest
from mlflow.entities import Dataset, DatasetInput, InputTag

pytestmark = pytest.mark.core


def dataset(name="train", digest="abc", **other):
    return Dataset(name, digest, other.pop("source_type", "local"), other.pop("source", "here"), **other)


def context(value):
    return [InputTag("mlflow.data.context", value)]


def linked(client, run):
    return [
        (one.dataset.name, one.dataset.digest, {tag.key: tag.value for tag in one.tags})
        for one in client.get_run(run).inputs.dataset_inputs
    ]


def test_a_dataset_is_linked_with_everything_it_tells(client, run):
    told = dataset(schema='{"a": 1}', profile='{"rows": 3}', source='{"path": "x"}', source_type="s3")
    client.log_inputs(run, [DatasetInput(told, context("train"))])
    [one] = client.get_run(run).inputs.dataset_inputs
    assert one.dataset == told
    assert linked(client, run) == [("train", "abc", {"mlflow.data.context": "train"})]


def test_a_link_is_made_once_and_keeps_its_first_tags(client, run):
    client.log_inputs(run, [DatasetInput(dataset(), context("train"))])
    client.log_inputs(run, [DatasetInput(dataset(), context("test"))])
    client.log_inputs(run, [DatasetInput(dataset(digest="other"))])
    assert sorted(linked(client, run)) == [
        ("train", "abc", {"mlflow.data.context": "train"}),
        ("train", "other", {}),
    ]


def test_a_data_frame_is_logged_with_its_schema_and_digest(fluent, client):
    frame = pandas.DataFrame({"x": [1.0, 2.0], "y": [0, 1]})
    data = fluent.data.from_pandas(frame, source="s3://bucket/train.csv", name="frame", targets="y")
    with fluent.start_run() as run:
        fluent.log_input(data, context="training")
    [one] = client.get_run(run.info.run_id).inputs.dataset_inputs
    assert (one.dataset.name, one.dataset.digest) == ("frame", data.digest)
    assert '"x"' in one.dataset.schema and "num_rows" in one.dataset.profile
    assert linked(client, run.info.run_id)[0][2] == {"mlflow.data.context": "training"}


def test_runs_are_found_by_their_datasets(client, experiment):
    runs = {}
    for name, digest, used in [("iris", "d1", "train"), ("iris", "d2", "test"), ("Wine", "d3", "train")]:
        run = client.create_run(experiment, run_name=digest).info.run_id
        runs[digest] = run
        client.log_inputs(run, [DatasetInput(dataset(name, digest), context(used))])

    def find(text):
        return sorted(run.info.run_name for run in client.search_runs([experiment], text))

    assert find("dataset.name = 'iris'") == ["d1", "d2"]
    assert find("datasets.name LIKE 'W%'") == ["d3"]
    assert find("dataset.name ILIKE 'w%'") == ["d3"]
    assert find("dataset.digest IN ('d1', 'd3')") == ["d1", "d3"]
    assert find("dataset.context = 'train' AND dataset.name = 'iris'") == ["d1"]
    assert find("dataset.digest NOT IN ('d1')") == ["d2", "d3"]


def test_a_found_run_has_its_inputs(client, experiment, run):
    client.log_inputs(run, [DatasetInput(dataset(), context("train"))])
    [found] = client.search_runs([experiment])
    assert found.inputs.dataset_inputs[0].dataset.digest == "abc"


@pytest.mark.parametrize(
    "broken",
    [
        {"name": "n" * 501},
        {"digest": "d" * 37},
        {"source": "s" * 65536},
    ],
    ids=lambda broken: next(iter(broken)) + f"-{len(next(iter(broken.values())))}",
)
def test_a_dataset_beyond_its_limits_is_refused(wire, run, broken):
    told = {"name": "n", "digest": "d", "source_type": "s", "source": "x", **broken}
    body = {"run_id": run, "datasets": [{"dataset": told, "tags": []}]}
    wire.post("runs/log-inputs", body).refused(400, "INVALID_PARAMETER_VALUE")


def test_tags_of_a_link_have_limits(wire, run):
    told = {"name": "n", "digest": "d", "source_type": "s", "source": "x"}
    for tag in ({"key": "k" * 256, "value": "v"}, {"key": "k", "value": "v" * 501}):
        body = {"run_id": run, "datasets": [{"dataset": told, "tags": [tag]}]}
        wire.post("runs/log-inputs", body).refused(400, "INVALID_PARAMETER_VALUE")


def test_a_deleted_or_unknown_run_takes_no_inputs(wire, client, run):
    told = {"name": "n", "digest": "d", "source_type": "s", "source": "x"}
    body = {"datasets": [{"dataset": told, "tags": []}]}
    wire.post("runs/log-inputs", {"run_id": "f" * 32, **body}).refused(404, "RESOURCE_DOES_NOT_EXIST")
    client.delete_run(run)
    wire.post("runs/log-inputs", {"run_id": run, **body}).refused(400, "INVALID_PARAMETER_VALUE", "active")


def test_the_datasets_of_experiments_are_listed_for_the_web_ui(wire, client, experiment, run):
    client.log_inputs(
        run, [DatasetInput(dataset("one"), context("train")), DatasetInput(dataset("two", "x"))]
    )
    answer = wire.post(
        "experiments/search-datasets", {"experiment_ids": [experiment]}, prefix="/ajax-api/2.0/mlflow/"
    ).ok()
    found = {(one["name"], one["digest"], one.get("context")) for one in answer["dataset_summaries"]}
    assert found == {("one", "abc", "train"), ("two", "x", None)}


@pytest.mark.since("3.0")
def test_models_are_inputs_and_outputs(client, experiment, run):
    from mlflow.entities import LoggedModelInput, LoggedModelOutput

    made = client.create_logged_model(experiment, name="made", source_run_id=run).model_id
    used = client.create_logged_model(experiment, name="used").model_id
    client.log_inputs(run, models=[LoggedModelInput(used)])
    client.log_outputs(run, models=[LoggedModelOutput(made, step=3)])
    read = client.get_run(run)
    assert [one.model_id for one in read.inputs.model_inputs] == [used]
    assert [(one.model_id, one.step) for one in read.outputs.model_outputs] == [(made, 3)]
    [found] = client.search_runs([experiment])
    assert [one.model_id for one in found.outputs.model_outputs] == [made]


@pytest.mark.since("3.0")
def test_an_output_logged_twice(wire, client, experiment, run, peer):
    made = client.create_logged_model(experiment, name="made").model_id
    body = {"run_id": run, "models": [{"model_id": made, "step": 1}]}
    wire.post("runs/outputs", body).ok()
    again = wire.post("runs/outputs", body)
    if peer:
        again.refused(400, "BAD_REQUEST")
    else:
        again.ok()
        assert len(client.get_run(run).outputs.model_outputs) == 1
