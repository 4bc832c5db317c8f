import time

import pytest

from wire import refused

pytestmark = pytest.mark.core


@pytest.fixture
def model(client, unique):
    return client.create_registered_model(unique("model")).name


@pytest.fixture
def version(client, model):
    """Makes one more version of the model and answers its number, a string."""
    return lambda **more: client.create_model_version(model, f"s3://bucket/{model}", **more).version


def test_a_new_version_is_ready_and_read_back(client, model, run):
    made = client.create_model_version(
        model, "s3://bucket/m", run_id=run, tags={"a": "b"}, description="first"
    )
    read = client.get_model_version(model, made.version)
    assert (read.version, read.status, read.current_stage) == ("1", "READY", "None")
    assert (read.source, read.run_id, read.description, read.tags) == (
        "s3://bucket/m",
        run,
        "first",
        {"a": "b"},
    )
    assert read.creation_timestamp == read.last_updated_timestamp
    assert client.get_registered_model(model).last_updated_timestamp >= read.creation_timestamp


def test_numbers_count_up_and_are_not_used_again(client, model, version):
    assert [version() for _ in range(3)] == ["1", "2", "3"]
    client.delete_model_version(model, "3")
    assert version() == "4"


def test_update_sets_and_its_absence_empties_the_description(wire, client, model, version):
    number = version(description="words")
    assert client.update_model_version(model, number, "better words").description == "better words"
    wire.patch("model-versions/update", {"name": model, "version": number}).ok()
    assert not client.get_model_version(model, number).description


def test_a_deleted_version_is_gone(client, model, version):
    number = version()
    client.set_registered_model_alias(model, "champion", number)
    client.delete_model_version(model, number)
    for call in (
        lambda: client.get_model_version(model, number),
        lambda: client.delete_model_version(model, number),
        lambda: client.update_model_version(model, number, "x"),
        lambda: client.set_model_version_tag(model, number, "k", "v"),
        lambda: client.transition_model_version_stage(model, number, "Staging"),
        lambda: client.get_model_version_download_uri(model, number),
        lambda: client.set_registered_model_alias(model, "a", number),
    ):
        with refused("RESOURCE_DOES_NOT_EXIST"):
            call()
    assert dict(client.get_registered_model(model).aliases) == {}


def test_a_number_that_is_none_is_refused(wire, model):
    wire.get("model-versions/get", {"name": model, "version": "latest"}).refused(
        400, "INVALID_PARAMETER_VALUE"
    )
    wire.get("model-versions/get", {"name": model, "version": "99"}).refused(404, "RESOURCE_DOES_NOT_EXIST")


def test_tags_are_set_overwritten_and_deleted_quietly(client, model, version):
    number = version()
    client.set_model_version_tag(model, number, "a", "1")
    client.set_model_version_tag(model, number, "a", "2")
    assert client.get_model_version(model, number).tags == {"a": "2"}
    client.delete_model_version_tag(model, number, "a")
    client.delete_model_version_tag(model, number, "a")
    assert client.get_model_version(model, number).tags == {}


@pytest.mark.parametrize(
    "stage, canonical",
    [("production", "Production"), ("STAGING", "Staging"), ("Archived", "Archived"), ("none", "None")],
)
def test_stages_are_read_in_any_case(client, model, version, stage, canonical):
    assert client.transition_model_version_stage(model, version(), stage).current_stage == canonical


def test_an_unknown_stage_is_refused(client, model, version):
    with refused("INVALID_PARAMETER_VALUE", "stage"):
        client.transition_model_version_stage(model, version(), "Limbo")
    with refused("INVALID_PARAMETER_VALUE", "stage"):
        client.get_latest_versions(model, ["Limbo"])


def test_promoting_archives_the_others_when_asked(client, model, version):
    first, second, third = version(), version(), version()
    client.transition_model_version_stage(model, first, "Production")
    client.transition_model_version_stage(model, second, "Production")
    assert client.get_model_version(model, first).current_stage == "Production"
    client.transition_model_version_stage(model, third, "Production", archive_existing_versions=True)
    stages = [client.get_model_version(model, number).current_stage for number in (first, second, third)]
    assert stages == ["Archived", "Archived", "Production"]


def test_archiving_goes_with_the_active_stages_only(wire, model, version, peer):
    body = {"name": model, "version": version(), "stage": "Archived", "archive_existing_versions": True}
    wire.post("model-versions/transition-stage", body).refused(500 if peer else 400, "INTERNAL_ERROR")


def test_the_latest_version_of_every_stage(client, model, version):
    for stage in ("Production", "Production", "Staging", None):
        number = version()
        if stage:
            client.transition_model_version_stage(model, number, stage)
    latest = {one.current_stage: one.version for one in client.get_latest_versions(model)}
    assert latest == {"Production": "2", "Staging": "3", "None": "4"}
    assert [one.version for one in client.get_latest_versions(model, ["production"])] == ["2"]
    assert client.get_latest_versions(model, ["Archived"]) == []
    listed = client.get_registered_model(model).latest_versions
    assert {one.current_stage: one.version for one in listed} == latest


def test_the_latest_versions_answer_get_and_post(wire, model, version):
    version()
    posted = wire.post("registered-models/get-latest-versions", {"name": model}).ok()
    got = wire.get(
        "registered-models/get-latest-versions", {"name": model, "stages": ["None", "Staging"]}
    ).ok()
    assert posted == got
    assert posted["model_versions"][0]["version"] == "1"


def test_an_alias_is_set_moved_and_deleted_quietly(client, model, version):
    first, second = version(), version()
    client.set_registered_model_alias(model, "champion", first)
    client.set_registered_model_alias(model, "Champion", first)
    client.set_registered_model_alias(model, "champion", second)
    assert client.get_model_version_by_alias(model, "champion").version == second
    assert dict(client.get_registered_model(model).aliases) == {"Champion": first, "champion": second}
    assert client.get_model_version(model, second).aliases == ["champion"]
    client.delete_registered_model_alias(model, "champion")
    client.delete_registered_model_alias(model, "champion")
    assert dict(client.get_registered_model(model).aliases) == {"Champion": first}


def test_reading_an_absent_alias_is_an_invalid_parameter(wire, model, version):
    version()
    query = {"name": model, "alias": "nobody"}
    wire.get("registered-models/alias", query).refused(400, "INVALID_PARAMETER_VALUE", "nobody")


@pytest.mark.parametrize("alias", ["latest", "LATEST", "v1", "V23", "a b", "a.b", "a/b", "", "x" * 256])
def test_a_reserved_or_malformed_alias_is_refused(wire, model, version, alias):
    body = {"name": model, "alias": alias, "version": version()}
    wire.post("registered-models/alias", body).refused(400, "INVALID_PARAMETER_VALUE")


def test_the_alias_latest_is_the_highest_number(wire, model, version):
    query = {"name": model, "alias": "latest"}
    wire.get("registered-models/alias", query).refused(404, "RESOURCE_DOES_NOT_EXIST")
    version(), version()
    assert wire.get("registered-models/alias", query).ok()["model_version"]["version"] == "2"


def test_the_download_address_is_the_source(client, model, version):
    assert client.get_model_version_download_uri(model, version()) == f"s3://bucket/{model}"


def test_a_version_of_a_version_has_its_files(client, model, version, unique, run):
    first = version(run_id=run)
    copy = client.create_registered_model(unique("copy")).name
    made = client.create_model_version(copy, f"models:/{model}/{first}")
    assert client.get_model_version_download_uri(copy, made.version) == f"s3://bucket/{model}"
    assert client.get_model_version(copy, made.version).run_id == run


def test_a_version_of_an_absent_alias_is_an_invalid_parameter(wire, model, version):
    version()
    body = {"name": model, "source": f"models:/{model}@nobody"}
    wire.post("model-versions/create", body).refused(400, "INVALID_PARAMETER_VALUE", "nobody")


@pytest.mark.since("2.10")
def test_copying_a_version_makes_the_model(client, model, version, unique):
    first, name = version(), unique("copied")
    made = client.copy_model_version(f"models:/{model}/{first}", name)
    assert (made.name, made.version) == (name, "1")
    assert client.get_model_version_download_uri(name, "1") == f"s3://bucket/{model}"


@pytest.mark.parametrize(
    "source",
    [
        "/etc/passwd",
        "file:///etc",
        "../../etc",
        "ftp://host/x",
        "http://host/x",
        "https://host/x",
        "sftp://host/x",
        "hdfs://host/x",
        "mlflow-artifacts://host/x",
        "mlflow-artifacts:/",
        "mlflow-artifacts:/../x",
        "mlflow-artifacts:/%252e%252e/x",
        "s3://bucket/../x",
        "s3://bucket/%2e%2e/x",
        "runs:/" + "f" * 32 + "/model",
        "models:/no-such-model/1",
        "models:/m-" + "0" * 32,
        "models:/x/../../etc",
    ],
)
def test_a_source_that_is_not_the_callers_is_refused(wire, model, source):
    answer = wire.post("model-versions/create", {"name": model, "source": source})
    assert answer.status in (400, 404), answer.text
    assert answer.error_code in ("INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST")


@pytest.mark.parametrize(
    "source", ["s3://bucket/a", "gs://bucket/a", "wasbs://c@a.blob.core.windows.net/x", "dbfs:/x"]
)
def test_an_object_store_is_a_good_source(client, model, source):
    made = client.create_model_version(model, source)
    assert client.get_model_version_download_uri(model, made.version) == source


def test_a_source_in_the_proxy_belongs_to_its_run(client, wire, model, experiment, run):
    mine = client.get_run(run).info.artifact_uri
    other = client.get_run(client.create_run(experiment).info.run_id).info.artifact_uri
    wire.post("model-versions/create", {"name": model, "source": f"{mine}/model", "run_id": run}).ok()
    for body in ({"source": f"{other}/model", "run_id": run}, {"source": f"{mine}/../x", "run_id": run}):
        wire.post("model-versions/create", {"name": model, **body}).refused(400, "INVALID_PARAMETER_VALUE")
    wire.post("model-versions/create", {"name": model, "source": f"runs:/{run}/model", "run_id": run}).ok()


@pytest.mark.since("3.0")
def test_a_logged_model_becomes_a_version(client, model, experiment, run):
    logged = client.create_logged_model(experiment, name="m", source_run_id=run)
    made = client.create_model_version(model, f"models:/{logged.model_id}", model_id=logged.model_id)
    read = client.get_model_version(model, made.version)
    assert (read.source, read.run_id) == (f"models:/{logged.model_id}", run)
    assert client.get_model_version_download_uri(model, made.version) == logged.artifact_location
    assert model in client.get_logged_model(logged.model_id).tags["mlflow.modelVersions"]


@pytest.fixture
def shelf(client, unique, experiment):
    """Four versions of one model, the last deleted; shelf(filter) answers the numbers found."""
    name = client.create_registered_model(unique("shelf")).name
    runs = [client.create_run(experiment).info.run_id for _ in range(2)]
    tags = [{"n": "1", "m": "x"}, {"n": "2", "m": "X"}, {}, {}]
    for number, (run, tag) in enumerate(zip(runs * 2, tags)):
        client.create_model_version(name, f"s3://bucket/{'ab'[number % 2]}", run_id=run, tags=tag)
    client.delete_model_version(name, "4")

    def search(text="", **options):
        only = f"name = '{name}'" + (f" AND {text}" if text else "")
        return [one.version for one in client.search_model_versions(only, **options)]

    search.name, search.runs = name, runs
    return search


@pytest.mark.parametrize(
    "text, found",
    [
        ("", ["3", "2", "1"]),
        ("version_number > 1", ["3", "2"]),
        ("version_number = 2", ["2"]),
        ("source_path = 's3://bucket/a'", ["3", "1"]),
        ("source_path LIKE '%/b'", ["2"]),
        ("source_path ILIKE '%/B'", ["2"]),
        ("tags.n = '1'", ["1"]),
        ("tags.n != '1'", ["2"]),
        ("tags.m ILIKE 'x' AND tags.n = '2'", ["2"]),
        ("tags.m LIKE 'x'", ["1"]),
    ],
)
def test_search_filters(shelf, text, found):
    assert sorted(shelf(text), reverse=True) == found


def test_search_by_run_and_name(client, shelf):
    one, two = shelf.runs
    assert sorted(shelf(f"run_id = '{one}'")) == ["1", "3"]
    assert sorted(shelf(f"run_id IN ('{one}', '{two}')")) == ["1", "2", "3"]
    assert len(client.search_model_versions(f"name LIKE '{shelf.name}%'")) == 3
    assert len(client.search_model_versions(f"name ILIKE '{shelf.name.upper()}'")) == 3


def test_search_puts_the_last_change_first(client, shelf):
    time.sleep(0.002)  # the clock of versions has milliseconds
    client.update_model_version(shelf.name, "1", "touched")
    assert shelf() == ["1", "3", "2"]


def test_tags_and_aliases_are_no_change_of_a_version(client, shelf):
    before = client.get_model_version(shelf.name, "1").last_updated_timestamp
    time.sleep(0.002)
    client.set_model_version_tag(shelf.name, "1", "touched", "yes")
    client.set_registered_model_alias(shelf.name, "touched", "1")
    assert client.get_model_version(shelf.name, "1").last_updated_timestamp == before


@pytest.mark.parametrize(
    "order, found",
    [
        (["version_number ASC"], ["1", "2", "3"]),
        (["version_number DESC"], ["3", "2", "1"]),
        (["creation_timestamp ASC", "version_number ASC"], ["1", "2", "3"]),
        (["name ASC"], ["3", "2", "1"]),
    ],
)
def test_search_orders(shelf, order, found):
    assert shelf(order_by=order) == found


def test_search_pages(client, shelf):
    text = f"name = '{shelf.name}'"
    first = client.search_model_versions(text, max_results=2)
    second = client.search_model_versions(text, max_results=2, page_token=first.token)
    assert (len(first), len(second), bool(second.token)) == (2, 1, False)


@pytest.mark.parametrize(
    "query",
    [
        {"filter": "name"},
        {"filter": "colour = 'x'"},
        {"filter": "version_number = 'x'"},
        {"order_by": "colour"},
        {"max_results": 0},
        {"max_results": 200001},
    ],
)
def test_a_search_that_cannot_be_read_is_refused(wire, query):
    wire.get("model-versions/search", query).refused(400, "INVALID_PARAMETER_VALUE")


def test_the_files_of_a_version_are_served_to_the_web_ui(wire, client, model, run, tmp_path):
    (tmp_path / "MLmodel").write_text("flavors: {}")
    client.log_artifact(run, str(tmp_path / "MLmodel"), "m")
    source = f"{client.get_run(run).info.artifact_uri}/m"
    made = client.create_model_version(model, source, run_id=run)
    query = {"name": model, "version": made.version, "path": "MLmodel"}
    answer = wire.send("GET", "/model-versions/get-artifact", params=query)
    assert (answer.status, answer.text) == (200, "flavors: {}")
    outside = wire.send("GET", "/model-versions/get-artifact", params={**query, "path": "../../x"})
    assert outside.status == 400
