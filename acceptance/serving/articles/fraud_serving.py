"""The serving part of "MLflow on Databricks": from a registered version to a REST endpoint whose requests are kept.

Nothing here says where the server is: DATABRICKS_HOST and DATABRICKS_TOKEN do. The SDK demands `name` in the config.
"""

from databricks.sdk import WorkspaceClient
from databricks.sdk.service.serving import (
    AutoCaptureConfigInput, EndpointCoreConfigInput, ServedEntityInput,
)

# When creating the endpoint
auto_capture_config = AutoCaptureConfigInput(
    enabled=True,
    catalog_name="prod",
    schema_name="ml",
    table_name_prefix="fraud_score_inference",
)

w = WorkspaceClient()
w.serving_endpoints.create(
    name="fraud-score",
    config=EndpointCoreConfigInput(
        name="fraud-score",
        served_entities=[
            ServedEntityInput(
                entity_name="prod.ml.fraud_score",
                entity_version="7",
                workload_size="Small",  # 4 concurrent requests
                scale_to_zero_enabled=True,
            ),
        ],
        auto_capture_config=auto_capture_config,
    ),
)
