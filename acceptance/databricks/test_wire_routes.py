"""Routes of the Databricks surface and our own that no client of the other files asks: each as it stands on the wire."""

import base64
import time

import pytest
import requests


class Door:
    def __init__(self, url, headers):
        self.url = url
        self._headers = headers

    def ask(self, method, path, body=None, status=200, **options):
        """The answer, whose status must be the one that is expected; its JSON where it has some."""
        headers = self._headers if path.startswith("/") else {}
        address = self.url + path if path.startswith("/") else path
        answer = requests.request(method, address, json=body, headers=headers, timeout=30, **options)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        assert answer.headers["X-Databricks-Org-Id"].isdecimal()
        if answer.headers.get("content-type", "").startswith("application/json") and answer.text:
            return answer.json()
        return answer

    def refused(self, method, path, code, body=None):
        answer = requests.request(method, self.url + path, json=body, headers=self._headers, timeout=30)
        assert 400 <= answer.status_code < 600, answer.text[:500]
        assert answer.json()["error_code"] == code, answer.text[:500]
        assert answer.json()["message"]


@pytest.fixture(scope="module")
def door(url, token):
    return Door(url, {"Authorization": f"Bearer {token}"})


@pytest.fixture(scope="module")
def admin_door(url, administrator):
    return Door(url, administrator.credentials.header)


@pytest.fixture
def experiment(door, unique):
    made = door.ask("POST", "/api/2.0/mlflow/experiments/create", {"name": unique("wired")})["experiment_id"]
    yield made
    door.ask("POST", "/api/2.0/mlflow/experiments/delete", {"experiment_id": made})


def scim(door, kind, body):
    made = door.ask("POST", f"/api/2.0/preview/scim/v2/{kind}", body, status=201)
    return made["id"]


@pytest.fixture
def user(admin_door, unique):
    made = scim(admin_door, "Users", {"userName": f"{unique('user')}@acme.com"})
    yield made
    admin_door.ask("DELETE", f"/api/2.0/preview/scim/v2/Users/{made}", status=204)


@pytest.fixture
def robot(admin_door, unique):
    made = scim(admin_door, "ServicePrincipals", {"displayName": unique("robot")})
    yield made
    admin_door.ask("DELETE", f"/api/2.0/preview/scim/v2/ServicePrincipals/{made}", status=204)


def test_a_user_is_replaced_and_changed(admin_door, user):
    at = f"/api/2.0/preview/scim/v2/Users/{user}"
    known = admin_door.ask("GET", at)
    admin_door.ask("PUT", at, {"userName": known["userName"], "displayName": "Jane", "active": True})
    assert admin_door.ask("GET", at)["displayName"] == "Jane"
    admin_door.ask("PATCH", at, {"Operations": [{"op": "replace", "path": "displayName", "value": "Jane D."}]}, status=204)
    assert admin_door.ask("GET", at)["displayName"] == "Jane D."


def test_a_service_principal_is_listed_replaced_and_changed(admin_door, robot):
    at = f"/api/2.0/preview/scim/v2/ServicePrincipals/{robot}"
    known = admin_door.ask("GET", at)
    listed = admin_door.ask("GET", "/api/2.0/preview/scim/v2/ServicePrincipals?count=10000")["Resources"]
    assert robot in [one["id"] for one in listed]
    admin_door.ask("PUT", at, {"applicationId": known["applicationId"], "displayName": "Trainer", "active": True})
    assert admin_door.ask("GET", at)["displayName"] == "Trainer"
    admin_door.ask("PATCH", at, {"Operations": [{"op": "replace", "path": "displayName", "value": "Judge"}]}, status=204)
    assert admin_door.ask("GET", at)["displayName"] == "Judge"


def test_tokens_of_all_are_an_administrators_to_manage(admin_door, robot):
    tokens = "/api/2.0/token-management/tokens"
    application = admin_door.ask("GET", f"/api/2.0/preview/scim/v2/ServicePrincipals/{robot}")["applicationId"]
    wanted = {"application_id": application, "comment": "nightly", "lifetime_seconds": 600}
    made = admin_door.ask("POST", "/api/2.0/token-management/on-behalf-of/tokens", wanted)["token_info"]["token_id"]
    assert made in [one["token_id"] for one in admin_door.ask("GET", tokens)["token_infos"]]
    assert admin_door.ask("GET", f"{tokens}/{made}")["token_info"]["comment"] == "nightly"
    changed = {"token": {"comment": "weekly"}, "update_mask": "comment"}
    assert admin_door.ask("PATCH", f"{tokens}/{made}", changed)["comment"] == "weekly"
    assert admin_door.ask("GET", f"{tokens}/{made}")["token_info"]["comment"] == "weekly"
    admin_door.ask("DELETE", f"{tokens}/{made}")
    admin_door.refused("GET", f"{tokens}/{made}", "RESOURCE_DOES_NOT_EXIST")


def test_a_token_that_is_not_the_callers_gets_no_other_comment(door, identities):
    code = "RESOURCE_DOES_NOT_EXIST" if identities else "INVALID_STATE"
    wanted = {"token": {"comment": "mine"}, "update_mask": "comment"}
    door.refused("PATCH", f"/api/2.0/token/{'0' * 64}", code, wanted)


def test_scim_tells_what_it_can(door):
    told = door.ask("GET", "/api/2.0/preview/scim/v2/ServiceProviderConfig")
    assert told["patch"]["supported"] and not told["bulk"]["supported"]


@pytest.mark.parametrize("path", ["authorization/tokens", "authorization/passwords", "sql/warehouses/slipway"])
def test_permissions_that_are_fixed_are_told_and_not_changed(door, admin_door, path):
    at = f"/api/2.0/permissions/{path}"
    assert door.ask("GET", at)["access_control_list"]
    assert door.ask("GET", f"{at}/permissionLevels")["permission_levels"]
    wanted = {"access_control_list": [{"group_name": "users", "permission_level": "CAN_USE"}]}
    admin_door.refused("PUT", at, "NOT_IMPLEMENTED", wanted)
    admin_door.refused("PATCH", at, "NOT_IMPLEMENTED", wanted)


@pytest.mark.parametrize("kind", ["directories", "notebooks", "files"])
def test_permissions_in_the_workspace_are_told_and_not_changed(door, admin_door, unique, kind):
    folder = f"/Shared/{unique('permitted')}"
    door.ask("POST", "/api/2.0/workspace/mkdirs", {"path": folder})
    path = folder
    if kind != "directories":
        path = f"{folder}/thing"
        code = base64.b64encode(b"print(1)").decode()
        as_what = {"format": "SOURCE", "language": "PYTHON"} if kind == "notebooks" else {"format": "RAW"}
        door.ask("POST", "/api/2.0/workspace/import", {"path": path, "content": code, **as_what})
    number = door.ask("GET", f"/api/2.0/workspace/get-status?path={path}")["object_id"]
    at = f"/api/2.0/permissions/{kind}/{number}"
    told = door.ask("GET", at)
    assert told["object_id"] == f"/{kind}/{number}"
    assert {"users", "admins"} == {entry["group_name"] for entry in told["access_control_list"]}
    levels = door.ask("GET", f"{at}/permissionLevels")["permission_levels"]
    assert ["CAN_READ", "CAN_MANAGE"] == [one["permission_level"] for one in levels]
    wanted = {"access_control_list": [{"group_name": "users", "permission_level": "CAN_READ"}]}
    admin_door.refused("PUT", at, "NOT_IMPLEMENTED", wanted)
    admin_door.refused("PATCH", at, "NOT_IMPLEMENTED", wanted)
    door.ask("POST", "/api/2.0/workspace/delete", {"path": folder, "recursive": True})


@pytest.mark.parametrize("kind", ["jobs", "serving-endpoints"])
def test_permissions_of_what_is_not_there(door, kind):
    at = f"/api/2.0/permissions/{kind}/123"
    wanted = {"access_control_list": [{"group_name": "users", "permission_level": "CAN_VIEW"}]}
    door.refused("GET", at, "RESOURCE_DOES_NOT_EXIST")
    door.refused("GET", f"{at}/permissionLevels", "RESOURCE_DOES_NOT_EXIST")
    door.refused("PUT", at, "RESOURCE_DOES_NOT_EXIST", wanted)
    door.refused("PATCH", at, "RESOURCE_DOES_NOT_EXIST", wanted)


def test_permissions_of_the_workspace_reach_its_things(admin_door, workspace, user):
    at = f"/api/2.0/permissions/workspace/{workspace.get_workspace_id()}"
    name = admin_door.ask("GET", f"/api/2.0/preview/scim/v2/Users/{user}")["userName"]
    levels = admin_door.ask("GET", f"{at}/permissionLevels")["permission_levels"]
    assert "CAN_READ" in [one["permission_level"] for one in levels]
    before = admin_door.ask("GET", at)
    given = {"access_control_list": [{"user_name": name, "permission_level": "CAN_READ"}]}
    assert name in str(admin_door.ask("PATCH", at, given))
    kept = [
        {key: entry[key] for key in ("user_name", "group_name", "service_principal_name") if key in entry}
        | {"permission_level": entry["all_permissions"][0]["permission_level"]}
        for entry in before["access_control_list"]
        if not entry["all_permissions"][0]["inherited"]
    ]
    assert name not in str(admin_door.ask("PUT", at, {"access_control_list": kept}))


def test_permissions_of_a_registered_model(door, admin_door, unique, user):
    name = unique("model")
    door.ask("POST", "/api/2.0/mlflow/registered-models/create", {"name": name})
    made = door.ask("GET", f"/api/2.0/mlflow/databricks/registered-models/get?name={name}")
    at = f"/api/2.0/permissions/registered-models/{made['registered_model_databricks']['id']}"
    who = admin_door.ask("GET", f"/api/2.0/preview/scim/v2/Users/{user}")["userName"]
    assert door.ask("GET", at)["object_type"] == "registered-model"
    assert door.ask("GET", f"{at}/permissionLevels")["permission_levels"]
    given = {"access_control_list": [{"user_name": who, "permission_level": "CAN_READ"}]}
    assert who in str(door.ask("PUT", at, given))
    door.ask("DELETE", "/api/2.0/mlflow/registered-models/delete", {"name": name})


def test_sessions_and_warehouses_of_sql(door):
    warehouses = door.ask("GET", "/api/2.0/sql/warehouses")["warehouses"]
    one = door.ask("GET", f"/api/2.0/sql/warehouses/{warehouses[0]['id']}")
    assert one["state"] == "RUNNING"
    assert door.ask("GET", "/api/2.0/preview/sql/data_sources")
    session = door.ask("POST", "/api/2.0/sql/sessions", {"warehouse_id": one["id"]})["session_id"]
    wanted = {"warehouse_id": one["id"], "session_id": session, "statement": "SELECT 41 + 1", "wait_timeout": "30s"}
    done = door.ask("POST", "/api/2.0/sql/statements", wanted)
    assert done["result"]["data_array"] == [["42"]]
    door.ask("DELETE", f"/api/2.0/sql/statements/{done['statement_id']}")
    closed = door.ask("GET", f"/api/2.0/sql/statements/{done['statement_id']}")
    assert closed["status"]["state"] == "CLOSED" and "result" not in closed
    door.ask("DELETE", f"/api/2.0/sql/sessions/{session}")
    of_warehouse = f"/api/2.0/sql/warehouses/{one['id']}/sessions"
    session = door.ask("POST", of_warehouse, {"schema": "default", "execution_mode": "FAST"})["session_id"]
    door.ask("DELETE", f"{of_warehouse}/{session}")


def test_metastores_and_effective_privileges(door, catalog):
    (metastore,) = door.ask("GET", "/api/2.1/unity-catalog/metastores")["metastores"]
    assert door.ask("GET", f"/api/2.1/unity-catalog/metastores/{metastore['metastore_id']}") == metastore
    effective = door.ask("GET", f"/api/2.1/unity-catalog/effective-privilege-assignments/CATALOG/{catalog}")
    assert isinstance(effective, dict)


def test_tags_of_a_catalog_one_by_one(door, catalog):
    at = f"/api/2.1/unity-catalog/entity-tag-assignments/catalogs/{catalog}/tags"
    door.ask(
        "POST",
        "/api/2.1/unity-catalog/entity-tag-assignments",
        {"entity_type": "catalogs", "entity_name": catalog, "tag_key": "stage", "tag_value": "dev"},
    )
    assert door.ask("GET", f"{at}/stage")["tag_value"] == "dev"
    changed = {"entity_type": "catalogs", "entity_name": catalog, "tag_key": "stage", "tag_value": "prod"}
    door.ask("PATCH", f"{at}/stage?update_mask=tag_value", changed)
    assert door.ask("GET", f"{at}/stage")["tag_value"] == "prod"


def test_a_table_that_is_not_there_is_not_changed(door, catalog):
    at = f"/api/2.1/unity-catalog/tables/{catalog}.ml.nothing"
    answer = requests.patch(door.url + at, json={"owner": "admins"}, headers=door._headers, timeout=30)
    assert answer.status_code == 404 and "nothing" in answer.json()["message"]


def test_settings_of_the_workspace(admin_door):
    at = "/api/2.0/workspace-conf"
    before = admin_door.ask("GET", f"{at}?keys=maxTokenLifetimeDays")["maxTokenLifetimeDays"]
    admin_door.ask("PATCH", at, {"maxTokenLifetimeDays": "90"}, status=204)
    assert admin_door.ask("GET", f"{at}?keys=maxTokenLifetimeDays") == {"maxTokenLifetimeDays": "90"}
    admin_door.ask("PATCH", at, {"maxTokenLifetimeDays": before or "0"}, status=204)
    admin_door.refused("GET", f"{at}?keys=nothing", "INVALID_PARAMETER_VALUE")


def test_telemetry_of_clients_is_taken_and_counted(door):
    told = door.ask("POST", "/telemetry-ext", {"protoLogs": ["{}", "{}"], "uploadTime": 1})
    assert told == {"errors": [], "numProtoSuccess": 2}


def test_a_file_of_the_workspace_by_its_raw_address(door, unique):
    path = f"Shared%2F{unique('note')}.txt"
    answer = requests.post(
        f"{door.url}/api/2.0/workspace-files/import-file/{path}?overwrite=false",
        data=b"a lock",
        headers=door._headers,
        timeout=30,
    )
    if answer.status_code == 404:
        door.ask("POST", "/api/2.0/workspace/mkdirs", {"path": "/Shared"})
        answer = requests.post(answer.url, data=b"a lock", headers=door._headers, timeout=30)
    assert answer.status_code == 200, answer.text
    assert requests.post(answer.url, data=b"again", headers=door._headers, timeout=30).status_code == 409
    assert door.ask("GET", f"/api/2.0/workspace-files/{path}").content == b"a lock"


def signed(answer):
    if "credentials" in answer:
        (credential,) = answer["credentials"]
        return credential["credential_info"]["signed_uri"]
    (info,) = answer["credential_infos"]
    return info["signed_uri"]


def test_artifacts_by_signed_addresses(door, experiment):
    run = door.ask("POST", "/api/2.0/mlflow/runs/create", {"experiment_id": experiment})["run"]["info"]["run_id"]
    at = "/api/2.0/mlflow/artifacts"
    wanted = {"run_id": run, "path": ["notes/a.txt"]}
    uri = signed(door.ask("POST", f"{at}/credentials-for-write", wanted))
    assert requests.put(uri, data=b"written", timeout=30).ok
    uri = signed(door.ask("POST", f"{at}/credentials-for-read", wanted))
    assert requests.get(uri, timeout=30).content == b"written"
    assert requests.head(uri, timeout=30).headers["Content-Length"] == "7"
    one = {"run_id": run, "path": "big.bin"}
    begun = door.ask("POST", f"{at}/create-multipart-upload", {**one, "num_parts": 1})
    upload = begun["upload_id"]
    part = door.ask("POST", f"{at}/get-presigned-upload-part-url", {**one, "upload_id": upload, "part_number": 1})
    sent = requests.put(part["upload_credential_info"]["signed_uri"], data=b"all of it", timeout=30)
    assert sent.ok, sent.text
    etags = [{"part_number": 1, "etag": sent.headers["ETag"]}]
    door.ask("POST", f"{at}/complete-multipart-upload", {**one, "upload_id": upload, "part_etags": etags})
    listed = door.ask("GET", f"{at}/list?run_id={run}")["files"]
    assert {"path": "big.bin", "is_dir": False, "file_size": 9} in listed


def test_files_of_a_logged_model_by_signed_addresses(door, experiment):
    made = door.ask("POST", "/api/2.0/mlflow/logged-models", {"experiment_id": experiment, "name": "model"})
    at = f"/api/2.0/mlflow/logged-models/{made['model']['info']['model_id']}/artifacts"
    uri = signed(door.ask("POST", f"{at}/credentials-for-upload", {"paths": ["MLmodel"]}))
    assert requests.put(uri, data=b"flavors: {}", timeout=30).ok
    uri = signed(door.ask("POST", f"{at}/credentials-for-download", {"paths": ["MLmodel"]}))
    assert requests.get(uri, timeout=30).content == b"flavors: {}"


def test_an_upload_in_parts_is_given_up(door, catalog):
    door.ask(
        "POST",
        "/api/2.1/unity-catalog/volumes",
        {"catalog_name": catalog, "schema_name": "ml", "name": "v", "volume_type": "MANAGED"},
    )
    path = f"/Volumes/{catalog}/ml/v/big.bin"
    begun = door.ask("POST", f"/api/2.0/fs/files{path}?action=initiate-upload&overwrite=true")
    token = begun["multipart_upload"]["session_token"]
    expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 600))
    wanted = {"path": path, "session_token": token, "expire_time": expires}
    given_up = door.ask("POST", "/api/2.0/fs/create-abort-upload-url", wanted)["abort_upload_url"]
    assert requests.delete(given_up["url"], timeout=30).ok
    assert requests.head(f"{door.url}/api/2.0/fs/files{path}", headers=door._headers, timeout=30).status_code == 404


def test_users_of_mlflows_own_kind(door, admin_door, identities):
    current = door.ask("GET", "/api/2.0/mlflow/users/current")["user"]
    assert current["is_admin"] is not identities
    assert isinstance(admin_door.ask("GET", "/api/2.0/mlflow/users/list")["users"], list)
    if identities:
        assert "permissions" in door.ask("GET", "/api/3.0/mlflow/users/current/permissions")
        name = current["username"]
        assert "permissions" in door.ask("GET", f"/api/3.0/mlflow/users/permissions/list?username={name}")
    else:
        door.ask("GET", "/api/3.0/mlflow/users/current/permissions")
        door.refused("GET", "/api/3.0/mlflow/users/permissions/list?username=nobody", "RESOURCE_DOES_NOT_EXIST")


def test_why_and_who(door, catalog, identities):
    why = f"/api/slipway/v1/access/explain?action=catalog.see&securable=catalog:{catalog}"
    who = f"/api/slipway/v1/access/who-could?action=catalog.see&securable=catalog:{catalog}&at={int(time.time() * 1000)}"
    assert requests.get(door.url + why, headers=door._headers, timeout=30).status_code in ((200,) if identities else (200, 400))
    assert requests.get(door.url + who, headers=door._headers, timeout=30).status_code in ((200,) if identities else (200, 400))


def test_the_audit_log_is_read_verified_and_exported(admin_door, identities):
    for path in ("audit", "audit/verification", "audit/export"):
        answer = requests.get(f"{admin_door.url}/api/slipway/v1/{path}", headers=admin_door._headers, timeout=60)
        assert answer.status_code == 200 or not identities, answer.text[:500]
        assert answer.status_code < 500, answer.text[:500]


def test_the_session_tells_who_is_signed_in(door, identities):
    facts = door.ask("GET", "/api/slipway/v1/session")
    assert facts["authentication"] == ("on" if identities else "off")
