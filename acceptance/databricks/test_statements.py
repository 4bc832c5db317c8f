"""SQL: the SDK's statement execution, and `databricks-sql-connector` over REST (`use_sea`)."""

import base64
import datetime
import decimal
import io
import time
from urllib.parse import urlparse

import mlflow
import pytest
import requests
from databricks.sdk.errors import BadRequest, NotFound
from databricks.sdk.service.sql import (
    Disposition,
    ExecuteStatementRequestOnWaitTimeout,
    Format,
    StatementParameterListItem,
    StatementState,
)

HEAVY = "SELECT count(*) FROM range(3000000) a, range(3000000) b WHERE (a.range * b.range) % 7 = 3"


def eventually(look, wanted):
    """What `look` gives once it is wanted: servers that share a database hear of each other's changes within a second."""
    until = time.monotonic() + 5
    while not wanted(found := look()) and time.monotonic() < until:
        time.sleep(0.1)
    return found


@pytest.fixture(scope="module")
def warehouse(workspace):
    return next(iter(workspace.warehouses.list())).id


@pytest.fixture
def execute(workspace, warehouse):
    def run(statement, **more):
        return workspace.statement_execution.execute_statement(
            statement=statement, warehouse_id=warehouse, **{"wait_timeout": "50s", **more}
        )

    return run


@pytest.fixture
def rows(execute):
    def run(statement, **more):
        answer = execute(statement, **more)
        assert answer.status.state == StatementState.SUCCEEDED, answer.status.error
        return answer.result.data_array or []

    return run


@pytest.fixture
def experiment(unique):
    """The id of an experiment with two runs."""
    experiment_id = mlflow.create_experiment(unique("sql"))
    for depth in (3, 5):
        with mlflow.start_run(experiment_id=experiment_id):
            mlflow.log_param("depth", depth)
            for step in range(3):
                mlflow.log_metric("auc", depth / 10 + step / 100, step=step)
    return experiment_id


def test_selects_what_mlflow_logged(rows, experiment):
    assert rows(
        """SELECT p.value, m.value, m.step FROM system.mlflow.runs r
           JOIN system.mlflow.params p USING (run_id) JOIN system.mlflow.metrics m USING (run_id)
           WHERE r.experiment_id = :experiment AND m.key = 'auc' ORDER BY 1""",
        parameters=[StatementParameterListItem(name="experiment", value=experiment)],
    ) == [["3", "0.32", "2"], ["5", "0.52", "2"]]
    assert rows(f"SELECT count(*) FROM system.mlflow.metric_history WHERE experiment_id = '{experiment}'") == [["6"]]


def test_describes_its_columns(execute):
    answer = execute("SELECT 1 AS a, 'x' AS b, 2.5::DECIMAL(4,2) AS c, now() AS d, [1, 2] AS e")
    columns = answer.manifest.schema.columns
    assert [(column.name, column.type_name.value, column.type_text) for column in columns] == [
        ("a", "INT", "INT"),
        ("b", "STRING", "STRING"),
        ("c", "DECIMAL", "DECIMAL(4,2)"),
        ("d", "TIMESTAMP", "TIMESTAMP"),
        ("e", "ARRAY", "ARRAY<INT>"),
    ]
    assert (columns[2].type_precision, columns[2].type_scale) == (4, 2)


def test_runs_without_being_waited_for(workspace, execute):
    answer = execute("SELECT 41 + 1", wait_timeout="0s")
    assert answer.status.state == StatementState.PENDING
    for _ in range(100):
        answer = workspace.statement_execution.get_statement(answer.statement_id)
        if answer.status.state not in (StatementState.PENDING, StatementState.RUNNING):
            break
        time.sleep(0.1)
    assert answer.result.data_array == [["42"]]


def test_cancels(workspace, execute):
    answer = execute(HEAVY, wait_timeout="0s")
    workspace.statement_execution.cancel_execution(answer.statement_id)
    for _ in range(100):
        state = workspace.statement_execution.get_statement(answer.statement_id).status.state
        if state != StatementState.RUNNING:
            break
        time.sleep(0.1)
    assert state == StatementState.CANCELED
    waited = execute(HEAVY, wait_timeout="5s", on_wait_timeout=ExecuteStatementRequestOnWaitTimeout.CANCEL)
    assert waited.status.state == StatementState.CANCELED


def test_gives_links_that_need_no_credential(execute, workspace):
    answer = execute(
        "SELECT range, repeat('x', 200) AS text FROM range(120000)",
        disposition=Disposition.EXTERNAL_LINKS,
        format=Format.ARROW_STREAM,
    )
    pyarrow = pytest.importorskip("pyarrow")
    assert answer.manifest.total_row_count == 120_000
    count, index = 0, 0
    while index is not None:
        chunk = workspace.statement_execution.get_statement_result_chunk_n(answer.statement_id, index)
        link = chunk.external_links[0]
        fetched = requests.get(link.external_link, timeout=60)
        fetched.raise_for_status()
        table = pyarrow.ipc.open_stream(io.BytesIO(fetched.content)).read_all()
        assert table.column("range")[0].as_py() == link.row_offset
        count += table.num_rows
        index = link.next_chunk_index
    assert count == 120_000
    assert requests.get(link.external_link + "A", timeout=60).status_code == 403


def test_tells_what_is_wrong_in_the_answer(execute):
    for statement in ["SELECT nothing", "SELEC 1", "GRANT FLY ON CATALOG c TO x", "SELECT * FROM read_text('/etc/passwd')"]:
        answer = execute(statement)
        assert answer.status.state == StatementState.FAILED, statement
        assert answer.status.error.message
        assert answer.result is None
    with pytest.raises(BadRequest):
        execute("SELECT 1", wait_timeout="1h")


def test_knows_no_statement_of_others(workspace):
    with pytest.raises(NotFound):
        workspace.statement_execution.get_statement("01ef0000-0000-0000-0000-000000000000")


def test_grants_as_the_sdk_reads_it(rows, workspace, admin_workspace, catalog, unique):
    person = unique("person") + "@acme.com"
    admin_workspace.users.create(user_name=person)
    workspace.registered_models.create(catalog_name=catalog, schema_name="ml", name="fraud")
    rows(f"GRANT EXECUTE ON FUNCTION {catalog}.ml.fraud TO `{person}`")
    rows(f"GRANT USE CATALOG, USE SCHEMA ON CATALOG {catalog} TO `{person}`")
    granted = workspace.grants.get("function", f"{catalog}.ml.fraud").privilege_assignments
    assert [(each.principal, [privilege.value for privilege in each.privileges]) for each in granted] == [
        (person, ["EXECUTE"])
    ]
    assert rows(f"SHOW GRANTS `{person}` ON CATALOG {catalog}") == [
        [person, "USE CATALOG", "CATALOG", catalog],
        [person, "USE SCHEMA", "CATALOG", catalog],
    ]
    rows(f"REVOKE EXECUTE ON MODEL {catalog}.ml.fraud FROM `{person}`")
    assert not workspace.grants.get("function", f"{catalog}.ml.fraud").privilege_assignments


def test_makes_and_shows_schemas(rows, catalog):
    rows(f"CREATE SCHEMA IF NOT EXISTS {catalog}.`a-b` COMMENT 'odd'")
    shown = eventually(lambda: [name for name, *_ in rows(f"SHOW SCHEMAS IN {catalog}")], lambda names: "a-b" in names)
    assert shown == ["a-b", "default", "ml"]
    assert ["Comment", "odd"] in rows(f"DESCRIBE SCHEMA {catalog}.`a-b`")
    rows(f"DROP SCHEMA {catalog}.`a-b`")
    assert eventually(lambda: rows(f"SHOW SCHEMAS IN {catalog} LIKE 'a*'"), lambda shown: shown == []) == []


@pytest.fixture
def connect(url, token, warehouse):
    """Connections of databricks-sql-connector; `use_cloud_fetch` decides between links and answers in one piece."""
    sql = pytest.importorskip("databricks.sql")
    opened = []

    def run(**more):
        address = urlparse(url)
        connection = sql.connect(
            server_hostname=f"{address.scheme}://{address.hostname}",
            http_path=f"/sql/1.0/warehouses/{warehouse}",
            access_token=token,
            use_sea=True,
            _port=address.port,
            enable_telemetry=False,
            **more,
        )
        opened.append(connection)
        return connection

    yield run
    for connection in opened:
        connection.close()


@pytest.mark.parametrize("cloud_fetch", [True, False])
def test_connector_reads_values_of_every_kind(connect, cloud_fetch):
    with connect(use_cloud_fetch=cloud_fetch).cursor() as cursor:
        cursor.execute(
            """SELECT 1 AS a, 9007199254740993 AS b, 0.5::DOUBLE AS c, true AS d, 'ü' AS e, NULL::INT AS f,
               DATE '2024-02-29' AS g, TIMESTAMPTZ '2024-02-29 12:00:00+00' AS h, -1.50::DECIMAL(6,2) AS i, 'ab'::BLOB AS j"""
        )
        assert [column[0] for column in cursor.description] == list("abcdefghij")
        row = cursor.fetchall()[0]
        assert list(row)[:7] == [1, 9007199254740993, 0.5, True, "ü", None, datetime.date(2024, 2, 29)]
        assert row.h.replace(tzinfo=None) == datetime.datetime(2024, 2, 29, 12)
        assert decimal.Decimal(row.i) == decimal.Decimal("-1.50")
        assert row.j == b"ab"


@pytest.mark.parametrize("cloud_fetch", [True, False])
def test_connector_reads_every_row(connect, cloud_fetch):
    with connect(use_cloud_fetch=cloud_fetch).cursor() as cursor:
        cursor.execute("SELECT range FROM range(120000)")
        found = cursor.fetchall()
        assert (len(found), found[0][0], found[-1][0]) == (120_000, 0, 119_999)
        cursor.execute("SELECT range FROM range(10) WHERE range > 100")
        assert cursor.fetchall() == []


def test_connector_reads_many_parts(connect):
    with connect().cursor() as cursor:
        cursor.execute("SELECT range, repeat('x', 200) FROM range(120000)")
        table = cursor.fetchall_arrow()
        assert table.num_rows == 120_000
        assert table.column(0).to_pylist() == list(range(120_000))


def test_connector_sends_parameters(connect):
    with connect(use_cloud_fetch=False).cursor() as cursor:
        cursor.execute("SELECT :a AS a, :b AS b", {"a": "it's", "b": 5})
        assert list(cursor.fetchone()) == ["it's", 5]


def test_connector_lists_what_there_is(connect, catalog):
    with connect().cursor() as cursor:
        cursor.catalogs()
        assert {"system", "workspace", catalog} <= {row[0] for row in cursor.fetchall()}
        cursor.schemas(catalog_name=catalog)
        assert {row[0] for row in cursor.fetchall()} == {"default", "ml"}
        cursor.tables(catalog_name="system", schema_name="mlflow")
        assert {"runs", "metrics"} <= {value for row in cursor.fetchall() for value in row}
        cursor.columns(catalog_name="system", schema_name="mlflow", table_name="runs")
        assert {"run_id", "status"} <= {value for row in cursor.fetchall() for value in row}


def test_connector_is_told_of_errors(connect):
    sql = pytest.importorskip("databricks.sql")
    with connect().cursor() as cursor:
        with pytest.raises(sql.exc.Error, match="nothing"):
            cursor.execute("SELECT nothing")


def test_small_results_come_attached_and_large_ones_as_links(url, token, warehouse):
    def post(statement):
        answer = requests.post(
            f"{url}/api/2.0/sql/statements",
            json={
                "statement": statement,
                "warehouse_id": warehouse,
                "disposition": "INLINE_OR_EXTERNAL_LINKS",
                "format": "ARROW_STREAM",
                "result_compression": "LZ4_FRAME",
                "wait_timeout": "50s",
            },
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        ).json()
        assert answer["status"]["state"] == "SUCCEEDED", answer
        assert "result_compression" not in answer["manifest"]
        return answer["result"]

    pyarrow = pytest.importorskip("pyarrow")
    small = post("SELECT 7 AS a")
    stream = io.BytesIO(base64.b64decode(small["attachment"]))
    assert pyarrow.ipc.open_stream(stream).read_all().to_pylist() == [{"a": 7}]
    large = post("SELECT repeat('x', 200) FROM range(120000)")
    assert "attachment" not in large
    assert len(large["external_links"]) > 1
