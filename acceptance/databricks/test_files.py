"""Files of runs, models, volumes and the workspace, as Databricks' clients send and fetch them."""

import base64
import io
import os
import subprocess
import sys

import mlflow
import pytest
from databricks.sdk.errors import AlreadyExists, NotFound, ResourceAlreadyExists
from databricks.sdk.service.catalog import VolumeType
from databricks.sdk.service.workspace import ImportFormat, ObjectType
from mlflow import MlflowClient
from wire import refused


@pytest.fixture
def files(tmp_path):
    """A folder of files of several kinds: empty, nested, with a blank in the name."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.txt").write_text("alpha")
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "sub" / "b c.bin").write_bytes(bytes(range(256)) * 1000)
    return tmp_path


def contents(folder):
    return {
        os.path.relpath(os.path.join(at, name), folder): open(os.path.join(at, name), "rb").read()
        for at, _, names in os.walk(folder)
        for name in names
    }


@pytest.fixture
def volume(workspace, catalog):
    made = workspace.volumes.create(catalog, "ml", "data", VolumeType.MANAGED)
    return f"/Volumes/{catalog}/ml/{made.name}"


@pytest.mark.parametrize("reader", ["databricks", "http"])
@pytest.mark.parametrize("writer", ["databricks", "http"])
def test_artifacts_of_a_run_are_the_same_from_every_uri(url, unique, files, tmp_path_factory, writer, reader):
    uris = {"databricks": "databricks", "http": url}
    client = MlflowClient(tracking_uri=uris[writer], registry_uri=uris[writer])
    mlflow.set_tracking_uri(uris[writer])
    run = client.create_run(client.create_experiment(f"/Shared/{unique('files')}"))
    client.log_artifacts(run.info.run_id, str(files), "in")
    mlflow.set_tracking_uri(uris[reader])
    other = MlflowClient(tracking_uri=uris[reader], registry_uri=uris[reader])
    assert other.get_run(run.info.run_id).info.artifact_uri.startswith(
        "dbfs:/" if reader == "databricks" else "mlflow-artifacts:/"
    )
    assert [(f.path, f.is_dir) for f in other.list_artifacts(run.info.run_id, "in")] == [
        ("in/a.txt", False),
        ("in/empty.txt", False),
        ("in/sub", True),
    ]
    out = tmp_path_factory.mktemp("out")
    back = contents(other.download_artifacts(run.info.run_id, "in", str(out)))
    # The client takes every empty answer for an empty JSON object, also where it is the content of a file.
    if reader == "databricks" and back["empty.txt"] == b"{}":
        assert other.list_artifacts(run.info.run_id, "in")[1].file_size == 0
        back["empty.txt"] = b""
    assert back == contents(files)


def test_artifacts_by_a_bare_profile(workspace, url, token, unique, tmp_path):
    """Nothing in the environment: the profile is all that says where the server is."""
    flag = workspace.api_client.do(
        "GET", "/api/2.0/mlflow/unity-catalog/registered-models:is-databricks-sdk-models-artifact-repository-enabled"
    )
    (tmp_path / "databrickscfg").write_text(f"[mine]\nhost = {url}\ntoken = {token}\n")
    program = f"""
import mlflow, pathlib
mlflow.set_tracking_uri("databricks://mine")
mlflow.set_experiment("/Shared/{unique('profile')}")
with mlflow.start_run() as run:
    mlflow.log_text("by profile", "notes/a.txt")
print(mlflow.artifacts.load_text(f"runs:/{{run.info.run_id}}/notes/a.txt"))
"""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DATABRICKS_", "MLFLOW_TRACKING"))}
    environment["DATABRICKS_CONFIG_FILE"] = str(tmp_path / "databrickscfg")
    if flag["is_databricks_sdk_models_artifact_repository_enabled"]:
        # With the Files API the client looks for the profile in the environment alone.
        environment["DATABRICKS_CONFIG_PROFILE"] = "mine"
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "by profile" in done.stdout


def test_a_location_comes_back_as_it_was_shown(admin_workspace, administrator, person, unique):
    """A place in DBFS is an administrator's to give: whoever has it reads what has been there before."""
    client = MlflowClient(tracking_uri="databricks", registry_uri="databricks-uc")
    own, name = f"dbfs:/own/{unique('place')}", f"/Shared/{unique('located')}"
    if person:
        with refused("INVALID_PARAMETER_VALUE", "cannot be kept"):
            client.create_experiment(name, artifact_location=own)
    experiment = admin_workspace.experiments.create_experiment(name, artifact_location=own).experiment_id
    if person:
        administrator.give_level(experiment, "CAN_EDIT", user_name=person.name)
    assert client.get_experiment(experiment).artifact_location == own
    run = client.create_run(experiment)
    assert run.info.artifact_uri == f"{own}/{run.info.run_id}/artifacts"
    client.log_text(run.info.run_id, "here", "a.txt")
    found = client.search_runs([experiment], f"attributes.artifact_uri = '{run.info.artifact_uri}'")
    assert [each.info.run_id for each in found] == [run.info.run_id]


def test_files_of_a_volume(workspace, volume):
    path = f"{volume}/d/x.txt"
    workspace.files.create_directory(f"{volume}/d")
    workspace.files.upload(path, io.BytesIO(b"one"), overwrite=False)
    with pytest.raises((AlreadyExists, ResourceAlreadyExists)):
        workspace.files.upload(path, io.BytesIO(b"two"), overwrite=False)
    workspace.files.upload(path, io.BytesIO(b"three"), overwrite=True)
    assert workspace.files.download(path).contents.read() == b"three"
    assert workspace.files.get_metadata(path).content_length == 5
    assert [(e.name, e.file_size) for e in workspace.files.list_directory_contents(f"{volume}/d")] == [("x.txt", 5)]
    workspace.files.get_directory_metadata(f"{volume}/d")
    with pytest.raises(NotFound):
        workspace.files.get_directory_metadata(path)
    workspace.files.delete(path)
    workspace.files.delete_directory(f"{volume}/d")
    with pytest.raises(NotFound):
        workspace.files.download(path)


def test_a_file_of_60_mb_goes_in_parts(workspace, volume, tmp_path):
    big = tmp_path / "big.bin"
    block = os.urandom(1024 * 1024)
    with open(big, "wb") as out:
        for i in range(60):
            out.write(i.to_bytes(4, "big") + block[4:])
    with open(big, "rb") as source:
        workspace.files.upload(f"{volume}/big.bin", source, overwrite=True)
    workspace.files.download_to(f"{volume}/big.bin", str(tmp_path / "back.bin"))
    assert (tmp_path / "back.bin").read_bytes() == big.read_bytes()


def test_volumes_read_back_as_sent(workspace, catalog):
    made = workspace.volumes.create(catalog, "ml", "notes", VolumeType.MANAGED, comment="as sent")
    assert (made.full_name, made.volume_type, made.comment) == (f"{catalog}.ml.notes", VolumeType.MANAGED, "as sent")
    assert workspace.volumes.read(made.full_name).volume_id == made.volume_id
    assert workspace.volumes.update(made.full_name, comment="anew").comment == "anew"
    assert [each.name for each in workspace.volumes.list(catalog, "ml")] == ["notes"]
    workspace.volumes.delete(made.full_name)
    assert list(workspace.volumes.list(catalog, "ml")) == []


def test_dbfs(workspace, unique):
    folder = f"/tmp/{unique('dbfs')}"
    workspace.dbfs.mkdirs(folder)
    workspace.dbfs.put(f"{folder}/a", contents=base64.b64encode(b"put").decode(), overwrite=True)
    with workspace.dbfs.open(f"{folder}/b", write=True, overwrite=True) as out:
        out.write(b"x" * 3_000_000)
    assert workspace.dbfs.get_status(f"{folder}/b").file_size == 3_000_000
    with workspace.dbfs.open(f"{folder}/b", read=True) as back:
        assert len(back.read()) > 0
    assert sorted(each.path for each in workspace.dbfs.list(folder)) == [f"{folder}/a", f"{folder}/b"]
    workspace.dbfs.move(f"{folder}/a", f"{folder}/c")
    assert base64.b64decode(workspace.dbfs.read(f"{folder}/c").data) == b"put"
    workspace.dbfs.delete(folder, recursive=True)
    with pytest.raises(NotFound):
        workspace.dbfs.get_status(folder)


def test_files_and_notebooks_of_the_workspace(workspace, unique):
    folder = f"/Shared/{unique('space')}"
    workspace.workspace.mkdirs(folder)
    workspace.workspace.upload(f"{folder}/data.csv", io.BytesIO(b"a,b\n"), format=ImportFormat.AUTO)
    workspace.workspace.upload(
        f"{folder}/train.py", io.BytesIO(b"# Databricks notebook source\nprint(1)\n"), format=ImportFormat.AUTO
    )
    kinds = {each.path: each.object_type for each in workspace.workspace.list(folder)}
    assert kinds == {f"{folder}/data.csv": ObjectType.FILE, f"{folder}/train": ObjectType.NOTEBOOK}
    with workspace.workspace.download(f"{folder}/data.csv") as back:
        assert back.read() == b"a,b\n"
    status = workspace.workspace.get_status(f"/Workspace{folder}/data.csv")
    assert status.object_id < 2**53
    with pytest.raises((AlreadyExists, ResourceAlreadyExists)):
        workspace.workspace.upload(f"{folder}/data.csv", io.BytesIO(b"again"), format=ImportFormat.AUTO)
    workspace.workspace.delete(folder, recursive=True)
    with pytest.raises(NotFound):
        workspace.workspace.get_status(folder)
