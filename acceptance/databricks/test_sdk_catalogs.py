"""databricks-sdk: catalogs, schemas, registered models and their versions."""

import time

import pytest
from databricks.sdk.errors import BadRequest, DatabricksError, InvalidState, NotFound
from wire import refused


def test_a_catalog_is_made_listed_changed_and_deleted(workspace, unique):
    name = unique("cat").replace("-", "_")
    made = workspace.catalogs.create(name, comment="first", properties={"team": "ml"})
    assert (made.name, made.comment, made.properties) == (name, "first", {"team": "ml"})
    assert made.metastore_id == workspace.metastores.current().metastore_id
    assert name in [catalog.name for catalog in workspace.catalogs.list()]
    assert "default" in [schema.name for schema in workspace.schemas.list(name)]

    changed = workspace.catalogs.update(name.upper(), comment="second")
    assert (changed.name, changed.comment, changed.properties) == (name, "second", {"team": "ml"})
    with pytest.raises(DatabricksError, match="already exists"):
        workspace.catalogs.create(name.upper())
    workspace.catalogs.delete(name)
    with pytest.raises(NotFound) as missing:
        workspace.catalogs.get(name)
    assert missing.value.error_code == "CATALOG_DOES_NOT_EXIST"


def test_a_catalog_with_more_than_its_empty_schema_goes_by_force_alone(workspace, new_catalog):
    name = new_catalog()
    workspace.schemas.delete(f"{name}.ml")
    workspace.registered_models.create(catalog_name=name, schema_name="default", name="kept")
    with pytest.raises(DatabricksError, match="not empty"):
        workspace.catalogs.delete(name)
    workspace.catalogs.delete(name, force=True)
    with pytest.raises(NotFound):
        workspace.registered_models.get(f"{name}.default.kept")


def test_what_was_sent_reads_back(workspace, unique):
    from databricks.sdk.service.catalog import CatalogIsolationMode

    name = unique("cat").replace("-", "_")
    workspace.catalogs.create(name, storage_root="s3://bucket/root")
    workspace.catalogs.update(name, isolation_mode=CatalogIsolationMode.ISOLATED)
    read = workspace.catalogs.get(name)
    assert (read.storage_root, read.isolation_mode) == ("s3://bucket/root", CatalogIsolationMode.ISOLATED)
    assert (read.properties, read.comment) == (None, None)
    workspace.catalogs.delete(name)


def test_schemas_are_made_listed_in_pages_renamed_and_deleted(workspace, catalog):
    for i in range(3):
        workspace.schemas.create(f"s{i}", catalog, comment=f"number {i}")
    # Other processes of the server learn of them within a quarter of a second.
    time.sleep(0.5)
    names = [schema.name for schema in workspace.schemas.list(catalog, max_results=2)]
    assert names == ["default", "ml", "s0", "s1", "s2"]
    assert workspace.schemas.get(f"{catalog}.s1").comment == "number 1"

    workspace.registered_models.create(catalog_name=catalog, schema_name="s1", name="kept")
    renamed = workspace.schemas.update(f"{catalog}.s1", new_name="renamed")
    time.sleep(0.5)
    assert renamed.full_name == f"{catalog}.renamed"
    assert workspace.registered_models.get(f"{catalog}.renamed.kept").schema_name == "renamed"

    with pytest.raises(DatabricksError, match="not empty"):
        workspace.schemas.delete(f"{catalog}.renamed")
    workspace.schemas.delete(f"{catalog}.renamed", force=True)
    with pytest.raises(NotFound) as missing:
        workspace.schemas.get(f"{catalog}.renamed")
    assert missing.value.error_code == "SCHEMA_DOES_NOT_EXIST"
    with pytest.raises(NotFound):
        list(workspace.schemas.list("no_such_catalog"))


def test_models_are_listed_by_catalog_and_schema_in_pages(workspace, catalog):
    for name in ["a", "b", "c"]:
        workspace.registered_models.create(catalog_name=catalog, schema_name="ml", name=name, comment=f"model {name}")
    workspace.registered_models.create(catalog_name=catalog, schema_name="default", name="d")
    listed = workspace.registered_models.list(catalog_name=catalog, schema_name="ml", max_results=2)
    assert [model.full_name for model in listed] == [f"{catalog}.ml.{name}" for name in ["a", "b", "c"]]
    whole = [model.name for model in workspace.registered_models.list(catalog_name=catalog)]
    assert whole == ["d", "a", "b", "c"]

    made = workspace.registered_models.get(f"{catalog}.ml.a")
    assert (made.comment, made.catalog_name, made.schema_name) == ("model a", catalog, "ml")
    assert made.owner == workspace.catalogs.get(catalog).owner
    changed = workspace.registered_models.update(f"{catalog}.ml.a", comment="anew", new_name="a2")
    assert (changed.full_name, changed.comment) == (f"{catalog}.ml.a2", "anew")
    workspace.registered_models.delete(f"{catalog}.ml.a2")
    with pytest.raises(NotFound):
        workspace.registered_models.get(f"{catalog}.ml.a2")
    with pytest.raises(DatabricksError, match="already exists"):
        workspace.registered_models.create(catalog_name=catalog, schema_name="ml", name="b")
    with pytest.raises(NotFound):
        workspace.registered_models.create(catalog_name=catalog, schema_name="none", name="x")


def test_versions_and_aliases_as_the_sdk_has_them(workspace, uc, catalog, saved_model):
    name = f"{catalog}.ml.versions"
    workspace.registered_models.create(catalog_name=catalog, schema_name="ml", name="versions")
    for _ in range(3):
        uc.create_model_version(name, source=saved_model)
    assert [one.version for one in workspace.model_versions.list(name, max_results=2)] == [3, 2, 1]
    alias = workspace.registered_models.set_alias(name, "champion", 2)
    assert (alias.alias_name, alias.version_num) == ("champion", 2)
    assert workspace.model_versions.get_by_alias(name, "champion").version == 2
    workspace.model_versions.update(name, 2, comment="the best")
    assert workspace.model_versions.get(name, 2).comment == "the best"
    workspace.model_versions.delete(name, 1)
    assert [one.version for one in workspace.model_versions.list(name)] == [3, 2]
    workspace.registered_models.delete_alias(name, "champion")
    with pytest.raises(NotFound):
        workspace.model_versions.get_by_alias(name, "champion")


def test_a_catalog_does_not_change_what_plain_names_mean(
    workspace, admin_workspace, as_administrator, identities, url, unique
):
    from mlflow import MlflowClient

    word = unique("dots").replace("-", "_")
    plain = MlflowClient(tracking_uri=url, registry_uri=url)
    if identities:
        # To them the catalog may be one that they do not see.
        with refused("RESOURCE_DOES_NOT_EXIST"):
            plain.create_registered_model(f"{word}.ml.x")
    as_administrator(plain).create_registered_model(f"{word}.ml.x")
    with pytest.raises((BadRequest, InvalidState), match="rename them"):
        admin_workspace.catalogs.create(word)
    as_administrator(plain).delete_registered_model(f"{word}.ml.x")
    workspace.catalogs.create(word)
    workspace.catalogs.delete(word)


def test_the_sdk_s_model_registry_moves_stages_and_takes_comments(workspace, unique):
    name = unique("stages")
    workspace.model_registry.create_model(name)
    workspace.model_registry.create_model_version(name, "s3://bucket/model")
    model = workspace.model_registry.get_model(name).registered_model_databricks
    assert (model.name, model.permission_level.value) == (name, "CAN_MANAGE")
    moved = workspace.model_registry.transition_stage(
        name=name, version="1", stage="Staging", archive_existing_versions=False, comment="looks good"
    ).model_version_databricks
    assert (moved.version, moved.current_stage) == ("1", "Staging")

    said = workspace.model_registry.create_comment(name=name, version="1", comment="really?").comment
    assert (said.comment, [action.value for action in said.available_actions]) == (
        "really?",
        ["EDIT_COMMENT", "DELETE_COMMENT"],
    )
    assert workspace.model_registry.update_comment(id=said.id, comment="yes").comment.comment == "yes"
    listed = workspace.api_client.do(
        "GET", "/api/2.0/mlflow/comments/list", query={"name": name, "version": "1"}
    )["comments"]
    assert [one["comment"] for one in listed] == ["looks good", "yes"]
    workspace.model_registry.delete_comment(said.id)
    with pytest.raises(NotFound):
        workspace.model_registry.delete_comment(said.id)
