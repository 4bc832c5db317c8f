"""Users, groups, service principals and tokens, as databricks-sdk asks for them."""

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import DatabricksError, NotFound, ResourceConflict
from databricks.sdk.service import iam


@pytest.fixture
def group(admin_workspace, unique):
    made = admin_workspace.groups.create(display_name=unique("group"))
    yield made
    admin_workspace.groups.delete(made.id)


@pytest.fixture
def user(admin_workspace, unique):
    made = admin_workspace.users.create(user_name=f"{unique('user')}@acme.com", display_name="Bob")
    yield made
    admin_workspace.users.delete(made.id)


def test_the_caller_is_told_who_it_is(workspace):
    me = workspace.current_user.me()
    assert me.id and me.user_name and me.active
    assert workspace.get_workspace_id() > 0


def test_a_group_is_found_by_its_name_and_holds_its_members(workspace, admin_workspace, group, user):
    assert [found.id for found in workspace.groups.list(filter=f"displayName eq '{group.display_name}'")] == [group.id]
    admin_workspace.groups.patch(
        group.id,
        operations=[iam.Patch(op=iam.PatchOp.ADD, value={"members": [{"value": user.id}]})],
        schemas=[iam.PatchSchema.URN_IETF_PARAMS_SCIM_API_MESSAGES_2_0_PATCH_OP],
    )
    assert [member.value for member in admin_workspace.groups.get(group.id).members] == [user.id]
    assert group.id in [of.value for of in admin_workspace.users.get(user.id).groups]
    admin_workspace.groups.patch(
        group.id,
        operations=[iam.Patch(op=iam.PatchOp.REMOVE, path=f'members[value eq "{user.id}"]')],
    )
    assert not admin_workspace.groups.get(group.id).members


def test_a_group_is_replaced_whole(admin_workspace, group, user):
    admin_workspace.groups.update(
        group.id, display_name=group.display_name, members=[iam.ComplexValue(value=user.id)], external_id="outside"
    )
    read = admin_workspace.groups.get(group.id)
    assert read.external_id == "outside"
    assert [member.value for member in read.members] == [user.id]


def test_a_user_reads_back_as_sent(workspace, admin_workspace, unique):
    name = f"{unique('jane')}@acme.com"
    made = admin_workspace.users.create(
        user_name=name,
        name=iam.Name(given_name="Jane", family_name="Ng"),
        emails=[iam.ComplexValue(value=name, type="work", primary=True)],
        entitlements=[iam.ComplexValue(value="databricks-sql-access")],
    )
    try:
        read = admin_workspace.users.get(made.id)
        assert read.user_name == name and read.active
        assert read.name == iam.Name(given_name="Jane", family_name="Ng")
        assert [email.value for email in read.emails] == [name]
        assert [entitlement.value for entitlement in read.entitlements] == ["databricks-sql-access"]
        with pytest.raises(ResourceConflict):
            admin_workspace.users.create(user_name=name)
    finally:
        admin_workspace.users.delete(made.id)
    with pytest.raises(NotFound):
        workspace.users.get(made.id)


@pytest.mark.identities
def test_others_are_told_that_somebody_is_there_and_nothing_of_them(workspace, admin_workspace, group, user):
    added = iam.Patch(op=iam.PatchOp.ADD, path="members", value=[{"value": user.id}])
    admin_workspace.groups.patch(group.id, operations=[added])
    shown = workspace.users.get(user.id)
    assert (shown.user_name, shown.display_name) == (user.user_name, "Bob")
    assert not (shown.name or shown.emails or shown.entitlements or shown.groups)
    assert not workspace.groups.get(group.id).members


def test_lists_go_on_to_their_end(workspace, user):
    assert user.id in [found.id for found in workspace.users.list(count=1, attributes="id,userName")]


def test_a_service_principal_gets_an_application_id(workspace, admin_workspace, unique):
    made = admin_workspace.service_principals.create(display_name=unique("ci"))
    try:
        assert made.application_id
        assert workspace.service_principals.get(made.id).display_name == made.display_name
    finally:
        admin_workspace.service_principals.delete(made.id)


def test_a_token_works_until_it_is_revoked(workspace):
    if workspace.current_user.me().user_name == "anonymous":
        with pytest.raises(DatabricksError, match="--auth"):
            workspace.tokens.create(comment="ci", lifetime_seconds=3600)
        return
    made = workspace.tokens.create(comment="ci", lifetime_seconds=3600)
    assert made.token_value and made.token_info.comment == "ci"
    other = WorkspaceClient(host=workspace.config.host, token=made.token_value)
    assert other.current_user.me().id == workspace.current_user.me().id
    assert made.token_info.token_id in [info.token_id for info in workspace.tokens.list()]
    workspace.tokens.delete(token_id=made.token_info.token_id)
    assert made.token_info.token_id not in [info.token_id for info in workspace.tokens.list()]
