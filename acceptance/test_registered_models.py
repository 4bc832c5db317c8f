import pytest

from wire import refused

pytestmark = pytest.mark.core


@pytest.fixture
def model(client, unique):
    """The name of a new registered model."""
    return client.create_registered_model(unique("model")).name


@pytest.fixture
def version(client, model):
    """Makes one more version of the model and answers its number, a string."""
    return lambda name=model: client.create_model_version(name, f"s3://bucket/{name}").version


def test_a_new_model_is_read_back(client, unique):
    name = unique("Model with.dots and spaces")
    client.create_registered_model(name, tags={"team": "fraud"}, description="what it is for")
    read = client.get_registered_model(name)
    assert (read.name, read.description, read.tags) == (name, "what it is for", {"team": "fraud"})
    assert read.creation_timestamp == read.last_updated_timestamp > 1_600_000_000_000
    assert (read.latest_versions, read.aliases) == ([], {})


def test_a_name_is_taken_once_and_is_case_sensitive(client, model):
    with refused("RESOURCE_ALREADY_EXISTS", model):
        client.create_registered_model(model)
    client.create_registered_model(model.upper())


@pytest.mark.parametrize("name", ["", "   ", "a/b", "a:b", ".", ".."])
def test_a_bad_name_is_refused(wire, name):
    wire.post("registered-models/create", {"name": name}).refused(400, "INVALID_PARAMETER_VALUE")


def test_an_update_sets_the_description_and_its_absence_empties_it(wire, client, model):
    client.update_registered_model(model, "new words")
    assert client.get_registered_model(model).description == "new words"
    wire.patch("registered-models/update", {"name": model}).ok()
    assert not client.get_registered_model(model).description


def test_a_rename_takes_everything_along(client, model, version, unique):
    number, other = version(), unique("renamed")
    client.set_registered_model_tag(model, "a", "b")
    client.set_registered_model_alias(model, "champion", number)
    client.set_model_version_tag(model, number, "c", "d")
    client.rename_registered_model(model, other)
    read = client.get_registered_model(other)
    assert (read.tags, dict(read.aliases)) == ({"a": "b"}, {"champion": number})
    assert client.get_model_version(other, number).tags == {"c": "d"}
    assert client.get_model_version_by_alias(other, "champion").version == number
    with refused("RESOURCE_DOES_NOT_EXIST", model):
        client.get_registered_model(model)


def test_a_rename_to_a_taken_name_is_refused(client, model, unique):
    with refused("RESOURCE_ALREADY_EXISTS"):
        client.rename_registered_model(client.create_registered_model(unique()).name, model)


def test_deleting_removes_everything_and_numbers_start_again(client, model, version):
    number = version()
    client.transition_model_version_stage(model, number, "Production")
    client.delete_registered_model(model)
    with refused("RESOURCE_DOES_NOT_EXIST"):
        client.get_registered_model(model)
    with refused("RESOURCE_DOES_NOT_EXIST"):
        client.get_model_version(model, number)
    client.create_registered_model(model)
    assert version() == "1"


def test_tags_are_set_overwritten_and_deleted_quietly(client, model):
    client.set_registered_model_tag(model, "a", "1")
    client.set_registered_model_tag(model, "a", "2")
    assert client.get_registered_model(model).tags == {"a": "2"}
    client.delete_registered_model_tag(model, "a")
    client.delete_registered_model_tag(model, "a")
    assert client.get_registered_model(model).tags == {}


def test_tags_have_limits(wire, model):
    def set_tag(key, value):
        return wire.post("registered-models/set-tag", {"name": model, "key": key, "value": value})

    set_tag("k" * 250, "v").ok()
    set_tag("k" * 251, "v").refused(400, "INVALID_PARAMETER_VALUE")
    set_tag("long", "v" * 100_000).ok()
    set_tag("long", "v" * 100_001).refused(400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize(
    "call",
    [
        lambda client, name: client.get_registered_model(name),
        lambda client, name: client.update_registered_model(name, "x"),
        lambda client, name: client.rename_registered_model(name, name + "x"),
        lambda client, name: client.delete_registered_model(name),
        lambda client, name: client.set_registered_model_tag(name, "k", "v"),
        lambda client, name: client.create_model_version(name, "s3://b/x"),
        lambda client, name: client.get_latest_versions(name),
        lambda client, name: client.set_registered_model_alias(name, "a", "1"),
    ],
)
def test_an_unknown_model_is_missing(client, unique, call):
    with refused("RESOURCE_DOES_NOT_EXIST"):
        call(client, unique("unknown"))


@pytest.fixture
def shelf(client, unique):
    """Three models under one stem; shelf(filter) answers the suffixes found."""
    stem = unique("shelf")
    for suffix, tags in [("Alpha", {"n": "1"}), ("beta", {"n": "2"}), ("gamma", {})]:
        client.create_registered_model(f"{stem}-{suffix}", tags=tags)

    def search(text="", **options):
        only = f"name LIKE '{stem}%'" + (f" AND {text}" if text else "")
        found = client.search_registered_models(only, **options)
        return [model.name.removeprefix(stem + "-") for model in found]

    search.stem = stem
    return search


@pytest.mark.parametrize(
    "text, found",
    [
        ("", ["Alpha", "beta", "gamma"]),
        ("name LIKE '%eta'", ["beta"]),
        ("name LIKE '%alpha'", []),
        ("name ILIKE '%alpha'", ["Alpha"]),
        ("tags.n = '1'", ["Alpha"]),
        ("tag.n != '1'", ["beta"]),
        ("tags.n LIKE '%'", ["Alpha", "beta"]),
        ("tags.`n` ILIKE '2'", ["beta"]),
    ],
)
def test_search_filters(shelf, text, found):
    assert shelf(text) == found


def test_search_by_exact_names(client, shelf):
    def find(text):
        return [model.name for model in client.search_registered_models(text)]

    one, two = f"{shelf.stem}-beta", f"{shelf.stem}-gamma"
    assert find(f"name = '{one}'") == [one]
    assert find(f"name IN ('{one}', '{two}')") == [one, two]


@pytest.mark.parametrize(
    "order, found",
    [
        (["name DESC"], ["gamma", "beta", "Alpha"]),
        (["last_updated_timestamp ASC"], ["Alpha", "beta", "gamma"]),
        (["timestamp DESC"], ["gamma", "beta", "Alpha"]),
    ],
)
def test_search_orders(shelf, order, found):
    assert shelf(order_by=order) == found


def test_search_pages(client, shelf):
    text = f"name LIKE '{shelf.stem}%'"
    first = client.search_registered_models(text, max_results=2)
    second = client.search_registered_models(text, max_results=2, page_token=first.token)
    assert (len(first), len(second), bool(first.token), bool(second.token)) == (2, 1, True, False)


@pytest.mark.parametrize(
    "query",
    [
        {"filter": "name"},
        {"filter": "colour = 'x'"},
        {"order_by": "colour"},
        {"max_results": 1001},
        {"page_token": "x"},
    ],
)
def test_a_search_that_cannot_be_read_is_refused(wire, query):
    wire.get("registered-models/search", query).refused(400, "INVALID_PARAMETER_VALUE")


def test_a_page_of_nothing_has_a_token(wire, shelf):
    answer = wire.get(
        "registered-models/search", {"max_results": 0, "filter": f"name LIKE '{shelf.stem}%'"}
    ).ok()
    assert "registered_models" not in answer and answer["next_page_token"]


@pytest.mark.since("2.21")
def test_prompts_are_kept_apart_from_models(wire, client, unique):
    name = unique("prompt")
    tag = {"key": "mlflow.prompt.is_prompt", "value": "true"}
    wire.post("registered-models/create", {"name": name, "tags": [tag]}).ok()
    assert client.search_registered_models(f"name = '{name}'") == []
    text = f"name = '{name}' AND tags.`mlflow.prompt.is_prompt` = 'true'"
    assert [model.name for model in client.search_registered_models(text)] == [name]


@pytest.mark.since("3.0")
def test_a_prompt_is_registered_loaded_and_aliased(unique):
    import mlflow

    name = unique("prompt")
    mlflow.genai.register_prompt(name=name, template="Hello {{who}}", commit_message="first")
    second = mlflow.genai.register_prompt(name=name, template="Good day {{who}}", tags={"tone": "formal"})
    assert second.version == 2
    assert mlflow.genai.load_prompt(name, version=1).format(who="Jane") == "Hello Jane"
    mlflow.genai.set_prompt_alias(name, alias="production", version=2)
    assert mlflow.genai.load_prompt(f"prompts:/{name}@production").template == "Good day {{who}}"
    assert name in [prompt.name for prompt in mlflow.genai.search_prompts(f"name = '{name}'")]
