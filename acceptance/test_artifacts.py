import hashlib
import os

import pytest
import requests

pytestmark = pytest.mark.core

PROXY = "/api/2.0/mlflow-artifacts/artifacts"


def listed(client, run, path=None):
    return [(file.path, file.is_dir, file.file_size) for file in client.list_artifacts(run, path)]


@pytest.fixture
def log(client, run, tmp_path):
    """log("name", b"bytes", "folder") logs one file."""

    def log(name, content=b"content", folder=None):
        file = tmp_path / name
        file.write_bytes(content)
        client.log_artifact(run, str(file), folder)

    return log


@pytest.fixture
def fetch(client, run, tmp_path):
    """fetch("path") downloads it and answers its bytes."""
    target = tmp_path / "downloaded"
    target.mkdir()

    def fetch(path):
        with open(client.download_artifacts(run, path, str(target)), "rb") as file:
            return file.read()

    return fetch


def test_a_file_comes_back_as_it_went(client, run, log, fetch):
    log("a.bin", bytes(range(256)))
    assert listed(client, run) == [("a.bin", False, 256)]
    assert fetch("a.bin") == bytes(range(256))


def test_a_file_is_replaced(client, run, log, fetch):
    log("a.txt", b"first and longer")
    log("a.txt", b"second")
    assert listed(client, run) == [("a.txt", False, 6)]
    assert fetch("a.txt") == b"second"


def test_an_empty_file_is_a_file(client, run, log, fetch):
    log("empty.txt", b"")
    assert [(path, is_dir, size or 0) for path, is_dir, size in listed(client, run)] == [
        ("empty.txt", False, 0)
    ]
    assert fetch("empty.txt") == b""


def test_folders_are_nested(client, run, log):
    log("top.txt")
    log("a.txt", b"aa", "one")
    log("b.txt", b"bbb", "one/two")
    assert listed(client, run) == [("one", True, None), ("top.txt", False, 7)]
    assert listed(client, run, "one") == [("one/a.txt", False, 2), ("one/two", True, None)]
    assert listed(client, run, "one/two") == [("one/two/b.txt", False, 3)]


def test_a_whole_folder_goes_up_and_comes_down(client, run, tmp_path):
    made = tmp_path / "made"
    for path in ("a.txt", "x/b.txt", "x/y/c.txt"):
        (made / path).parent.mkdir(parents=True, exist_ok=True)
        (made / path).write_text(path)
    client.log_artifacts(run, str(made), "set")
    (tmp_path / "down").mkdir()
    back = client.download_artifacts(run, "set", str(tmp_path / "down"))
    found = sorted(
        os.path.relpath(os.path.join(folder, name), back)
        for folder, _, names in os.walk(back)
        for name in names
    )
    assert found == ["a.txt", "x/b.txt", "x/y/c.txt"]
    assert open(os.path.join(back, "x/y/c.txt")).read() == "x/y/c.txt"


@pytest.mark.parametrize(
    "name",
    [
        "with space.txt",
        "données-日本.txt",
        "a+b&c=d.txt",
        "semi;colon.txt",
        "quote'.txt",
        "tilde~!$,@(x).txt",
        ".hidden",
        "no_extension",
        "ünï/cödé.txt",
    ],
)
def test_names_keep_their_characters(client, run, fetch, tmp_path, name):
    folder, base = os.path.split(name)
    (tmp_path / base).write_text("x")
    client.log_artifact(run, str(tmp_path / base), folder or None)
    assert [path for path, *_ in listed(client, run, folder or None)] == [name]
    assert fetch(name) == b"x"


def test_a_percent_sign_in_a_name(client, run, log):
    # The client puts the name into the address as it is: the server cannot know that %20 was meant.
    log("a%20b.txt", b"percent")
    assert listed(client, run) == [("a b.txt", False, 7)]


def test_a_name_that_is_encoded_twice_keeps_its_percent_sign(place, peer, http):
    assert http.put(f"{place}/a%2520b.txt", data=b"percent").status_code == 200
    # The real server decodes until nothing changes.
    kept = http.get(f"{place}/a%2520b.txt")
    assert kept.content == b"percent"
    assert http.get(f"{place}/a%20b.txt").status_code == (200 if peer else 404)


@pytest.mark.ours
@pytest.mark.parametrize("name", ["100%.txt", "50%25.txt"])
def test_a_percent_name_is_read_back(log, fetch, name):
    log(name, b"percent")
    assert fetch(name) == b"percent"


def test_twenty_megabytes(client, run, log, fetch):
    content = os.urandom(1 << 20) * 20
    log("big.bin", content)
    assert listed(client, run) == [("big.bin", False, 20 << 20)]
    assert hashlib.sha256(fetch("big.bin")).digest() == hashlib.sha256(content).digest()


def test_texts_dicts_and_their_reading_back(fluent, client):
    with fluent.start_run() as run:
        fluent.log_text("grüß dich\n", "notes/hello.txt")
        fluent.log_dict({"b": [1, 2.5], "a": "ü"}, "config.json")
        fluent.log_dict({"b": [1, 2.5]}, "config.yaml")
    uri = run.info.artifact_uri
    assert fluent.artifacts.load_text(f"{uri}/notes/hello.txt") == "grüß dich\n"
    assert fluent.artifacts.load_dict(f"{uri}/config.json") == {"b": [1, 2.5], "a": "ü"}
    assert "- 2.5" in fluent.artifacts.load_text(f"runs:/{run.info.run_id}/config.yaml")


def test_an_unknown_file_is_missing(client, run, fetch, url, http):
    with pytest.raises(Exception) as info:
        fetch("nothing.txt")
    assert "nothing.txt" in str(info.value) or "404" in str(info.value)
    answer = http.get(
        f"{url}{PROXY}/{client.get_run(run).info.experiment_id}/{run}/artifacts/nothing.txt"
    )
    assert (answer.status_code, answer.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")


def test_an_empty_run_has_no_files(client, wire, run):
    assert listed(client, run) == []
    assert listed(client, run, "nothing") == []


@pytest.fixture
def place(client, run, url):
    """The address of the run's root at the artifact proxy."""
    return f"{url}{PROXY}/{client.get_run(run).info.experiment_id}/{run}/artifacts"


def test_the_proxy_puts_gets_lists_and_deletes(place, url, http):
    assert http.put(f"{place}/dir/a.txt", data=b"hello").status_code == 200
    http.put(f"{place}/dir/b.txt", data=b"x")
    got = http.get(f"{place}/dir/a.txt")
    assert (got.status_code, got.content) == (200, b"hello")
    root = place.removeprefix(url + PROXY + "/")
    files = http.get(url + PROXY, params={"path": f"{root}/dir"}).json()["files"]
    assert {(file["path"], file["is_dir"], file["file_size"]) for file in files} == {
        ("a.txt", False, 5),
        ("b.txt", False, 1),
    }
    assert http.delete(f"{place}/dir/a.txt").status_code == 200
    assert http.get(f"{place}/dir/a.txt").status_code == 404
    assert http.delete(f"{place}/dir").status_code == 200
    assert http.get(url + PROXY, params={"path": f"{root}/dir"}).json() == {}


def test_the_ajax_prefix_serves_the_proxy_too(place, http):
    http.put(f"{place}/a.txt", data=b"hello")
    assert http.get(f"{place}/a.txt".replace("/api/", "/ajax-api/")).content == b"hello"


def test_an_upload_in_chunks(place, http):
    assert http.put(f"{place}/a.txt", data=iter([b"one", b"two", b"three"])).status_code == 200
    assert http.get(f"{place}/a.txt").content == b"onetwothree"


@pytest.mark.parametrize("name", ["page.html", "image.svg", "script.js", "x.xhtml"])
def test_a_download_never_runs_in_the_servers_origin(place, name, http):
    http.put(f"{place}/{name}", data=b"<script>alert(1)</script>")
    headers = http.get(f"{place}/{name}").headers
    assert headers["Content-Disposition"].startswith("attachment")
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_folder_cannot_be_downloaded(place, http):
    http.put(f"{place}/dir/a.txt", data=b"x")
    assert http.get(f"{place}/dir").status_code == 400


PATHS_OUTSIDE = [
    "../x",
    "a/../../x",
    "%2e%2e/x",
    "%2e%2e%2fx",
    "%252e%252e%252fx",
    "%25252e%25252e%25252fx",
    "x%23y",
    "x%2523/../y",
]
# Plain names on the machine of the real server, paths on another one: refused by ours everywhere.
BACKSLASHES = ["..%5cx", "..%255cx", "a%5c..%5cx"]


@pytest.fixture
def raw(http):
    """raw("GET", place, "a/../b") sends the path as it is written: requests itself would resolve the dots."""

    def raw(method, place, path, data=None):
        request = http.prepare_request(requests.Request(method, place, data=data))
        request.url = f"{place}/{path}"
        return http.send(request)

    return raw


@pytest.mark.parametrize("path", PATHS_OUTSIDE)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_no_path_leads_out(raw, place, method, path):
    answer = raw(method, place, path, b"x" if method == "PUT" else None)
    assert 400 <= answer.status_code < 500, answer.text


@pytest.mark.parametrize("path", BACKSLASHES)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_no_backslash_leads_out(raw, place, peer, method, path):
    answer = raw(method, place, path, b"x" if method == "PUT" else None)
    assert answer.status_code < 500
    if not peer:
        assert answer.status_code >= 400


@pytest.mark.parametrize("path", ["../x", "/etc", "%2e%2e/x", "a/../../x", "a#b"])
def test_no_listing_leads_out(wire, run, url, path, http):
    wire.get("artifacts/list", {"run_id": run, "path": path}).refused(400, "INVALID_PARAMETER_VALUE", "path")
    answer = http.get(url + PROXY, params={"path": path})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


def test_the_run_list_tells_its_root(wire, client, run, log):
    log("a.txt", b"aa", "one")
    top = wire.get("artifacts/list", {"run_id": run}).ok()
    assert top["root_uri"] == client.get_run(run).info.artifact_uri
    assert top["files"] == [{"path": "one", "is_dir": True}]
    below = wire.get("artifacts/list", {"run_id": run, "path": "one"}).ok()
    assert [(file["path"], int(file["file_size"])) for file in below["files"]] == [("one/a.txt", 2)]
    wire.get("artifacts/list", {"run_id": "f" * 32}).refused(404, "RESOURCE_DOES_NOT_EXIST")


def test_the_web_uis_download(url, run, log, http):
    log("a.txt", b"aa", "one")
    answer = http.get(f"{url}/get-artifact", params={"run_id": run, "path": "one/a.txt"})
    assert (answer.status_code, answer.content) == (200, b"aa")
    assert "attachment" in answer.headers["Content-Disposition"]
    refusal = http.get(f"{url}/get-artifact", params={"run_id": run, "path": "../../x"})
    assert refusal.status_code == 400
    assert http.get(f"{url}/get-artifact", params={"path": "a"}).status_code in (400, 404)


def test_the_web_uis_upload(wire, client, run, fetch):
    answer = wire.send(
        "POST",
        "upload-artifact",
        prefix="/ajax-api/2.0/mlflow/",
        params={"run_uuid": run, "path": "up/a.txt"},
        data=b"uploaded",
    )
    assert answer.status == 200
    assert fetch("up/a.txt") == b"uploaded"


@pytest.mark.since("3.17")
def test_direct_transfers_are_refused_where_the_server_does_not_offer_them(wire, place, url, http):
    info = wire.send("GET", "/api/3.0/mlflow/server-info").ok()
    path = place.removeprefix(url + PROXY + "/") + "/big.bin"
    uploads, downloads = (info.get(f"multipart_{way}_enabled", False) for way in ("uploads", "downloads"))
    if not uploads:
        for verb, body in [
            ("create", {"num_parts": 2}),
            ("complete", {"upload_id": "x", "parts": [{"part_number": 1, "etag": "e"}]}),
            ("abort", {"upload_id": "x"}),
        ]:
            answer = wire.post(f"/api/2.0/mlflow-artifacts/mpu/{verb}/{path}", {"path": path, **body})
            answer.refused(501, "NOT_IMPLEMENTED")
    if not downloads:
        http.put(f"{place}/big.bin", data=b"x")
        wire.send("GET", f"/api/2.0/mlflow-artifacts/presigned/{path}").refused(501, "NOT_IMPLEMENTED")


@pytest.mark.parametrize("way", ["upload", "download"])
def test_presigned_addresses_are_for_direct_locations(wire, run, way):
    path = f"artifacts/presigned-{way}-url"
    wire.post(path, {"run_id": run, "path": "a.txt"}).refused(400, "INVALID_PARAMETER_VALUE")
    wire.post(path, {"path": "a.txt"}).refused(400, "INVALID_PARAMETER_VALUE")
    wire.post(path, {"run_id": run, "path": "../a.txt"}).refused(400, "INVALID_PARAMETER_VALUE")


@pytest.mark.since("2.10")
def test_a_file_is_deleted_by_the_store(client, run, log):
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    log("a.txt")
    log("b.txt")
    get_artifact_repository(client.get_run(run).info.artifact_uri).delete_artifacts("a.txt")
    assert listed(client, run) == [("b.txt", False, 7)]


def test_files_of_an_own_location_go_to_the_proxy(client, unique, tmp_path):
    root = unique("folder")
    made = client.create_experiment(unique(), artifact_location=f"mlflow-artifacts:/{root}/inner")
    run = client.create_run(made).info.run_id
    (tmp_path / "a.txt").write_text("x")
    client.log_artifact(run, str(tmp_path / "a.txt"))
    assert listed(client, run) == [("a.txt", False, 1)]
