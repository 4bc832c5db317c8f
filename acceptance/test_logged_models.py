import re

import pytest
from mlflow.entities import Metric

from wire import refused

pytestmark = [pytest.mark.since("3.0"), pytest.mark.core]


@pytest.fixture
def model(client, experiment):
    return client.create_logged_model(experiment, name="model").model_id


def test_a_new_model_is_pending_and_read_back(client, experiment, run):
    made = client.create_logged_model(
        experiment,
        name="forest",
        source_run_id=run,
        tags={"a": "b"},
        params={"depth": "5"},
        model_type="classifier",
    )
    read = client.get_logged_model(made.model_id)
    assert re.fullmatch(r"m-[0-9a-f]{32}", read.model_id)
    assert (read.name, read.experiment_id, read.source_run_id) == ("forest", experiment, run)
    assert (read.model_type, read.status) == ("classifier", "PENDING")
    assert (read.tags, read.params) == ({"a": "b"}, {"depth": "5"})
    assert read.creation_timestamp == read.last_updated_timestamp > 1_600_000_000_000
    location = client.get_experiment(experiment).artifact_location
    assert read.artifact_location == f"{location}/models/{read.model_id}/artifacts"


def test_a_model_without_a_name_gets_one(client, experiment):
    assert client.create_logged_model(experiment).name


@pytest.mark.parametrize("name", ["a/b", "a:b", "a.b", "a%b", 'a"b', "a'b"])
def test_a_name_with_these_characters_is_refused(wire, experiment, name):
    wire.post("logged-models", {"experiment_id": experiment, "name": name}).refused(
        400, "INVALID_PARAMETER_VALUE"
    )


def test_names_are_not_unique(client, experiment):
    first, second = (client.create_logged_model(experiment, name="same").model_id for _ in range(2))
    assert first != second


@pytest.mark.parametrize("status", ["READY", "FAILED"])
def test_finalizing_sets_the_status(client, model, status):
    assert client.finalize_logged_model(model, status).status == status
    assert client.get_logged_model(model).status == status


def test_many_params_are_logged_and_none_twice(client, wire, experiment, peer):
    params = {f"p{i}": str(i) for i in range(230)}
    made = client.create_logged_model(experiment, params=params).model_id
    assert client.get_logged_model(made).params == params
    again = wire.post(
        f"logged-models/{made}/params", {"model_id": made, "params": [{"key": "p0", "value": "1"}]}
    )
    again.refused(400, "BAD_REQUEST" if peer else "INVALID_PARAMETER_VALUE")


def test_tags_are_set_overwritten_and_deleted(client, model):
    client.set_logged_model_tags(model, {"a": "1", "b": "2"})
    client.set_logged_model_tags(model, {"a": "3"})
    assert client.get_logged_model(model).tags == {"a": "3", "b": "2"}
    client.delete_logged_model_tag(model, "a")
    assert client.get_logged_model(model).tags == {"b": "2"}
    with refused("RESOURCE_DOES_NOT_EXIST"):
        client.delete_logged_model_tag(model, "a")


def test_a_deleted_model_is_gone(client, wire, model, experiment):
    client.delete_logged_model(model)
    with refused("RESOURCE_DOES_NOT_EXIST", model):
        client.get_logged_model(model)
    deleted = wire.get(f"logged-models/{model}", {"allow_deleted": "true"}).ok()
    assert deleted["model"]["info"]["model_id"] == model
    assert client.search_logged_models([experiment]) == []
    wire.delete(f"logged-models/{model}").ok()
    wire.delete(f"logged-models/m-{'0' * 32}").refused(404, "RESOURCE_DOES_NOT_EXIST")


def test_metrics_of_a_run_are_also_the_models(client, model, run):
    client.log_metric(
        run, "acc", 0.9, step=2, timestamp=7, model_id=model, dataset_name="iris", dataset_digest="d"
    )
    [metric] = client.get_logged_model(model).metrics
    assert (metric.key, metric.value, metric.step, metric.timestamp) == ("acc", 0.9, 2, 7)
    assert (metric.run_id, metric.model_id) == (run, model)
    assert (metric.dataset_name, metric.dataset_digest) == ("iris", "d")
    assert client.get_run(run).data.metrics == {"acc": 0.9}


def test_metrics_of_a_batch_are_also_the_models(client, model, run):
    client.log_batch(run, metrics=[Metric("m", i, i, i, model_id=model) for i in range(3)])
    assert {metric.step for metric in client.get_logged_model(model).metrics} >= {2}


def test_a_metric_of_an_unknown_model_is_refused(wire, run, peer):
    body = {"run_id": run, "key": "m", "value": 1, "timestamp": 1, "model_id": "m-" + "0" * 32}
    answer = wire.post("runs/log-metric", body)
    assert answer.status in (400, 404)
    assert answer.error_code in (
        ["BAD_REQUEST"] if peer else ["INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST"]
    )


@pytest.fixture(scope="module")
def shelf(client):
    import uuid

    class Shelf:
        experiment = client.create_experiment(f"models-{uuid.uuid4().hex}")
        ids = {}

        def find(self, text="", **options):
            return [
                model.name
                for model in client.search_logged_models([self.experiment], text or None, **options)
            ]

    shelf = Shelf()
    run = client.create_run(shelf.experiment).info.run_id
    for name, kind, depth, accuracy in [
        ("alpha", "tree", "5", 0.5),
        ("beta", "tree", "10", 0.9),
        ("Gamma", None, None, None),
    ]:
        params = {"depth": depth} if depth else None
        made = client.create_logged_model(
            shelf.experiment, name=name, model_type=kind, params=params, tags={"n": name}, source_run_id=run
        )
        shelf.ids[name] = made.model_id
        if accuracy:
            client.log_metric(
                run, "acc", accuracy, model_id=made.model_id, dataset_name="iris", dataset_digest="d"
            )
    client.finalize_logged_model(shelf.ids["beta"], "READY")
    shelf.run = run
    return shelf


@pytest.mark.parametrize(
    "text, found",
    [
        ("", ["Gamma", "beta", "alpha"]),
        ("name = 'alpha'", ["alpha"]),
        ("attributes.name LIKE '%a'", ["Gamma", "beta", "alpha"]),
        ("name ILIKE 'g%'", ["Gamma"]),
        ("name LIKE 'g%'", []),
        ("name IN ('alpha', 'beta')", ["beta", "alpha"]),
        ("name NOT IN ('alpha')", ["Gamma", "beta"]),
        ("model_type = 'tree'", ["beta", "alpha"]),
        ("params.depth = '10'", ["beta"]),
        ("tags.n != 'beta'", ["Gamma", "alpha"]),
        ("metrics.acc > 0.6", ["beta"]),
        ("metrics.acc > 0.1 AND params.depth LIKE '5'", ["alpha"]),
        ("creation_timestamp > 5", ["Gamma", "beta", "alpha"]),
    ],
)
def test_filters(shelf, text, found):
    assert shelf.find(text) == found


def test_models_are_found_by_status(shelf, peer):
    # The real server compares the number that its database holds.
    assert shelf.find("status = '2'" if peer else "status = 'READY'") == ["beta"]


@pytest.mark.parametrize("field", ["source_run_id", "model_type"])
def test_a_model_without_run_or_type_has_an_empty_one(client, experiment, field):
    client.create_logged_model(experiment, name="bare")

    def names(text):
        return [model.name for model in client.search_logged_models([experiment], text)]

    for text in (f"{field} = ''", f"{field} != 'x'", f"{field} LIKE '%'", f"{field} NOT IN ('x')"):
        assert (text, names(text)) == (text, ["bare"])
    assert names(f"{field} = 'x'") == names(f"{field} != ''") == []


def test_models_are_found_by_run_and_id(shelf):
    assert len(shelf.find(f"source_run_id = '{shelf.run}'")) == 3
    assert shelf.find(f"model_id = '{shelf.ids['beta']}'") == ["beta"]


@pytest.mark.parametrize(
    "order, found",
    [
        ([{"field_name": "name"}], ["Gamma", "alpha", "beta"]),
        ([{"field_name": "creation_timestamp", "ascending": True}], ["alpha", "beta", "Gamma"]),
        ([{"field_name": "metrics.acc", "ascending": False}], ["beta", "alpha", "Gamma"]),
        (
            [{"field_name": "metrics.acc", "dataset_name": "iris", "dataset_digest": "d"}],
            ["alpha", "beta", "Gamma"],
        ),
    ],
)
def test_orders(shelf, order, found):
    assert shelf.find(order_by=order) == found


def test_metrics_may_be_restricted_to_a_dataset(shelf):
    iris, other = ([{"dataset_name": name, "dataset_digest": "d"}] for name in ("iris", "other"))
    assert shelf.find("metrics.acc > 0.1", datasets=iris) == ["beta", "alpha"]
    assert shelf.find("metrics.acc > 0.1", datasets=other) == []


def test_pages_belong_to_their_query(client, wire, shelf):
    first = client.search_logged_models([shelf.experiment], max_results=2)
    second = client.search_logged_models([shelf.experiment], max_results=2, page_token=first.token)
    assert [model.name for model in [*first, *second]] == ["Gamma", "beta", "alpha"]
    assert not second.token
    body = {"experiment_ids": [shelf.experiment], "filter": "name = 'x'", "page_token": first.token}
    wire.post("logged-models/search", body).refused(400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize("text", ["name", "params.depth > '1'", "tag.n = 'x'"])
def test_a_filter_that_cannot_be_read_is_refused(shelf, text):
    with refused("INVALID_PARAMETER_VALUE"):
        shelf.find(text)


@pytest.mark.parametrize("text", ["colour = 'x'", "metrics.acc > 'x'"])
def test_an_unknown_attribute_or_a_text_for_a_number_is_refused(wire, shelf, peer, text):
    answer = wire.post("logged-models/search", {"experiment_ids": [shelf.experiment], "filter": text})
    if peer:
        answer.refused(500, "INTERNAL_ERROR")
    else:
        answer.refused(400, "INVALID_PARAMETER_VALUE")


def test_an_experiment_is_needed(wire):
    wire.post("logged-models/search", {}).refused(400, "INVALID_PARAMETER_VALUE")


def test_files_of_a_model_are_logged_and_listed(client, wire, model, tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "inner" / "b.txt").write_text("bb")
    client.log_model_artifacts(model, str(tmp_path))
    listed = wire.get(f"logged-models/{model}/artifacts/directories").ok()
    assert {(file["path"], file["is_dir"], file.get("file_size")) for file in listed["files"]} == {
        ("a.txt", False, 1),
        ("inner", True, None),
    }
    below = wire.get(
        f"logged-models/{model}/artifacts/directories", {"artifact_directory_path": "inner"}
    ).ok()
    assert [file["path"] for file in below["files"]] == ["inner/b.txt"]
    one = wire.get(
        f"logged-models/{model}/artifacts/files",
        {"artifact_file_path": "inner/b.txt"},
        prefix="/ajax-api/2.0/mlflow/",
    )
    assert one.text == "bb"
    assert client.get_logged_model(model).status == "PENDING"


def test_a_logged_model_is_loaded_by_its_id(fluent):
    class Doubler(fluent.pyfunc.PythonModel):
        def predict(self, context, model_input):
            return model_input * 2

    with fluent.start_run():
        info = fluent.pyfunc.log_model(name="doubler", python_model=Doubler(), pip_requirements=[])
    assert fluent.pyfunc.load_model(f"models:/{info.model_id}").predict(21) == 42
    assert fluent.get_logged_model(info.model_id).status == "READY"
