"""Grants of Unity Catalog and object permissions, as databricks-sdk asks for them."""

import pytest
from databricks.sdk.errors import BadRequest, NotFound
from databricks.sdk.service import catalog as unity
from databricks.sdk.service import iam


@pytest.fixture
def group(admin_workspace, unique):
    made = admin_workspace.groups.create(display_name=unique("group"))
    yield made.display_name
    admin_workspace.groups.delete(made.id)


@pytest.fixture
def schema(catalog):
    """The full name of a schema in a catalog of its own."""
    return f"{catalog}.ml"


@pytest.fixture
def model(workspace, schema):
    catalog_name, schema_name = schema.split(".")
    workspace.registered_models.create(catalog_name=catalog_name, schema_name=schema_name, name="m1")
    return f"{schema}.m1"


def granted(answer):
    return {each.principal: [privilege.value for privilege in each.privileges] for each in answer.privilege_assignments or []}


def test_a_grant_on_a_model_is_made_seen_and_revoked(workspace, model, group):
    grant = unity.PermissionsChange(principal=group, add=[unity.Privilege.EXECUTE])
    assert granted(workspace.grants.update("function", model, changes=[grant])) == {group: ["EXECUTE"]}
    assert granted(workspace.grants.get(unity.SecurableType.FUNCTION.value, model)) == {group: ["EXECUTE"]}
    assert [each.principal for each in workspace.grants.list("function", model)] == [group]
    revoke = unity.PermissionsChange(principal=group, remove=[unity.Privilege.EXECUTE])
    assert granted(workspace.grants.update("function", model, changes=[revoke])) == {}


def test_grants_come_down_from_the_catalog(workspace, schema, model, group):
    name = schema.split(".")[0]
    workspace.grants.update(
        "catalog",
        name,
        changes=[
            unity.PermissionsChange(
                principal=group,
                add=[unity.Privilege.USE_CATALOG, unity.Privilege.USE_SCHEMA, unity.Privilege.EXECUTE],
            )
        ],
    )
    effective = workspace.grants.get_effective("function", model, principal=group)
    held = {privilege.privilege.value: privilege for privilege in effective.privilege_assignments[0].privileges}
    assert set(held) == {"USE_CATALOG", "USE_SCHEMA", "EXECUTE"}
    assert held["EXECUTE"].inherited_from_type == unity.SecurableType.CATALOG
    assert held["EXECUTE"].inherited_from_name == name
    assert granted(workspace.grants.get("function", model)) == {}


def test_the_enum_itself_is_understood_as_a_type(workspace, schema):
    assert granted(workspace.grants.get(unity.SecurableType.SCHEMA, schema)) == {}


def test_everybody_has_a_name(workspace, model):
    everybody = unity.PermissionsChange(principal="account users", add=[unity.Privilege.EXECUTE])
    assert granted(workspace.grants.update("function", model, changes=[everybody])) == {"account users": ["EXECUTE"]}


def test_what_is_not_there_is_not_found(workspace, schema, unique):
    with pytest.raises(NotFound):
        workspace.grants.get("function", f"{schema}.none")
    with pytest.raises(NotFound):
        workspace.grants.get("schema", f"{unique('none')}.ml")
    with pytest.raises(NotFound):
        change = unity.PermissionsChange(principal=unique("nobody"), add=[unity.Privilege.EXECUTE])
        workspace.grants.update("schema", schema, changes=[change])


def levels(permissions):
    return {
        entry.user_name or entry.group_name: entry.all_permissions[0].permission_level.value
        for entry in permissions.access_control_list
        if not entry.all_permissions[0].inherited
    }


def test_permissions_on_an_experiment(workspace, experiment, group):
    given = workspace.permissions.update(
        "experiments",
        experiment,
        access_control_list=[
            iam.AccessControlRequest(group_name=group, permission_level=iam.PermissionLevel.CAN_EDIT)
        ],
    )
    assert given.object_id == f"/experiments/{experiment}"
    assert levels(given)[group] == "CAN_EDIT"
    lowered = workspace.permissions.set(
        "experiments",
        experiment,
        access_control_list=[
            iam.AccessControlRequest(group_name=group, permission_level=iam.PermissionLevel.CAN_READ)
        ],
    )
    assert levels(lowered)[group] == "CAN_READ"
    assert levels(workspace.permissions.get("experiments", experiment)) == levels(lowered)
    known = workspace.permissions.get_permission_levels("experiments", experiment)
    assert [level.permission_level.value for level in known.permission_levels] == ["CAN_READ", "CAN_EDIT", "CAN_MANAGE"]


def test_reviewers_of_a_model(workspace, model, group):
    given = workspace.permissions.update(
        "registered-models",
        model,
        access_control_list=[
            iam.AccessControlRequest(
                group_name=group, permission_level=iam.PermissionLevel.CAN_MANAGE_PRODUCTION_VERSIONS
            )
        ],
    )
    assert levels(given)[group] == "CAN_MANAGE_PRODUCTION_VERSIONS"


def test_a_level_that_a_type_does_not_have_is_refused(workspace, experiment, group):
    with pytest.raises(BadRequest):
        workspace.permissions.update(
            "experiments",
            experiment,
            access_control_list=[
                iam.AccessControlRequest(group_name=group, permission_level=iam.PermissionLevel.CAN_QUERY)
            ],
        )


def test_tags_of_a_schema(workspace, schema):
    made = workspace.entity_tag_assignments.create(
        unity.EntityTagAssignment(entity_type="schemas", entity_name=schema, tag_key="pii", tag_value="yes")
    )
    assert made.tag_value == "yes"
    assert [tag.tag_key for tag in workspace.entity_tag_assignments.list("schemas", schema)] == ["pii"]
    workspace.entity_tag_assignments.delete("schemas", schema, "pii")
    assert list(workspace.entity_tag_assignments.list("schemas", schema)) == []


def test_tables_of_a_new_schema(workspace, schema):
    catalog_name, schema_name = schema.split(".")
    assert list(workspace.tables.list(catalog_name, schema_name)) == []
    assert list(workspace.tables.list_summaries(catalog_name)) == []
    assert workspace.tables.exists(f"{schema}.none").table_exists is False
    with pytest.raises(NotFound):
        workspace.tables.get(f"{schema}.none")


def test_the_metastore(workspace):
    assignment = workspace.metastores.current()
    assert assignment.default_catalog_name == "workspace"
    assert workspace.metastores.summary().metastore_id == assignment.metastore_id
    assert assignment.workspace_id == workspace.get_workspace_id()
