"""Spark beside an endpoint: the requests of the endpoint read as a table."""

import pytest
from conftest import config, entity, until
from databricks.sdk.service.serving import AutoCaptureConfigInput
from delta import configure_spark_with_delta_pip
from models import COLUMNS, ROW
from pyspark.sql import SparkSession


@pytest.fixture(scope="module")
def spark():
    builder = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
    )
    session = configure_spark_with_delta_pip(builder).getOrCreate()
    yield session
    session.stop()


def test_spark_reads_the_requests_of_an_endpoint(workspace, http, forest, endpoint_name, unique, spark):
    catalog = unique("tables").replace("-", "_")
    workspace.catalogs.create(catalog)
    workspace.schemas.create("ml", catalog)
    capture = AutoCaptureConfigInput(catalog_name=catalog, schema_name="ml", table_name_prefix="iris", enabled=True)
    workspace.serving_endpoints.create_and_wait(
        endpoint_name, config=config(endpoint_name, entity(forest), auto_capture_config=capture)
    )
    body = {"dataframe_split": {"columns": COLUMNS, "data": [ROW]}}
    path = f"/serving-endpoints/{endpoint_name}/invocations"
    ids = set()
    # In several commits, so that the log has some length.
    for _ in range(3):
        ids |= {http("POST", path, json=body).headers["x-request-id"] for _ in range(5)}
        place = workspace.tables.get(f"{catalog}.ml.iris_payload").storage_location
        until(lambda: spark.read.format("delta").load(place).count() == len(ids), 90, every=1)
    rows = spark.read.format("delta").load(place)
    assert {row.databricks_request_id for row in rows.collect()} == ids
    assert {row.response for row in rows.collect()} == {'{"predictions": [0]}'}
    by_day = rows.groupBy("date", "status_code").count().collect()
    assert sum(row["count"] for row in by_day) == 15
    assert {row["status_code"] for row in by_day} == {200}
    workspace.catalogs.delete(catalog, force=True)
