import pytest
from mlflow.entities import ViewType

from wire import refused

pytestmark = pytest.mark.core


def names(found):
    return [experiment.name for experiment in found]


def test_a_new_experiment_is_read_back_by_id_and_by_name(client, unique):
    name = unique("новый / experiment")
    made = client.create_experiment(name, tags={"team": "fraud"})
    by_id, by_name = client.get_experiment(made), client.get_experiment_by_name(name)
    assert by_id.experiment_id == by_name.experiment_id == made
    assert made.isdigit()
    assert (by_id.name, by_id.lifecycle_stage, by_id.tags) == (name, "active", {"team": "fraud"})
    assert by_id.artifact_location.endswith(f"/{made}")
    assert by_id.creation_time == by_id.last_update_time > 1_600_000_000_000


def test_the_default_experiment_is_there(client):
    assert client.get_experiment("0").name == "Default"


def test_an_unknown_name_is_none(client, unique):
    assert client.get_experiment_by_name(unique()) is None


def test_a_name_is_taken_also_by_a_deleted_experiment(client, unique):
    name = unique()
    made = client.create_experiment(name)
    with refused("RESOURCE_ALREADY_EXISTS", name):
        client.create_experiment(name)
    client.delete_experiment(made)
    with refused("RESOURCE_ALREADY_EXISTS", name):
        client.create_experiment(name)


def test_names_are_case_sensitive(client, unique):
    name = unique("Case")
    assert client.create_experiment(name) != client.create_experiment(name.upper())


def test_a_name_has_at_most_500_characters(wire, unique):
    name = unique().ljust(500, "x")
    wire.post("experiments/create", {"name": name}).ok()
    wire.post("experiments/create", {"name": name + "x"}).refused(400, "INVALID_PARAMETER_VALUE")


def test_an_own_artifact_location_is_kept(client, unique):
    location = f"s3://{unique('bucket')}/some/folder"
    made = client.create_experiment(unique(), artifact_location=location)
    assert client.get_experiment(made).artifact_location == location
    run = client.create_run(made).info
    assert run.artifact_uri == f"{location}/{run.run_id}/artifacts"


@pytest.mark.parametrize(
    "location",
    [
        "runs:/abc/x",
        "s3://b/x#../../etc",
        "s3://b/x?y=../..",
        "http://10.0.0.1/x",
        "mlflow-artifacts://elsewhere.example:99/x",
        "hdfs://elsewhere.example/x",
        "ftp://elsewhere.example/x",
        "abfss://container@elsewhere.dfs.core.windows.net/x",
        "x" * 2049,
    ],
)
def test_an_unsafe_artifact_location_is_refused(wire, unique, location):
    body = {"name": unique(), "artifact_location": location}
    wire.post("experiments/create", body).refused(400, "INVALID_PARAMETER_VALUE")


def test_renaming_changes_name_and_update_time(client, experiment, unique, peer):
    name = unique("renamed")
    client.rename_experiment(experiment, name)
    renamed = client.get_experiment(experiment)
    assert renamed.name == name
    assert renamed.last_update_time >= renamed.creation_time
    with refused("BAD_REQUEST" if peer else "RESOURCE_ALREADY_EXISTS"):
        client.rename_experiment(client.create_experiment(unique()), name)


def test_a_deleted_experiment_cannot_be_renamed(wire, client, experiment, unique, peer):
    client.delete_experiment(experiment)
    answer = wire.post("experiments/update", {"experiment_id": experiment, "new_name": unique()})
    answer.refused(500 if peer else 400, "INVALID_STATE")


def test_tags_are_set_overwritten_and_read(client, experiment):
    client.set_experiment_tag(experiment, "stage", "draft")
    client.set_experiment_tag(experiment, "stage", "final")
    client.set_experiment_tag(experiment, "a.b/c d", "")
    assert client.get_experiment(experiment).tags == {"stage": "final", "a.b/c d": ""}


def test_a_tag_is_deleted_once(wire, client, experiment):
    client.set_experiment_tag(experiment, "gone", "soon")
    wire.post("experiments/delete-experiment-tag", {"experiment_id": experiment, "key": "gone"}).ok()
    assert client.get_experiment(experiment).tags == {}
    wire.post("experiments/delete-experiment-tag", {"experiment_id": experiment, "key": "gone"}).refused(
        404, "RESOURCE_DOES_NOT_EXIST"
    )


def test_tags_have_limits_and_are_not_cut(wire, experiment):
    def set_tag(key, value):
        return wire.post(
            "experiments/set-experiment-tag", {"experiment_id": experiment, "key": key, "value": value}
        )

    set_tag("k" * 250, "v" * 20000).ok()
    set_tag("k" * 251, "v").refused(400, "INVALID_PARAMETER_VALUE")
    set_tag("long", "v" * 20001).refused(400, "INVALID_PARAMETER_VALUE")
    set_tag("../up", "v").refused(400, "INVALID_PARAMETER_VALUE")


def test_deleting_hides_the_experiment_and_its_runs_until_restored(client, experiment, run):
    client.delete_experiment(experiment)
    assert client.get_experiment(experiment).lifecycle_stage == "deleted"
    assert client.get_run(run).info.lifecycle_stage == "deleted"
    client.restore_experiment(experiment)
    assert client.get_experiment(experiment).lifecycle_stage == "active"
    assert client.get_run(run).info.lifecycle_stage == "active"


def test_only_an_active_one_is_deleted_and_only_a_deleted_one_restored(client, experiment):
    with refused("RESOURCE_DOES_NOT_EXIST"):
        client.restore_experiment(experiment)
    client.delete_experiment(experiment)
    with refused("RESOURCE_DOES_NOT_EXIST"):
        client.delete_experiment(experiment)


def test_a_deleted_experiment_takes_no_writes(client, experiment):
    client.delete_experiment(experiment)
    with refused("INVALID_PARAMETER_VALUE", "active"):
        client.create_run(experiment)
    with refused("INVALID_PARAMETER_VALUE", "active"):
        client.set_experiment_tag(experiment, "k", "v")


@pytest.fixture
def family(client, unique):
    """Four experiments under one unique stem, made in this order; the last is deleted."""
    stem = unique("family")
    ids = {}
    for suffix, tags in [("Alpha", {"n": "1"}), ("beta", {"n": "2"}), ("GAMMA", {}), ("delta", {"n": "1"})]:
        ids[suffix] = client.create_experiment(f"{stem}-{suffix}", tags={"stem": stem, **tags})
    client.delete_experiment(ids["delta"])

    def search(text="", **options):
        only = f"tags.stem = '{stem}'" + (f" AND {text}" if text else "")
        found = client.search_experiments(filter_string=only, **options)
        return [name.removeprefix(stem + "-") for name in names(found)]

    search.stem, search.ids = stem, ids
    return search


def test_search_finds_active_ones_newest_first(family):
    assert family() == ["GAMMA", "beta", "Alpha"]
    assert family(view_type=ViewType.DELETED_ONLY) == ["delta"]
    assert family(view_type=ViewType.ALL) == ["delta", "GAMMA", "beta", "Alpha"]


@pytest.mark.parametrize(
    "text, found",
    [
        ("name LIKE '%-Alp%'", ["Alpha"]),
        ("name LIKE '%-alp%'", []),
        ("name ILIKE '%-alp%'", ["Alpha"]),
        ("name ILIKE '%gamma'", ["GAMMA"]),
        ("tags.n = '1'", ["Alpha"]),
        ("tags.n != '1'", ["beta"]),
        ("tag.n LIKE '_'", ["beta", "Alpha"]),
        ("creation_time > 0", ["GAMMA", "beta", "Alpha"]),
        ("creation_time < 5", []),
        ('last_update_time >= 1600000000000 AND tags.`n` = "2"', ["beta"]),
    ],
)
def test_search_filters(family, text, found):
    assert family(text) == found


def test_search_finds_one_by_its_exact_name(client, family):
    assert names(client.search_experiments(filter_string=f"name = '{family.stem}-beta'")) == [
        f"{family.stem}-beta"
    ]
    assert names(client.search_experiments(filter_string=f"attribute.name = '{family.stem}-beta'"))


@pytest.mark.since("3.0")
def test_search_finds_by_id_lists_and_missing_tags(family):
    ids = family.ids
    assert family(f"experiment_id IN ('{ids['Alpha']}', '{ids['beta']}')") == ["beta", "Alpha"]
    assert family(f"experiment_id = '{ids['Alpha']}'") == ["Alpha"]
    assert family("tags.n IS NULL") == ["GAMMA"]
    assert family("tags.n IS NOT NULL") == ["beta", "Alpha"]


@pytest.mark.parametrize(
    "order, found",
    [
        (["name ASC"], ["Alpha", "GAMMA", "beta"]),
        (["name desc"], ["beta", "GAMMA", "Alpha"]),
        (["creation_time ASC"], ["Alpha", "beta", "GAMMA"]),
        (["experiment_id DESC"], ["GAMMA", "beta", "Alpha"]),
    ],
)
def test_search_orders(family, order, found):
    assert family(order_by=order) == found


def test_search_pages(client, family):
    text = f"tags.stem = '{family.stem}'"
    first = client.search_experiments(filter_string=text, max_results=2)
    second = client.search_experiments(filter_string=text, max_results=2, page_token=first.token)
    assert (len(first), len(second)) == (2, 1)
    assert first.token and not second.token


@pytest.mark.parametrize(
    "text", ["name", "name = ", "name = x", "nome = 'x'", "name > 'x'", "creation_time = 'x'"]
)
def test_a_filter_that_cannot_be_read_is_refused(client, text):
    with refused("INVALID_PARAMETER_VALUE"):
        client.search_experiments(filter_string=text)


def test_an_order_or_token_that_cannot_be_read_is_refused(wire):
    wire.post("experiments/search", {"max_results": 5, "order_by": ["colour ASC"]}).refused(
        400, "INVALID_PARAMETER_VALUE"
    )
    wire.post("experiments/search", {"max_results": 5, "page_token": "nonsense"}).refused(
        400, "INVALID_PARAMETER_VALUE"
    )


def test_search_answers_get_as_well(wire, family):
    query = {"max_results": 10, "filter": f"tags.stem = '{family.stem}'"}
    assert len(wire.get("experiments/search", query).ok()["experiments"]) == 3
