"""What an endpoint was asked and answered, as rows of a table; and what is said of its answers later."""

import time

import pytest
from conftest import config, entity
from databricks.sdk.service.serving import (
    AiGatewayRateLimit,
    AiGatewayRateLimitKey,
    AiGatewayRateLimitRenewalPeriod,
    AutoCaptureConfigInput,
)
from models import COLUMNS, ROW

# Rows are on their way to the table for at most 15 seconds; the machine may be busy besides.
PATIENCE_S = 90


@pytest.fixture
def schema(workspace, unique):
    catalog = unique("tables").replace("-", "_")
    workspace.catalogs.create(catalog)
    workspace.schemas.create("ml", catalog)
    yield catalog, "ml"
    workspace.catalogs.delete(catalog, force=True)


def wait_for_rows(select, statement, count):
    given_up_at = time.monotonic() + PATIENCE_S
    while len(rows := select(statement)) < count and time.monotonic() < given_up_at:
        time.sleep(1)
    return rows


def test_each_request_is_a_row_that_sql_reads_and_that_takes_a_label(
    workspace, http, forest, endpoint_name, schema, select
):
    catalog, name = schema
    capture = AutoCaptureConfigInput(catalog_name=catalog, schema_name=name, table_name_prefix="iris", enabled=True)
    made = workspace.serving_endpoints.create_and_wait(
        endpoint_name, config=config(endpoint_name, entity(forest), auto_capture_config=capture)
    )
    table = made.config.auto_capture_config.state.payload_table.name
    assert table.endswith("iris_payload")

    path = f"/serving-endpoints/{endpoint_name}/invocations"
    body = {"dataframe_split": {"columns": COLUMNS, "data": [ROW]}}
    sent = [http("POST", path, json={**body, "client_request_id": f"mine-{i}"}) for i in range(5)]
    assert [answer.status_code for answer in sent] == [200] * 5
    assert http("POST", path, json={"inputs": "nonsense"}).status_code == 400
    ids = [answer.headers["x-request-id"] for answer in sent]

    label = {"request_id": ids[0], "name": "species", "value": "setosa"}
    said = http("POST", f"/api/slipway/v1/serving-endpoints/{endpoint_name}/feedback", json=label)
    assert (said.status_code, said.json()) == (200, {"recorded": 1})

    rows = wait_for_rows(
        select,
        "SELECT databricks_request_id, client_request_id, status_code, response "
        f"FROM {catalog}.{name}.iris_payload ORDER BY timestamp_ms, client_request_id",
        6,
    )
    good = [row for row in rows if row[2] == "200"]
    assert sorted((row[0], row[1]) for row in good) == sorted((id, f"mine-{i}") for i, id in enumerate(ids))
    assert {row[3] for row in good} == {'{"predictions": [0]}'}
    assert [row[2] for row in rows].count("400") == 1
    assert [one.name for one in workspace.tables.list(catalog, name)].count("iris_payload") == 1

    # Made with the first row.
    given_up_at = time.monotonic() + PATIENCE_S
    while not workspace.tables.exists(f"{catalog}.{name}.iris_feedback").table_exists:
        assert time.monotonic() < given_up_at
        time.sleep(1)
    joined = wait_for_rows(
        select,
        f"SELECT f.name FROM {catalog}.{name}.iris_payload p "
        f"JOIN {catalog}.{name}.iris_feedback f USING (databricks_request_id)",
        1,
    )
    assert joined == [["species"]]


def test_the_gateway_s_settings_and_the_addresses_read_back_as_sent(workspace, http, shared_endpoint):
    limit = AiGatewayRateLimit(
        calls=100_000,
        key=AiGatewayRateLimitKey.ENDPOINT,
        renewal_period=AiGatewayRateLimitRenewalPeriod.MINUTE,
    )
    answer = workspace.serving_endpoints.put_ai_gateway(shared_endpoint, rate_limits=[limit])
    assert [(one.calls, one.key) for one in answer.rate_limits] == [(100_000, AiGatewayRateLimitKey.ENDPOINT)]
    told = {"email_notifications": {"on_update_failure": ["ml@acme.com"]}}
    answer = http("PATCH", f"/api/2.0/serving-endpoints/{shared_endpoint}/notifications", json=told)
    assert (answer.status_code, answer.json()["email_notifications"]) == (200, told["email_notifications"])
