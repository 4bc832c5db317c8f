"""The read models of the runs table, its charts and the registry's table: what the client logged, by column."""

import csv
import io
import zipfile

import pytest
from mlflow.entities import Metric

pytestmark = [pytest.mark.ours, pytest.mark.since("3.17")]

OWN = "/api/slipway/v1/"


@pytest.fixture
def sweep(client, experiment):
    """Ids of five runs, the oldest first: `lr` 0.1 to 0.5, `auc` the same with NaN for the last, always `seed` 7."""
    ids = []
    for i in range(1, 6):
        run = client.create_run(experiment, start_time=1_700_000_000_000 + i, run_name=f"run {i}").info.run_id
        client.log_param(run, "lr", i / 10)
        client.log_param(run, "seed", 7)
        client.log_metric(run, "auc", float("nan") if i == 5 else i / 10)
        client.set_tag(run, "team", "<b>a</b>" if i % 2 else "=b")
        ids.append(run)
    return ids


@pytest.fixture
def ask(wire, experiment):
    """ask("window", columns=[…]): the answer of a read model about the runs of the experiment."""

    def ask(what, **body):
        return wire.post(f"{OWN}run-table/{what}", {"experiment_ids": [experiment], **body}).ok()

    return ask


def test_a_window_shows_what_was_logged_in_the_order_that_is_asked_for(ask, sweep):
    columns = ["metrics.auc", "params.lr", "tags.team"]
    answer = ask("window", columns=columns, order_by=["metrics.auc DESC"], offset=1, limit=2)
    assert (answer["matching"], answer["all"], answer["total"]) == (5, 5, 5)
    assert answer["rows"]["run_id"] == [sweep[2], sweep[1]]
    assert answer["rows"]["run_name"] == ["run 3", "run 2"]
    assert answer["columns"] == {
        "metrics.auc": [0.3, 0.2],
        "params.lr": ["0.3", "0.2"],
        "tags.team": ["<b>a</b>", "=b"],
    }


def test_a_snapshot_stands_still_while_runs_come(ask, client, experiment, sweep):
    first = ask("window", columns=[], offset=0, limit=2)
    client.create_run(experiment)
    again = ask("window", columns=[], offset=2, limit=3, snapshot=first["snapshot"])
    assert first["rows"]["run_id"] + again["rows"]["run_id"] == sweep[::-1]
    assert ask("window", columns=[], offset=0, limit=10)["matching"] == 6


def test_children_stand_under_their_parents(ask, client, experiment, sweep):
    child = client.create_run(experiment, tags={"mlflow.parentRunId": sweep[0]}).info.run_id
    folded = ask("window", columns=[], offset=0, limit=10, nested=True)
    assert child not in folded["rows"]["run_id"]
    assert folded["rows"]["child_count"][folded["rows"]["run_id"].index(sweep[0])] == 1
    rows = ask("window", columns=[], offset=0, limit=10, nested=True, expanded=[sweep[0]])["rows"]
    place = rows["run_id"].index(sweep[0])
    assert (rows["run_id"][place + 1], rows["depth"][place + 1]) == (child, 1)


def test_a_filter_with_an_error_says_where(wire, experiment):
    body = {"experiment_ids": [experiment], "columns": [], "offset": 0, "limit": 1, "filter": "metrics.auc >"}
    wire.post(f"{OWN}run-table/window", body).refused(400, "INVALID_PARAMETER_VALUE", "position")


def test_keys_tell_what_varies(wire, experiment, sweep):
    answer = wire.get(f"{OWN}run-table/keys", {"experiment_ids": experiment, "kinds": ["metrics", "params"]}).ok()
    seed = {"key": "seed", "varies": False, "value": "7"}
    assert answer["params"]["keys"] == [{"key": "lr", "varies": True}, seed]
    assert answer["metrics"]["total"] == 1


def test_a_page_opens_with_one_answer(ask, experiment, sweep):
    answer = ask("opening", limit=2)
    assert [one["experiment_id"] for one in answer["experiments"]] == [experiment]
    assert [one["key"] for one in answer["keys"]["params"]["keys"]] == ["lr", "seed"]
    assert answer["window"]["rows"]["run_id"] == sweep[:2:-1]
    assert answer["window"]["columns"] == {"metrics.auc": ["NaN", 0.4], "params.lr": ["0.5", "0.4"]}


def test_values_of_all_matching_runs_come_by_column(ask, sweep):
    answer = ask("values", columns=["metrics.auc", "params.lr"], with_ids=True)
    assert answer["run_ids"] == sweep[::-1]
    assert answer["columns"]["metrics.auc"] == ["NaN", 0.4, 0.3, 0.2, 0.1]
    lr = answer["columns"]["params.lr"]
    assert [lr["values"][code] for code in lr["codes"]] == ["0.5", "0.4", "0.3", "0.2", "0.1"]


def test_groups_count_their_runs_and_find_them(ask, sweep):
    groups = ask("groups", group_by=["tags.team"], metrics=["auc"], offset=0, limit=10)["groups"]
    assert {group["values"][0]: group["runs"] for group in groups} == {"<b>a</b>": 3, "=b": 2}
    for group in groups:
        assert ask("window", columns=[], offset=0, limit=10, filter=group["filter"])["matching"] == group["runs"]


def test_a_run_is_located_in_the_list(ask, sweep):
    assert ask("locate", run_id=sweep[0], order_by=["metrics.auc ASC"])["index"] == 0
    assert ask("locate", run_id=sweep[0])["index"] == 4


def test_the_csv_has_every_run_and_no_formula(url, experiment, sweep, http):
    query = {"experiment_ids": experiment, "columns": ["metrics.auc", "tags.team"]}
    answer = http.get(f"{url}{OWN}run-table/export.csv", query, timeout=60)
    assert answer.headers["content-type"].startswith("text/csv")
    head, *rows = csv.reader(io.StringIO(answer.text))
    assert head[:2] == ["attributes.run_id", "attributes.run_name"]
    assert [row[0] for row in rows] == sweep[::-1]
    assert not any(cell.startswith("=") for row in rows for cell in row)


def test_runs_are_tagged_deleted_and_restored_in_one_go(wire, client, experiment, sweep):
    def change(**body):
        return wire.post(f"{OWN}runs/bulk", body).ok()

    query = {"experiment_ids": [experiment], "filter": "metrics.auc > 0.25"}
    assert change(action="set-tag", query=query, key="good", value="yes")["changed"] == 2
    assert client.get_run(sweep[3]).data.tags["good"] == "yes"
    assert "good" not in client.get_run(sweep[0]).data.tags
    changed = change(action="delete", run_ids=sweep[:2])
    assert sorted(changed["run_ids"]) == sorted(sweep[:2])
    assert client.get_run(sweep[0]).info.lifecycle_stage == "deleted"
    change(action="restore", run_ids=changed["run_ids"])
    assert client.get_run(sweep[0]).info.lifecycle_stage == "active"


def test_a_tag_is_changed_only_over_the_value_that_was_seen(wire, client, run):
    client.set_tag(run, "owner", "jane")
    body = {"run_id": run, "key": "owner", "value": "joe", "seen": "somebody"}
    answer = wire.post(f"{OWN}runs/edit-tag", body)
    assert answer.status == 409 and client.get_run(run).data.tags["owner"] == "jane"
    wire.post(f"{OWN}runs/edit-tag", body | {"seen": "jane"}).ok()
    assert client.get_run(run).data.tags["owner"] == "joe"


def test_lines_keep_the_extremes_of_long_histories(wire, client, run):
    values = [0.5] * 3000
    values[1234], values[2345] = 99.0, -99.0
    for start in range(0, 3000, 1000):
        points = [Metric("loss", values[i], 1_700_000_000_000 + i, i) for i in range(start, start + 1000)]
        client.log_batch(run, metrics=points)
    body = {"run_ids": [run], "keys": ["loss"], "x": "step", "max_points": 200}
    [line] = wire.post(f"{OWN}charts/lines", body).ok()["lines"]
    assert line["count"] == 3000 and len(line["y"]) <= 200
    assert (max(line["y"]), min(line["y"])) == (99.0, -99.0)
    assert line["x"][line["y"].index(99.0)] == 1234


def test_versions_stand_beside_what_their_runs_measured(wire, client, run, unique):
    name = unique("model")
    client.log_metric(run, "auc", 0.75)
    client.create_registered_model(name)
    source = f"{client.get_run(run).info.artifact_uri}/model"
    client.create_model_version(name, source, run)
    client.set_registered_model_alias(name, "champion", "1")
    answer = wire.post(f"{OWN}model-versions/table", {"name": name}).ok()
    assert (answer["total"], answer["metric_keys"]) == (1, ["auc"])
    [version] = answer["versions"]
    assert (version["version"], version["aliases"], version["metrics"]) == ("1", ["champion"], {"auc": 0.75})
    assert version["source_run"]["run_id"] == run
    wire.post(f"{OWN}model-versions/table", {"name": unique()}).refused(404, "RESOURCE_DOES_NOT_EXIST", "not found")


def test_versions_are_measured_by_the_end_of_their_runs(wire, client, run, unique):
    name = unique("model")
    for step in range(4):
        client.log_metric(run, "loss", 1.0 - step / 4, step=step)
    experiment = client.get_run(run).info.experiment_id
    model = client.create_logged_model(experiment, source_run_id=run)
    # As the client does where no step is named: what was measured at step 0 is the model's.
    client.log_metric(run, "loss", 1.0, step=0, model_id=model.model_id)
    client.create_registered_model(name)
    client.create_model_version(name, f"models:/{model.model_id}", run, model_id=model.model_id)
    [version] = wire.post(f"{OWN}model-versions/table", {"name": name}).ok()["versions"]
    assert (version["metrics"], version["metric_steps"]) == ({"loss": 0.25}, {"loss": 3})
    assert version["linked_metrics"] == {"loss": {"value": 1, "step": 0}}
    body = {"name": name, "measure": "max"}
    [version] = wire.post(f"{OWN}model-versions/table", body).ok()["versions"]
    assert version["metrics"] == {"loss": 1}
    assert [(metric.value, metric.step) for metric in client.get_logged_model(model.model_id).metrics] == [(1.0, 0)]
    body = {"name": name, "measure": "mean"}
    wire.post(f"{OWN}model-versions/table", body).refused(400, "INVALID_PARAMETER_VALUE", "last, min, max")


def test_the_activity_of_a_model_tells_where_an_alias_was(wire, client, unique):
    name = unique("model")
    client.create_registered_model(name)
    for place in "ab":
        client.create_model_version(name, f"s3://models/{place}")
    for version in "12":
        client.set_registered_model_alias(name, "champion", version)
    body = {"name": name, "limit": 2}
    answer = wire.post(f"{OWN}registered-models/activity", body).ok()
    moved, was_set = answer["changes"]
    assert (moved["kind"], moved["subject"], moved["from"], moved["to"]) == ("alias", "champion", "1", "2")
    assert (was_set["to"], "from" in was_set) == ("1", False)
    answer = wire.post(f"{OWN}registered-models/activity", {"name": name, "before": answer["next"]}).ok()
    assert [change["kind"] for change in answer["changes"]] == ["registered", "registered", "created"]
    assert "next" not in answer
    wire.post(f"{OWN}registered-models/activity", {"name": unique()}).refused(
        404, "RESOURCE_DOES_NOT_EXIST", "not found"
    )


def test_active_content_is_shown_without_an_origin(url, client, run, http):
    client.log_text(run, "<script>alert(1)</script>", "report.html")
    query = {"run_id": run, "path": "report.html"}
    for send in (http.get, http.head):
        answer = send(f"{url}/ajax-api/slipway/v1/artifacts/view", params=query, timeout=60)
        policy = answer.headers["content-security-policy"]
        assert answer.status_code == 200 and "sandbox" in policy and "allow-same-origin" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_folder_comes_as_one_archive(url, client, run, http):
    client.log_text(run, "one", "texts/1.txt")
    client.log_text(run, "ü", "texts/deep/ü.txt")
    answer = http.get(f"{url}/ajax-api/slipway/v1/artifacts/folder.zip", {"run_id": run, "path": "texts"}, timeout=60)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert sorted(archive.read(name).decode() for name in archive.namelist()) == ["one", "ü"]
