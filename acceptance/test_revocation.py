"""What is taken away stops working within a second, on every server that shares the database."""

import time

import mlflow
import pytest

from people import Credentials, SignedAs
from wire import Wire, refused

pytestmark = [pytest.mark.ours, pytest.mark.identities, pytest.mark.since("3.17")]

BOUND = 1.0


@pytest.fixture
def someone(administrator):
    """Somebody else than the person of the suites, who may be turned out."""
    person = administrator.make_person()
    yield person
    administrator.delete_person(person)


@pytest.fixture
def group(administrator, someone):
    number, name = administrator.make_group()
    administrator.add_member(number, someone)
    yield number, name
    administrator.delete_group(number)


@pytest.fixture
def servers(request, url):
    """Every server by itself: the address of all of them together hides which one answers."""
    return request.config.getoption("--server") or [url]


@pytest.fixture
def doors(servers):
    """doors(credentials): a wire to each of the servers."""
    return lambda credentials: [Wire(server, credentials) for server in servers]


@pytest.fixture
def ask(doors):
    """ask(credentials, path, query): the status that each of the servers answers."""
    return lambda credentials, *call: [door.get(*call).status for door in doors(credentials)]


@pytest.fixture
def stops(doors):
    """stops(status, ways, …): every server answers so within a second from now, and goes on to, however one signs in."""

    def stops(status, ways, *call):
        told = time.monotonic()
        open_yet = all_doors = [door for way in ways for door in doors(way)]
        while open_yet:
            asked = time.monotonic() - told
            # Those that refuse are asked no more: wrong passwords have a limit.
            open_yet = [door for door in open_yet if door.get(*call).status != status]
            assert asked < BOUND or not open_yet, f"after {asked:.2f} s still open: {[door.url for door in open_yet]}"
            time.sleep(0.01)
        # Longer than a server may take to hear of it.
        for _ in range(2):
            time.sleep(BOUND / 4)
            assert {door.get(*call).status for door in all_doors} == {status}

    return stops


def ways(person):
    return [person.credentials("token"), person.credentials("basic")]


def test_a_grant_that_is_revoked(administrator, someone, experiment, ask, stops):
    call = ("experiments/get", {"experiment_id": experiment})
    for way in ways(someone):
        # To those who may not know of it, it does not exist.
        assert set(ask(way, *call)) == {404}
    administrator.give_level(experiment, "CAN_READ", user_name=someone.name)
    for way in ways(someone):
        # What is given works at once, wherever one asks.
        assert set(ask(way, *call)) == {200}
    administrator.revoke_level(experiment, someone.name)
    stops(404, ways(someone), *call)


def test_a_catalog_that_its_owner_closes(wire, client, someone, unique, ask, stops):
    catalog = unique("cat").replace("-", "_")
    unity = "/api/2.1/unity-catalog"
    wire.post(f"{unity}/catalogs", {"name": catalog}).ok()
    try:
        model = client.create_registered_model(f"{catalog}.default.theirs").name
        call = ("registered-models/get", {"name": model})
        assert set(ask(someone.credentials("token"), *call)) == {404}
        open_to = {"principal": someone.name, "add": ["USE_CATALOG", "USE_SCHEMA", "EXECUTE"]}
        wire.patch(f"{unity}/permissions/catalog/{catalog}", {"changes": [open_to]}).ok()
        assert set(ask(someone.credentials("token"), *call)) == {200}
        # One of the three is enough, whatever else is held.
        closed_to = {"principal": someone.name, "remove": ["USE_CATALOG"]}
        wire.patch(f"{unity}/permissions/catalog/{catalog}", {"changes": [closed_to]}).ok()
        stops(404, ways(someone), *call)
    finally:
        wire.delete(f"{unity}/catalogs/{catalog}?force=true").ok()


def test_a_token_that_is_revoked(administrator, someone, ask, stops):
    way = someone.credentials("token")
    assert set(ask(way, "users/current")) == {200}
    administrator.revoke_token(someone.token_id)
    stops(401, [way], "users/current")
    assert set(ask(someone.credentials("basic"), "users/current")) == {200}


def test_a_membership_that_is_ended(administrator, someone, group, experiment, ask, stops):
    number, name = group
    administrator.give_level(experiment, "CAN_READ", group_name=name)
    call = ("experiments/get", {"experiment_id": experiment})
    for way in ways(someone):
        assert set(ask(way, *call)) == {200}
    administrator.remove_member(number, someone)
    stops(404, ways(someone), *call)


def test_a_user_that_is_deactivated(administrator, someone, ask, stops):
    for way in ways(someone):
        assert set(ask(way, "users/current")) == {200}
    administrator.set_active(someone, False)
    stops(401, ways(someone), "users/current")
    administrator.set_active(someone, True)
    for way in ways(someone):
        assert set(ask(way, "users/current")) == {200}


def test_an_administrator_that_is_one_no_more(administrator, admin_wire, someone, ask, stops):
    way = someone.credentials("token")
    assert set(ask(way, "users/list")) == {403}
    admin_wire.patch("users/update-admin", {"username": someone.name, "is_admin": True}).ok()
    assert set(ask(way, "users/list")) == {200}
    admin_wire.patch("users/update-admin", {"username": someone.name, "is_admin": False}).ok()
    stops(403, [way], "users/list")


def test_a_password_that_is_changed(administrator, admin_wire, someone, ask, stops):
    way = someone.credentials("basic")
    assert set(ask(way, "users/current")) == {200}
    admin_wire.patch("users/update-password", {"username": someone.name, "password": "battery staple horse"}).ok()
    stops(401, [way], "users/current")
    assert set(ask(Credentials(name=someone.name, password="battery staple horse"), "users/current")) == {200}


def test_the_client_of_somebody_who_lost_a_grant_is_told_so(url, administrator, someone, experiment):
    """The same through mlflow itself, whichever server it meets."""
    for way in ways(someone):
        theirs = SignedAs(mlflow.MlflowClient(url, url), way)
        administrator.give_level(experiment, "CAN_READ", user_name=someone.name)
        assert theirs.get_experiment(experiment).experiment_id == experiment
        administrator.revoke_level(experiment, someone.name)
        time.sleep(BOUND)
        for _ in range(4):
            with refused("RESOURCE_DOES_NOT_EXIST"):
                theirs.get_experiment(experiment)
