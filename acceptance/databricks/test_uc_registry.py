"""mlflow with `databricks-uc`: three-level names, in its own dialect and, by a variable, in Unity Catalog's."""

import os
import shutil

import pytest
import requests
from wire import refused


@pytest.fixture(params=["mlflow's dialect", "the native dialect"])
def registry(request, monkeypatch):
    from mlflow import MlflowClient
    from mlflow.tracking._model_registry.registry import ModelRegistryStoreRegistry

    # The client keeps the stores that it has made, whatever the variable says later.
    forget = ModelRegistryStoreRegistry._get_store_with_resolved_uri.cache_clear
    forget()
    if request.param == "the native dialect":
        monkeypatch.setenv("MLFLOW_ENABLE_UC_NATIVE_MODEL_REGISTRY", "true")
    yield MlflowClient(tracking_uri="databricks", registry_uri="databricks-uc")
    forget()


def test_a_model_is_described_tagged_renamed_and_deleted(registry, catalog):
    name = f"{catalog}.ml.churn"
    made = registry.create_registered_model(name, tags={"team": "growth"}, description="who leaves")
    assert (made.name, made.description, made.tags) == (name, "who leaves", {"team": "growth"})
    assert name in [model.name for model in registry.search_registered_models(max_results=1000)]

    assert registry.update_registered_model(name, description="who stays").description == "who stays"
    registry.set_registered_model_tag(name, "tier", "1")
    registry.delete_registered_model_tag(name, "team")
    assert registry.get_registered_model(name).tags == {"tier": "1"}

    renamed = f"{catalog}.ml.churn_v2"
    registry.rename_registered_model(name, renamed)
    assert registry.get_registered_model(renamed).tags == {"tier": "1"}
    with refused("RESOURCE_DOES_NOT_EXIST"):
        registry.get_registered_model(name)
    registry.delete_registered_model(renamed)
    with refused("RESOURCE_DOES_NOT_EXIST"):
        registry.get_registered_model(renamed)


def test_a_version_is_sent_finalized_and_loaded_by_number_and_by_alias(registry, catalog, saved_model, predicts):
    name = f"{catalog}.ml.adder"
    registry.create_registered_model(name)
    version = registry.create_model_version(name, source=saved_model, tags={"checked": "yes"}, description="first")
    assert (version.name, str(version.version), version.status) == (name, "1", "READY")

    registry.set_registered_model_alias(name, "champion", version.version)
    found = registry.get_model_version_by_alias(name, "champion")
    assert (str(found.version), found.aliases, found.tags, found.description) == (
        "1",
        ["champion"],
        {"checked": "yes"},
        "first",
    )
    predicts(f"models:/{name}@champion")
    predicts(f"models:/{name}/1")

    assert registry.get_model_version_download_uri(name, "1").startswith("dbfs:/")
    registry.set_model_version_tag(name, "1", "stage", "prod")
    registry.delete_model_version_tag(name, "1", "checked")
    assert registry.update_model_version(name, "1", "described anew").description == "described anew"
    assert registry.get_model_version(name, "1").tags == {"stage": "prod"}
    assert [str(one.version) for one in registry.search_model_versions(f"name='{name}'")] == ["1"]

    registry.delete_registered_model_alias(name, "champion")
    with refused("RESOURCE_DOES_NOT_EXIST"):
        registry.get_model_version_by_alias(name, "champion")
    registry.delete_model_version(name, "1")
    with refused("RESOURCE_DOES_NOT_EXIST"):
        registry.get_model_version(name, "1")


def test_a_second_registration_makes_the_next_version(registry, catalog, saved_model):
    import mlflow

    name = f"{catalog}.ml.twice"
    for expected in ["1", "2"]:
        assert str(mlflow.register_model(saved_model, name).version) == expected


def test_names_without_their_catalog_or_schema_are_refused(registry, catalog, unique):
    with refused("CATALOG_DOES_NOT_EXIST", "does not exist"):
        registry.create_registered_model(f"{unique('none')}.ml.x")
    with refused("SCHEMA_DOES_NOT_EXIST", "does not exist"):
        registry.create_registered_model(f"{catalog}.none.x")


def test_both_dialects_and_plain_http_show_the_same_version(uc, url, catalog, saved_model, workspace, predicts):
    import mlflow
    from mlflow import MlflowClient

    name = f"{catalog}.ml.shared"
    uc.create_registered_model(name, description="one registry")
    uc.create_model_version(name, source=saved_model, description="first")
    uc.set_registered_model_alias(name, "champion", "1")

    plain = MlflowClient(tracking_uri=url, registry_uri=url)
    assert plain.get_registered_model(name).description == "one registry"
    assert plain.get_model_version_by_alias(name, "champion").description == "first"
    native = workspace.model_versions.get_by_alias(name, "champion", include_aliases=True)
    assert (native.version, native.comment, native.status.value) == (1, "first", "READY")
    assert [(alias.alias_name, alias.version_num) for alias in workspace.registered_models.get(name).aliases] == [
        ("champion", 1)
    ]
    mlflow.set_tracking_uri(url)
    mlflow.set_registry_uri(url)
    predicts(f"models:/{name}@champion")


def test_plain_names_are_those_of_the_default_schema(uc, url, unique, saved_model, predicts):
    import mlflow
    from mlflow import MlflowClient

    short = unique("plain").replace("-", "_")
    plain = MlflowClient(tracking_uri=url, registry_uri=url)
    plain.create_registered_model(short)
    assert uc.get_registered_model(f"workspace.default.{short}").name == f"workspace.default.{short}"
    assert plain.get_registered_model(f"workspace.default.{short}").name == short
    uc.create_model_version(f"workspace.default.{short}", source=saved_model)
    assert plain.get_model_version(short, "1").status == "READY"
    mlflow.set_tracking_uri(url)
    mlflow.set_registry_uri(url)
    predicts(f"models:/{short}/1")



def call(url, token, method, path, **options):
    return requests.request(method, url + path, headers={"Authorization": f"Bearer {token}"}, timeout=60, **options)


def test_a_half_sent_version_is_not_finalized_and_a_ready_one_does_not_change(url, token, uc, catalog, saved_model):
    name = f"{catalog}.ml.half"
    uc.create_registered_model(name)
    base = "/api/2.0/mlflow/unity-catalog/model-versions"
    made = call(url, token, "POST", f"{base}/create", json={"name": name, "source": saved_model})
    assert made.json()["model_version"]["status"] == "PENDING_REGISTRATION"
    key = {"name": name, "version": "1"}

    refusal = call(url, token, "POST", f"{base}/finalize", json=key)
    assert refusal.status_code == 400
    assert "no file of it has arrived" in refusal.json()["message"]

    def ask_for_url(file):
        path = f"/Models/{name.replace('.', '/')}/1/{file}"
        return call(url, token, "POST", "/api/2.0/fs/create-upload-url", json={"path": path})

    def send(file, data):
        return requests.put(ask_for_url(file).json()["url"], data=data, timeout=60)

    assert send("python_model.pkl", b"bytes").ok
    refusal = call(url, token, "POST", f"{base}/finalize", json=key)
    assert refusal.status_code == 400
    assert "'MLmodel' has not arrived" in refusal.json()["message"]
    with refused("INVALID_STATE"):
        uc.set_registered_model_alias(name, "champion", "1")

    assert send("MLmodel", b"flavors: {}").ok
    early = [ask_for_url(file).json()["url"] for file in ("MLmodel", "extra.txt")]
    assert call(url, token, "POST", f"{base}/finalize", json=key).json()["model_version"]["status"] == "READY"
    assert [requests.put(one, data=b"flavors: {other: {}}", timeout=60).status_code for one in early] == [409, 409]
    assert [ask_for_url(file).status_code for file in ("MLmodel", "extra.txt")] == [409, 409]


def test_a_registered_model_in_the_trash_takes_its_files_along(uc, catalog, saved_model, tmp_path):
    name = f"{catalog}.ml.gone"
    source = tmp_path / "model"
    shutil.copytree(saved_model, source)
    uc.create_registered_model(name)
    uc.create_model_version(name, source=str(source))
    uc.delete_registered_model(name)
    uc.create_registered_model(name)
    assert str(uc.create_model_version(name, source=str(source)).version) == "1"
    assert os.path.exists(source)


def test_what_clients_say_of_the_use_of_a_version_is_taken(url, token, uc, catalog, saved_model):
    """The client says it where it sends files by the Files API, and only warns when that fails."""
    name = f"{catalog}.ml.used"
    uc.create_registered_model(name)
    uc.create_model_version(name, source=saved_model)
    path = "/api/2.0/mlflow/unity-catalog/model-versions/emit-lineage"
    use = {"name": name, "version": "1", "model_version_lineage_info": {"direction": "DOWNSTREAM"}}
    taken = call(url, token, "POST", path, json=use)
    assert (taken.status_code, taken.json()) == (200, {})
    assert call(url, token, "POST", path, json={**use, "version": "9"}).status_code == 404
