"""Scopes of secrets, as databricks-sdk asks for them."""

import base64

import pytest
from databricks.sdk.errors import NotFound, ResourceAlreadyExists
from databricks.sdk.service import workspace as service


@pytest.fixture
def scope(workspace, admin_workspace, person, unique):
    """A scope that an administrator made and gave away: to make one takes CAN_MANAGE on the whole workspace."""
    name = unique("scope")
    admin_workspace.secrets.create_scope(name)
    if person:
        admin_workspace.secrets.put_acl(name, person.name, service.AclPermission.MANAGE)
    yield name
    workspace.secrets.delete_scope(name)


def test_a_secret_reads_back_as_base64(workspace, scope):
    workspace.secrets.put_secret(scope, "k", string_value="välue")
    read = workspace.secrets.get_secret(scope, "k")
    assert base64.b64decode(read.value).decode() == "välue"
    assert workspace.dbutils.secrets.get(scope, "k") == "välue"
    assert [secret.key for secret in workspace.secrets.list_secrets(scope)] == ["k"]
    workspace.secrets.delete_secret(scope, "k")
    with pytest.raises(NotFound):
        workspace.secrets.get_secret(scope, "k")


def test_bytes_stay_as_they_are(workspace, scope):
    workspace.secrets.put_secret(scope, "b", bytes_value=base64.b64encode(bytes(range(256))).decode())
    assert base64.b64decode(workspace.secrets.get_secret(scope, "b").value) == bytes(range(256))


def test_scopes_are_listed_with_their_kind(workspace, admin_workspace, scope):
    found = {each.name: each.backend_type for each in workspace.secrets.list_scopes()}
    assert found[scope] == service.ScopeBackendType.DATABRICKS
    with pytest.raises(ResourceAlreadyExists):
        admin_workspace.secrets.create_scope(scope)


def test_access_is_given_and_taken(workspace, admin_workspace, scope, unique):
    group = admin_workspace.groups.create(display_name=unique("group"))
    try:
        workspace.secrets.put_acl(scope, group.display_name, service.AclPermission.READ)
        assert workspace.secrets.get_acl(scope, group.display_name).permission == service.AclPermission.READ
        workspace.secrets.put_acl(scope, group.display_name, service.AclPermission.WRITE)
        listed = {acl.principal: acl.permission for acl in workspace.secrets.list_acls(scope)}
        assert listed[group.display_name] == service.AclPermission.WRITE
        workspace.secrets.delete_acl(scope, group.display_name)
        with pytest.raises(NotFound):
            workspace.secrets.get_acl(scope, group.display_name)
    finally:
        admin_workspace.groups.delete(group.id)
