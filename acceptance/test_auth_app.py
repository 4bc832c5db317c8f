"""Users, roles and permissions as MLflow's own auth app has them, through its own client.

Users and roles are made by an administrator; on what they own people give rights themselves.
"""

import sys
import types

import pytest

from wire import refused

pytestmark = [pytest.mark.since("3.17"), pytest.mark.ours]

PASSWORD = "correct horse battery"


@pytest.fixture
def auth(url, monkeypatch):
    # The client lies in the package of the app, which asks for a library of its web forms; the client uses none of it.
    forms = types.ModuleType("flask_wtf.csrf")
    forms.CSRFProtect = object
    monkeypatch.setitem(sys.modules, "flask_wtf", types.ModuleType("flask_wtf"))
    monkeypatch.setitem(sys.modules, "flask_wtf.csrf", forms)
    from mlflow.server.auth.client import AuthServiceClient

    return AuthServiceClient(url)


@pytest.fixture
def admin_auth(auth, as_administrator):
    return as_administrator(auth)


@pytest.fixture
def user(admin_auth, unique):
    """user() is the name of a new user; all of them are deleted at the end."""
    made = []

    def user():
        made.append(admin_auth.create_user(unique("user"), PASSWORD).username)
        return made[-1]

    yield user
    for name in made:
        try:
            admin_auth.delete_user(name)
        except Exception:
            pass  # the test itself deleted it


@pytest.fixture
def role(admin_auth, unique):
    made = []

    def role(**more):
        made.append(admin_auth.create_role("default", unique("role"), **more))
        return made[-1]

    yield role
    for one in made:
        try:
            admin_auth.delete_role(one.id)
        except Exception:
            pass


def test_a_user_is_made_read_changed_and_deleted(admin_auth, user):
    name = user()
    made = admin_auth.get_user(name)
    assert (made.username, made.is_admin) == (name, False)
    other = user()
    for one in (name, other):
        admin_auth.update_user_admin(one, True)
        assert admin_auth.get_user(one).is_admin
    # One has to stay: without identities there may be no other.
    admin_auth.update_user_admin(name, False)
    assert not admin_auth.get_user(name).is_admin
    admin_auth.update_user_password(name, "battery staple horse")
    admin_auth.delete_user(name)
    with refused("RESOURCE_DOES_NOT_EXIST"):
        admin_auth.get_user(name)


def test_a_user_needs_a_new_name_and_a_long_password(admin_auth, user, unique):
    name = user()
    with refused("RESOURCE_ALREADY_EXISTS"):
        admin_auth.create_user(name, PASSWORD)
    with refused("INVALID_PARAMETER_VALUE"):
        admin_auth.create_user(unique("user"), "short")


def test_permissions_on_an_experiment_are_given_told_and_taken(auth, admin_auth, user, experiment):
    name = user()
    told = admin_auth.get_user_permission(name, "experiment", experiment)
    assert (told.allowed, told.permission) == (False, "NO_PERMISSIONS")
    for permission in ("READ", "EDIT", "MANAGE"):
        auth.grant_user_permission(name, "experiment", experiment, permission)
        assert admin_auth.get_user_permission(name, "experiment", experiment).permission == permission
        with refused("RESOURCE_ALREADY_EXISTS"):
            auth.grant_user_permission(name, "experiment", experiment, "READ")
        auth.revoke_user_permission(name, "experiment", experiment)
    assert not admin_auth.get_user_permission(name, "experiment", experiment).allowed
    with refused("RESOURCE_DOES_NOT_EXIST"):
        auth.revoke_user_permission(name, "experiment", experiment)


def test_permissions_on_a_model_are_given_told_and_taken(auth, admin_auth, user, client, unique):
    name, model = user(), unique("model")
    client.create_registered_model(model)
    for permission in ("READ", "EDIT", "MANAGE"):
        auth.grant_user_permission(name, "registered_model", model, permission)
        assert admin_auth.get_user_permission(name, "registered_model", model).permission == permission
        auth.revoke_user_permission(name, "registered_model", model)
    assert admin_auth.get_user_permission(name, "registered_model", model).permission == "NO_PERMISSIONS"


def test_nothing_is_given_on_what_is_not_there(auth, admin_auth, user):
    name = user()
    with refused("RESOURCE_DOES_NOT_EXIST"):
        auth.grant_user_permission(name, "experiment", "987654321", "READ")
    with refused("INVALID_PARAMETER_VALUE"):
        auth.grant_user_permission(name, "spaceship", "1", "READ")
    with refused("INVALID_PARAMETER_VALUE"):
        admin_auth.grant_user_permission(name, "workspace", "*", "DENY")


def test_a_role_is_a_group_with_permissions(admin_auth, role, unique):
    made = role(description="who reads")
    read = admin_auth.get_role(made.id)
    assert (read.name, read.description, read.workspace) == (made.name, "who reads", "default")
    assert made.id in [one.id for one in admin_auth.list_all_roles()]
    assert made.id in [one.id for one in admin_auth.list_roles("default")]
    name = unique("renamed")
    assert admin_auth.update_role(made.id, name=name, description="who writes").name == name
    assert admin_auth.get_role(made.id).description == "who writes"


def test_a_role_gives_its_permissions_to_who_is_in_it(admin_auth, role, user, experiment):
    made, name = role(), user()
    permission = admin_auth.add_role_permission(made.id, "experiment", experiment, "READ")
    assert (permission.resource_type, permission.resource_pattern, permission.permission) == (
        "experiment",
        experiment,
        "READ",
    )
    assignment = admin_auth.assign_role(name, made.id)
    assert assignment.role_id == made.id
    assert [one.user_id for one in admin_auth.list_role_users(made.id)] == [assignment.user_id]
    assert [one.id for one in admin_auth.list_user_roles(name)] == [made.id]
    assert admin_auth.get_user_permission(name, "experiment", experiment).permission == "READ"
    changed = admin_auth.update_role_permission(permission.id, "EDIT")
    assert (changed.id, changed.permission) == (permission.id, "EDIT")
    assert admin_auth.get_user_permission(name, "experiment", experiment).permission == "EDIT"
    admin_auth.remove_role_permission(permission.id)
    assert admin_auth.list_role_permissions(made.id) == []
    assert not admin_auth.get_user_permission(name, "experiment", experiment).allowed
    admin_auth.unassign_role(name, made.id)
    assert admin_auth.list_user_roles(name) == []
    admin_auth.delete_role(made.id)
    with refused("RESOURCE_DOES_NOT_EXIST"):
        admin_auth.get_role(made.id)
