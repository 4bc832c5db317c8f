"""What the suites need, of a server with identities: they run as one person who holds this and nothing else.

What somebody makes they own, and may do everything to it: most of the suites needs no right but those to make things.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Right:
    privilege: str
    on: str
    """`TYPE NAME`, as the API names them."""
    what_for: str


# What everybody holds on a new installation, by the group `users`. An administrator who took some of it away gives it to
# the person of the suites instead.
OF_EVERYBODY = [
    Right("CAN_EDIT", "workspace", "makes experiments; it says nothing of those of others"),
    Right("USE_CATALOG", "catalog workspace", "reaches the models of plain names"),
    Right("USE_SCHEMA", "schema workspace.default", "reaches the models of plain names"),
    Right("CREATE_MODEL", "schema workspace.default", "registers models under plain names"),
]

# What the person of the suites is given besides.
GRANTED = [
    Right("CAN_READ", "experiment 0", "every client may look at the experiment Default; nothing is logged to it"),
    Right("CREATE_CATALOG", "metastore", "the suite of Databricks' clients makes catalogs, and owns what lies in them"),
]

# What is administrators' alone, as (method, path, body): the suites do it as the administrator, by the fixtures whose
# names begin with `admin`, and see that their person is refused.
OF_ADMINISTRATORS = {
    "making, listing and removing users": [
        ("POST", "/api/2.0/mlflow/users/create", {"username": "mallory", "password": "correct horse battery"}),
        ("GET", "/api/2.0/mlflow/users/list", None),
        ("PATCH", "/api/2.0/mlflow/users/update-admin", {"username": "admin", "is_admin": False}),
        ("DELETE", "/api/2.0/mlflow/users/delete", {"username": "admin"}),
        ("POST", "/api/2.0/preview/scim/v2/Users", {"userName": "mallory@acme.com"}),
        ("PUT", "/api/2.0/preview/scim/v2/Users/1", {"userName": "mallory@acme.com"}),
        ("PATCH", "/api/2.0/preview/scim/v2/Users/1", {"Operations": []}),
        ("DELETE", "/api/2.0/preview/scim/v2/Users/1", None),
    ],
    "groups, service principals and roles": [
        ("POST", "/api/2.0/preview/scim/v2/Groups", {"displayName": "mallory's"}),
        ("PATCH", "/api/2.0/preview/scim/v2/Groups/1", {"Operations": []}),
        ("DELETE", "/api/2.0/preview/scim/v2/Groups/1", None),
        ("POST", "/api/2.0/preview/scim/v2/ServicePrincipals", {"displayName": "mallory's"}),
        ("POST", "/api/3.0/mlflow/roles/create", {"workspace": "default", "name": "mallory's"}),
        ("GET", "/api/3.0/mlflow/roles/get?role_id=1", None),
        ("POST", "/api/3.0/mlflow/roles/assign", {"username": "mallory", "role_id": 1}),
    ],
    "other people's tokens": [
        ("GET", "/api/2.0/token-management/tokens", None),
        ("POST", "/api/2.0/token-management/on-behalf-of/tokens", {"application_id": "0", "lifetime_seconds": 60}),
        (
            "PATCH",
            "/api/2.0/token-management/tokens/0",
            {"token": {"comment": "mallory's"}, "update_mask": "comment"},
        ),
        ("DELETE", "/api/2.0/token-management/tokens/0", None),
    ],
    "webhooks, which hear of everybody's models": [
        ("GET", "/api/2.0/mlflow/webhooks", None),
        ("POST", "/api/2.0/mlflow/webhooks", {"name": "mallory", "url": "https://192.0.9.1/x"}),
        ("GET", "/api/2.0/mlflow/webhooks/00000000-0000-0000-0000-000000000000", None),
        ("PATCH", "/api/2.0/mlflow/webhooks/00000000-0000-0000-0000-000000000000", {"name": "mallory"}),
        ("DELETE", "/api/2.0/mlflow/webhooks/00000000-0000-0000-0000-000000000000", None),
        ("POST", "/api/2.0/mlflow/webhooks/00000000-0000-0000-0000-000000000000/test", {}),
        ("GET", "/api/2.0/mlflow/webhooks/00000000-0000-0000-0000-000000000000/deliveries", None),
    ],
    "scopes of secrets; who may make them sees that a name is taken": [
        ("POST", "/api/2.0/secrets/scopes/create", {"scope": "mallory"}),
    ],
    "settings of the workspace": [
        ("GET", "/api/2.0/workspace-conf?keys=maxTokenLifetimeDays", None),
        ("PATCH", "/api/2.0/workspace-conf", {"maxTokenLifetimeDays": "1"}),
        ("PATCH", "/api/2.1/unity-catalog/permissions/metastore/metastore", {"changes": []}),
    ],
    "the audit log as a whole, and measurements of the server": [
        ("GET", "/api/slipway/v1/audit/verification", None),
        ("GET", "/api/slipway/v1/audit/export", None),
        ("GET", "/metrics", None),
    ],
}
