"""Slashes in the names of experiments make folders. The client knows nothing of them, and need not."""

import mlflow
import pytest
from mlflow.entities import ViewType

pytestmark = [pytest.mark.ours, pytest.mark.since("3.17")]

FOLDERS = "/api/slipway/v1/experiment-folders"


@pytest.fixture
def top(unique):
    return unique("/Users/jane@acme.com/")


@pytest.fixture
def listing(wire):
    def listing(parent, **query):
        answer = wire.get(FOLDERS, {"parent": parent, **query}).ok()
        return {f["path"]: f["active_experiments"] for f in answer["folders"]}, [e["name"] for e in answer["experiments"]]

    return listing


def test_experiments_of_the_client_stand_in_folders(client, listing, top):
    mlflow.set_experiment(f"{top}/fraud-detection")
    for name in ["vision/run-1", "vision/old/run-0", "vision-2/run"]:
        client.create_experiment(f"{top}/{name}")
    assert listing(top) == ({f"{top}/vision-2": 1, f"{top}/vision": 2}, [f"{top}/fraud-detection"])
    assert listing(top + "/") == listing(top)
    assert "/Users" in listing("", max_folders=1000)[0]


def test_the_tree_of_folders_counts_what_is_below(client, wire, top):
    made = client.create_experiment(f"{top}/fraud/nightly/run")
    client.create_run(made)
    client.create_experiment(f"{top}/vision/a")
    client.create_experiment(f"{top}/vision/b")

    def tree(**query):
        return wire.get("/api/slipway/v1/experiments/tree", {"parent": top, **query}).ok()["folders"]

    # A folder that holds nothing but another one stands in a row with it.
    fraud, vision = tree()
    assert (fraud["name"], fraud["path"], fraud["run_count"]) == ("fraud/nightly", f"{top}/fraud/nightly", 1)
    assert fraud["only_experiment"]["experiment_id"] == made
    assert (vision["name"], vision["active_experiments"], vision["run_count"]) == ("vision", 2, 0)
    assert tree(view_type="DELETED_ONLY") == []
    client.delete_experiment(made)
    assert [folder["name"] for folder in tree()] == ["vision"]
    assert [folder["deleted_experiments"] for folder in tree(view_type="DELETED_ONLY")] == [1]


@pytest.mark.parametrize("name", ["a//b", "a/", "//a", "a/./..", "🦊/🚀", "משתמש/ניסוי", " / ", "a/b"])
def test_names_stay_as_they_were_given(client, listing, top, name):
    made = client.create_experiment(f"{top}/{name}")
    assert client.get_experiment(made).name == f"{top}/{name}"
    assert client.get_experiment_by_name(f"{top}/{name}").experiment_id == made
    folders, experiments = listing(top)
    assert sum(folders.values()) + len(experiments) == 1


def test_pages_of_folders_and_experiments_go_on_by_themselves(client, wire, top):
    for name in ["1/x", "2/x", "3/x", "a", "b", "c"]:
        client.create_experiment(f"{top}/{name}")
    query = {"parent": top, "max_folders": 2, "max_experiments": 2}
    first = wire.get(FOLDERS, query).ok()
    more = {
        "folders_page_token": first["next_folders_page_token"],
        "experiments_page_token": first["next_experiments_page_token"],
    }
    second = wire.get(FOLDERS, query | more).ok()
    assert [f["name"] for f in first["folders"] + second["folders"]] == ["1", "2", "3"]
    assert [e["name"] for e in first["experiments"] + second["experiments"]] == [f"{top}/{n}" for n in "abc"]
    assert "next_folders_page_token" not in second and "next_experiments_page_token" not in second
    wire.get(FOLDERS, {"parent": "/elsewhere"} | more).refused(400, "INVALID_PARAMETER_VALUE", "folder")
    wire.get(FOLDERS, query | {"max_folders": 1001}).refused(400, "INVALID_PARAMETER_VALUE", "max_folders")


def test_the_client_searches_in_a_folder(client, top):
    for name in ["x", "deep/y", "deep/er/z"]:
        client.create_experiment(f"{top}/{name}")

    def found(filter):
        return {e.name.removeprefix(top) for e in client.search_experiments(filter_string=filter)}

    assert found(f"attribute.folder = '{top}'") == {"/x"}
    assert found(f"attribute.folder LIKE '{top}/%'") == {"/deep/y", "/deep/er/z"}
    assert found(f"within = '{top}'") == {"/x", "/deep/y", "/deep/er/z"}
    assert found(f"within = '{top}' AND name LIKE '%/z'") == {"/deep/er/z"}


def test_a_folder_is_renamed_as_a_whole_or_not_at_all(client, wire, top, listing):
    made = client.create_experiment(f"{top}/from/x")
    client.create_experiment(f"{top}/from/deep/y")
    client.create_experiment(f"{top}/taken/deep/y")
    rename = FOLDERS + "/rename"
    refused = wire.post(rename, {"from": f"{top}/from", "to": f"{top}/taken"})
    refused.refused(400, "RESOURCE_ALREADY_EXISTS", f"{top}/taken/deep/y")
    assert client.get_experiment(made).name == f"{top}/from/x"
    assert wire.post(rename, {"from": f"{top}/from", "to": f"{top}/to"}).ok() == {"renamed_experiments": 2}
    assert client.get_experiment(made).name == f"{top}/to/x"
    assert listing(top)[0] == {f"{top}/taken": 1, f"{top}/to": 2}
    wire.post(rename, {"from": f"{top}/from", "to": f"{top}/z"}).refused(404, "RESOURCE_DOES_NOT_EXIST")
    wire.post(rename, {"from": f"{top}/to", "to": f"{top}/to/in"}).refused(400, "INVALID_PARAMETER_VALUE", "itself")
    wire.post(rename, {"from": "/", "to": "/x"}).refused(400, "INVALID_PARAMETER_VALUE", "from")
    wire.post(rename, {"from": top}).refused(400, "INVALID_PARAMETER_VALUE", "to")


def test_a_folder_goes_to_the_trash_and_comes_back(client, wire, top, listing):
    made = [client.create_experiment(f"{top}/{name}") for name in ["x", "deep/y", "early"]]
    run = client.create_run(made[1]).info.run_id
    client.delete_experiment(made[2])
    gone = wire.post(FOLDERS + "/delete", {"path": top}).ok()
    assert gone["deleted_experiments"] == 2
    assert listing(top) == ({}, [])
    assert len(listing(top, view_type="DELETED_ONLY")[1]) == 2
    assert client.get_run(run).info.lifecycle_stage == "deleted"
    assert len(client.search_experiments(ViewType.DELETED_ONLY, filter_string=f"within = '{top}'")) == 3
    wire.post(FOLDERS + "/restore", {"path": top, "deleted_at": 1}).refused(404, "RESOURCE_DOES_NOT_EXIST")
    again = wire.post(FOLDERS + "/restore", {"path": top, "deleted_at": gone["deleted_at"]}).ok()
    assert again == {"restored_experiments": 2}
    assert client.get_run(run).info.lifecycle_stage == "active"
    assert client.get_experiment(made[2]).lifecycle_stage == "deleted"
