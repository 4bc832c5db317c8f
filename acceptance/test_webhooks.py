import base64
import hashlib
import hmac
import time
from datetime import datetime

import pytest

from receiver import Receiver
from wire import refused

pytestmark = pytest.mark.since("3.17")


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def hook(admin_client, unique):
    """hook(events...) makes a webhook; all of them are deleted at the end."""
    made = []

    def hook(*events, url="https://192.0.9.1/hook", **more):
        made.append(admin_client.create_webhook(unique("hook"), url, list(events), **more))
        return made[-1]

    yield hook
    for one in made:
        try:
            admin_client.delete_webhook(one.webhook_id)
        except Exception:
            pass  # the test itself deleted it


def test_a_new_webhook_is_read_back_without_its_secret(admin_client, admin_wire, hook):
    made = hook(
        "registered_model.created", "model_version_alias.deleted", description="tells us", secret="s3cret!!"
    )
    read = admin_client.get_webhook(made.webhook_id)
    assert (read.name, read.url, read.description) == (made.name, "https://192.0.9.1/hook", "tells us")
    assert {str(event) for event in read.events} == {
        "registered_model.created",
        "model_version_alias.deleted",
    }
    assert read.status == "ACTIVE"
    assert read.creation_timestamp == read.last_updated_timestamp
    on_the_wire = admin_wire.get(f"webhooks/{made.webhook_id}")
    assert "s3cret!!" not in on_the_wire.text
    assert {"entity": "REGISTERED_MODEL", "action": "CREATED"} in on_the_wire.ok()["webhook"]["events"]


def test_an_update_changes_what_is_given(admin_client, hook, unique):
    made = hook("registered_model.created", description="old")
    name = unique("renamed")
    admin_client.update_webhook(made.webhook_id, name=name, status="DISABLED", events=["model_version.created"])
    read = admin_client.get_webhook(made.webhook_id)
    assert (read.name, str(read.status), read.description) == (name, "DISABLED", "old")
    assert [str(event) for event in read.events] == ["model_version.created"]


def test_an_unknown_webhook_is_missing(admin_wire):
    answer = admin_wire.get("webhooks/00000000-0000-0000-0000-000000000000")
    answer.refused(404, "RESOURCE_DOES_NOT_EXIST")


def test_a_deleted_webhook_is_gone(admin_client, hook):
    made = hook("registered_model.created")
    admin_client.delete_webhook(made.webhook_id)
    with refused("RESOURCE_DOES_NOT_EXIST"):
        admin_client.get_webhook(made.webhook_id)
    with refused("RESOURCE_DOES_NOT_EXIST"):
        admin_client.delete_webhook(made.webhook_id)


def test_the_list_has_the_newest_first_and_pages(admin_client, hook):
    first = hook("registered_model.created")
    time.sleep(0.002)
    second = hook("registered_model.created")
    page = admin_client.list_webhooks(max_results=1)
    assert len(page) == 1 and page.token
    ids = [one.webhook_id for one in admin_client.list_webhooks(max_results=1000)]
    assert ids.index(second.webhook_id) < ids.index(first.webhook_id)


@pytest.mark.parametrize("size", [-1, 1001])
def test_the_list_has_limits(admin_wire, size):
    admin_wire.get("webhooks", {"max_results": size}).refused(400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize("name", ["", "-a", "a-", "a b", "a/b", "x" * 64])
def test_a_bad_name_is_refused(admin_wire, name):
    body = {
        "name": name,
        "url": "https://192.0.9.1/x",
        "events": [{"entity": "REGISTERED_MODEL", "action": "CREATED"}],
    }
    admin_wire.post("webhooks", body).refused(400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize(
    "address", ["", "no address", "ftp://192.0.9.1/x", "file:///etc/passwd", "javascript:alert(1)"]
)
def test_a_bad_address_is_refused(admin_wire, unique, address):
    body = {"name": unique(), "url": address, "events": [{"entity": "REGISTERED_MODEL", "action": "CREATED"}]}
    admin_wire.post("webhooks", body).refused(400, "INVALID_PARAMETER_VALUE")


@pytest.mark.webhooks("public")
@pytest.mark.parametrize(
    "address",
    [
        "http://192.0.9.1/x",
        "https://127.0.0.1/x",
        "https://169.254.169.254/latest",
        "https://10.1.2.3/x",
        "https://[::1]/x",
        "https://[::ffff:127.0.0.1]/x",
        "https://0.0.0.0/x",
        "https://2130706433/x",
        "https://0x7f.1/x",
        "https://localhost/x",
        "https://100.64.0.1/x",
    ],
)
def test_plain_http_and_private_targets_are_refused_by_default(admin_wire, unique, address):
    body = {"name": unique(), "url": address, "events": [{"entity": "REGISTERED_MODEL", "action": "CREATED"}]}
    admin_wire.post("webhooks", body).refused(400, "INVALID_PARAMETER_VALUE")


def test_an_event_is_needed_and_must_exist(admin_wire, unique):
    body = {"name": unique(), "url": "https://192.0.9.1/x"}
    admin_wire.post("webhooks", body).refused(400, "INVALID_PARAMETER_VALUE")
    admin_wire.post("webhooks", {**body, "events": [{"entity": "REGISTERED_MODEL", "action": "SET"}]}).refused(
        400, "INVALID_PARAMETER_VALUE"
    )


@pytest.mark.webhooks("local")
def test_a_test_delivery_reports_the_answer(admin_client, hook, receiver):
    made = hook("model_version.created", url=receiver.url)
    result = admin_client.test_webhook(made.webhook_id)
    assert (result.success, result.response_status, result.response_body) == (True, 200, "thanks")
    receiver.statuses = [302]
    result = admin_client.test_webhook(made.webhook_id)
    assert (result.success, result.response_status) == (True, 302)
    receiver.statuses = [404]
    result = admin_client.test_webhook(made.webhook_id)
    assert (result.success, result.response_status) == (False, 404)


@pytest.mark.webhooks("local")
def test_a_delivery_is_signed(client, hook, receiver, unique):
    name = unique("model")
    hook("registered_model.created", url=receiver.url, secret="shared secret")
    client.create_registered_model(name, tags={"a": "b"}, description="words")
    headers, body, payload = receiver.wait_for(lambda post: post["data"].get("name") == name)
    assert (payload["entity"], payload["action"]) == ("registered_model", "created")
    assert payload["data"] == {"name": name, "tags": {"a": "b"}, "description": "words"}
    assert (
        abs(datetime.fromisoformat(payload["timestamp"].replace("Z", "+00:00")).timestamp() - time.time())
        < 60
    )
    signed = f"{headers['X-MLflow-Delivery-Id']}.{headers['X-MLflow-Timestamp']}.".encode() + body
    digest = base64.b64encode(hmac.new(b"shared secret", signed, hashlib.sha256).digest()).decode()
    assert headers["X-MLflow-Signature"] == f"v1,{digest}"
    assert abs(int(headers["X-MLflow-Timestamp"]) - time.time()) < 60


@pytest.mark.webhooks("local")
def test_every_event_of_a_version_tells_its_facts(client, hook, receiver, unique):
    name = client.create_registered_model(unique("model")).name
    hook(
        "model_version.created",
        "model_version_tag.set",
        "model_version_tag.deleted",
        "model_version_alias.created",
        "model_version_alias.deleted",
        url=receiver.url,
    )
    client.create_model_version(name, "s3://b/x", tags={"t": "1"})
    client.set_model_version_tag(name, "1", "k", "v")
    client.delete_model_version_tag(name, "1", "k")
    client.set_registered_model_alias(name, "champion", "1")
    client.delete_registered_model_alias(name, "champion")

    def data(entity, action):
        def wanted(post):
            return (post["entity"], post["action"], post["data"].get("name")) == (entity, action, name)

        return receiver.wait_for(wanted)[2]["data"]

    assert data("model_version", "created") == {
        "name": name,
        "version": "1",
        "source": "s3://b/x",
        "run_id": None,
        "tags": {"t": "1"},
        "description": None,
    }
    assert data("model_version_tag", "set") == {"name": name, "version": "1", "key": "k", "value": "v"}
    assert data("model_version_tag", "deleted") == {"name": name, "version": "1", "key": "k"}
    assert data("model_version_alias", "created") == {"name": name, "alias": "champion", "version": "1"}
    assert data("model_version_alias", "deleted") == {"name": name, "alias": "champion"}


@pytest.mark.webhooks("local")
def test_a_failed_delivery_is_tried_again_with_the_same_id(client, hook, receiver, unique):
    name = unique("model")
    receiver.statuses = [503, 503]
    hook("registered_model.created", url=receiver.url)
    client.create_registered_model(name)
    deadline = time.time() + 30
    while time.time() < deadline and sum(name.encode() in body for _, body in receiver.posts) < 3:
        time.sleep(0.05)
    ours = [headers["X-MLflow-Delivery-Id"] for headers, body in receiver.posts if name.encode() in body]
    assert len(ours) == 3 and len(set(ours)) == 1


@pytest.mark.webhooks("local")
def test_a_disabled_webhook_is_silent(client, admin_client, hook, receiver, unique):
    silent = hook("registered_model.created", url=receiver.url + "-silent", status="DISABLED")
    hook("registered_model.created", url=receiver.url)
    name = unique("model")
    client.create_registered_model(name)
    receiver.wait_for(lambda post: post["data"].get("name") == name)
    time.sleep(0.3)
    assert sum(name.encode() in body for _, body in receiver.posts) == 1
    assert admin_client.get_webhook(silent.webhook_id).status == "DISABLED"
