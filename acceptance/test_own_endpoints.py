"""What our server answers beyond MLflow's protocol."""

import json
import time

import pytest

from receiver import Receiver

pytestmark = [pytest.mark.ours, pytest.mark.since("3.17")]

OWN = "/api/2.0/slipway/"


@pytest.fixture
def listen(url, http):
    """listen(experiment) opens a stream of changes and answers an iterator of (id, kind, data)."""
    opened = []

    def listen(experiment, after=None):
        answer = http.get(
            url + OWN + "events",
            params={"experiment_ids": experiment},
            headers={"Last-Event-ID": after} if after else {},
            stream=True,
            timeout=30,
        )
        opened.append(answer)
        assert answer.headers["content-type"] == "text/event-stream"
        lines = answer.iter_lines(chunk_size=1, decode_unicode=True)
        # The place in the stream is told before anything else: from here on nothing is missed.
        assert next(lines).startswith("retry: ")
        assert next(lines).startswith("id: ")
        return events(lines)

    yield listen
    for answer in opened:
        answer.close()


def events(lines):
    fields = {}
    for line in lines:
        if line and not line.startswith(":"):
            name, value = line.split(": ", 1)
            fields[name] = value
        elif "data" in fields:
            yield fields["id"], fields["event"], json.loads(fields["data"])
            fields = {}


def first(stream, wanted):
    """Changes of models, of other tests, come to every listener."""
    return next((place, kind, data) for place, kind, data in stream if kind == wanted)


def test_changes_of_an_experiment_arrive_and_are_resumed_after_the_last_one(client, experiment, listen):
    stream = listen(experiment)
    run = client.create_run(experiment).info.run_id
    place, _, data = first(stream, "run")
    assert (data["experiment_id"], data["subject"]) == (experiment, run)
    client.log_metric(run, "loss", 0.5)
    points = first(stream, "points")
    assert (points[2]["subject"], points[2]["keys"]) == (run, ["loss"])
    assert first(listen(experiment, after=place), "points") == points


def test_a_run_is_cloned_under_a_new_name(client, wire, experiment, run):
    client.log_param(run, "depth", "3")
    clone = wire.post(OWN + "runs/clone", {"run_id": run, "run_name": "again"}).ok()["run"]
    assert clone["info"]["run_id"] != run
    read = client.get_run(clone["info"]["run_id"])
    assert (read.info.run_name, read.info.experiment_id) == ("again", experiment)
    assert read.data.params == {"depth": "3"}


def test_finished_runs_can_be_locked(client, wire, experiment, run):
    path = OWN + "experiments/finished-runs-lock"
    assert wire.get(path, {"experiment_id": experiment}).ok()["locked"] is False
    wire.send("PUT", path, json={"experiment_id": experiment, "locked": True, "mutable_tags": ["note"]}).ok()
    assert wire.get(path, {"experiment_id": experiment}).ok() == {"locked": True, "mutable_tags": ["note"]}
    client.log_metric(run, "loss", 0.5)
    client.set_terminated(run)
    locked = wire.post("runs/log-metric", {"run_id": run, "key": "loss", "value": 1, "timestamp": 1})
    assert 400 <= locked.status < 500
    client.set_tag(run, "note", "still possible")
    assert client.get_run(run).data.metrics == {"loss": 0.5}


def test_a_chart_is_columns_thinned_to_what_was_asked(client, wire, run):
    for step in range(30):
        client.log_metric(run, "loss", step, timestamp=1000 + step, step=step)
    query = {"run_ids": run, "metric_key": "loss", "max_points": 10}
    (series,) = wire.get(OWN + "metrics/chart", query).ok()["series"]
    assert (series["run_id"], series["count"]) == (run, 30)
    assert 2 <= len(series["steps"]) == len(series["values"]) == len(series["timestamps"]) <= 10
    assert (series["values"][0], series["values"][-1]) == (0, 29)


@pytest.mark.webhooks("local")
def test_what_became_of_a_delivery_is_told(client, admin_client, admin_wire, unique):
    receiver = Receiver()
    name = unique("model")
    receiver.statuses = [503]
    hook = admin_client.create_webhook(unique("hook"), receiver.url, ["registered_model.created"])
    try:
        client.create_registered_model(name)
        deadline = time.time() + 30
        while True:
            found = admin_wire.get(f"webhooks/{hook.webhook_id}/deliveries").ok()["deliveries"]
            if found and all(one["state"] != "pending" for one in found):
                break
            assert time.time() < deadline, found
            time.sleep(0.05)
    finally:
        admin_client.delete_webhook(hook.webhook_id)
        receiver.close()
    # Other tests make models at the same time where several clients share the server.
    assert [503, 200] in [[attempt["response_status"] for attempt in one["attempts"]] for one in found]


def test_the_size_of_an_artifact_is_asked_without_its_bytes(wire, experiment, run):
    path = f"/api/2.0/mlflow-artifacts/artifacts/{experiment}/{run}/artifacts/a.bin"
    assert wire.send("PUT", path, data=b"12345").status == 200
    answer = wire.send("HEAD", path)
    assert (answer.status, answer.headers["content-length"], answer.content) == (200, "5", b"")


def test_the_protocol_is_described(wire):
    document = wire.send("GET", "/openapi.json").ok()
    assert document["openapi"].startswith("3.1")
    assert "post" in document["paths"]["/api/2.0/mlflow/runs/create"]


def test_the_server_tells_measurements_of_itself(admin_wire):
    answer = admin_wire.send("GET", "/metrics")
    assert answer.status == 200 and "# TYPE" in answer.text
