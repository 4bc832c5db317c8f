"""What is administrators' alone: the person of the suites is refused, each time it is tried."""

import pytest

from rights import OF_ADMINISTRATORS

pytestmark = [pytest.mark.ours, pytest.mark.identities, pytest.mark.since("3.17")]

CALLS = [call for calls in OF_ADMINISTRATORS.values() for call in calls]


@pytest.mark.parametrize("method, path, body", CALLS, ids=[f"{method} {path}" for method, path, _ in CALLS])
def test_is_refused_to_everybody_else(wire, method, path, body):
    answer = wire.send(method, path, json=body)
    assert answer.status == 403 and "Permission denied" in answer.text, f"{answer.status}: {answer.text[:500]}"


def test_the_person_of_the_suites_is_none(wire, person):
    current = wire.get("users/current").ok()["user"]
    assert (current["username"], current["is_admin"]) == (person.name, False)


def test_nobody_in_particular_gets_nothing(url):
    from people import Credentials
    from wire import Wire

    for credentials in [Credentials(), Credentials(token="dapi-nobody"), Credentials(name="nobody", password="nothing")]:
        answer = Wire(url, credentials).get("experiments/get", {"experiment_id": "0"})
        assert answer.status == 401
