"""Writes what MLflow makes of many search filters and orders, for the comparison test of server/src/filters.

Run with a Python that has mlflow 3.17.2:

    python tools/filter-fixture.py > server/src/filters/mlflow.fixture.json

Whether a text is accepted is asked of MLflow's own SQL stores, on an empty SQLite database; what it means, of its
parsers.
"""

import json
import logging
import sys
import tempfile

import mlflow
from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore as RegistryStore
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore as TrackingStore
from mlflow.utils.search_logged_model_utils import parse_filter_string
from mlflow.utils.search_utils import (
    SearchExperimentsUtils,
    SearchModelUtils,
    SearchModelVersionUtils,
    SearchTraceUtils,
    SearchUtils,
)

FILTERS = {
    "runs": r"""
metrics.accuracy > 0.72
metric.acc >= 0.94
metrics.loss<=0.15
metrics.a = 1
metrics.a != 1e5
metrics.a >= 1.5e-3
metrics.a < -1.5
metrics.a=-1
metrics.a > .5
metrics.a > 5.
metrics.a = 1e400
metrics.a > 9007199254740993
metrics.a = + 1
metrics.a = - 1
metrics.a = 0x1F
metrics.a = 1_000
metrics.a == 1
metrics.a <> 1
metrics.a ~ 1
metrics.a = '1'
metrics.acc = LR
metrics.a LIKE 'x'
metrics.a = metrics.b
metrics.`spacey name` > 99
metrics."double quoted" > 99
metrics.`cpu/usage (%)` > 0
metrics.val.f1.macro > 0.5
metrics.min > 1
metrics.max.x > 1
metrics.accuracy > 0.72 and metrics.loss<=0.15 AND params.model='tree'
metrics.a > 1 OR metrics.b > 1
metrics.a > 1 NAND metrics.b > 1
metrics.a > 1 AND (params.b = 'x')
metrics.a > 1; metrics.b < 1
metrics.a > 1;
params.model = 'LR'
param.model = "LR"
parameter.model != 'LR'
parameters.model LIKE 'L%'
params.model ILIKE 'l%'
params.model like 'L%'
params.model iLike 'L%'
params.model NOT LIKE 'L%'
params.model IN ('a')
params.model > 'a'
params.model = LR
params.model = 0.9
params.model = `LR`
params.`a.b c/d` = 'x'
params."a.b c/d" = 'x'
params.'a b' = 'x'
params."so called `name`" = 'x'
params.a = 'it''s'
params.a = "it's"
params.a = 'say "hi"'
params.a = 'it\'s'
params.a = 'C:\'
params.a = ''
params.a = 'ünï ☃ 😀'
params.ключ = 'значение'
params.a = 'x' AND params.b = ''
params.a = ('x')
params.a = N'x'
params.a IS NULL
params.a is not null
params.a IS NOT NULL AND metrics.b > 1
params.a IS 'x'
tags.mlflow.parentRunId = 'abc'
tags.`mlflow.parentRunId` = 'abc'
tag.mlflow.user = "jane"
tags.version = 'commit-hash'
tags.order = 'x'
tags.like = 'x'
tags.`a`.b = 'x'
`tags`.a = 'x'
`tags`.`a` = 'x'
tags."`x`" = 'y'
tags.`a``b` = 'x'
tags.a IS NULL
tags.a.b IS NOT NULL
tags.a >= 'x'
tags . a = 'x'
attribute.status = 'RUNNING'
attributes.status = "RUNNING"
attr.`status` = 'RUNNING'
attr.'status' = 'RUNNING'
run.status != 'FAILED'
status = 'FINISHED'
status LIKE 'F%'
status IN ('FINISHED')
status = FINISHED
status > 'A'
status IS NULL
'status' = 'FINISHED'
"status" = 'FINISHED'
user_id ILIKE 'JANE'
artifact_uri LIKE 's3://%'
run_name = 'x'
`run name` = 'x'
"Run name" = 'x'
attribute.`Run Name` = 'x'
run name = 'x'
run_id = 'abc'
run_id IN ('a', 'b')
run_id in ("a",'b',)
run_id NOT IN ('a')
attribute.run_id IN ('it''s', 'a\nb', 'c:\\d')
run_id IN ()
run_id IN (1, 2)
run_id IN (a)
run_id IN ('a' 'b')
start_time > 1690000000000
start_time > 1690000000000.5
start_time = 1.5e12
created >= 1
Created < 1
end_time <= 5
start_time > '5'
start_time LIKE '5'
start_time IN (5)
attribute.start != 1
attribute.experiment_id != 1
attribute.lifecycle_stage = 'active'
attribute._status = 'x'
acc >= 0.94
m.acc >= 0.94
Metrics.acc > 1
attri.x != 1
dataset.name = 'x'
datasets.digest IN ('a','b')
dataset.context LIKE 'tr%'
dataset.context NOT IN ('train')
dataset.status = 'x'
dataset.name > 'x'
dataset.name = 5
'0.9' = params.a
`metrics.A > 0.1
param`.A > 0.1
metrics.a > 1 AND
AND metrics.a > 1
metrics.a > 1 AND AND metrics.b > 2
metrics.a > 1 metrics.b > 2
params.a='x'params.b='y'
AND
metrics.a
metrics.a >
> 1
metrics.a > 1 -- comment
metrics.a > 1 /* comment */
(metrics.a > 1)
NOT metrics.a > 1
metrics.a BETWEEN 1 AND 2
metrics.
.a > 1
""",
    "experiments": r"""
name = 'x'
attribute.name = 'x'
attributes.name = 'x'
name != 'x' AND name LIKE 'a%'
name ILIKE 'a%'
name IN ('a')
name = x
name > 'x'
experiment_id = '1'
experiment_id IN ('1', '2')
experiment_id NOT IN ('1')
experiment_id = 1
experiment_id LIKE '1'
creation_time > 5
creation_time = 5.5
creation_time > '5'
last_update_time <= 1700000000000
tags.a = 'x'
tag.a ILIKE 'x'
tags.`a b` != "x"
tags.mlflow.note.content LIKE '%x%'
tags.a IS NULL
tags.a IS NOT NULL
tags.a = 5
name IS NULL
metrics.a > 1
params.a = 'x'
lifecycle_stage = 'active'
key = 'x'
name = 'a' OR name = 'b'
name = 'a' AND tags.k = 'v' AND creation_time > 1
""",
    "loggedModels": r"""
name = 'm'
attributes.name LIKE 'm%'
attribute.name = 'm'
name IN ('a', 'b')
name NOT IN ('a')
name ilike 'A%'
model_id = 'm-1'
model_id IN ('m-1')
experiment_id = '1'
source_run_id = 'r' AND name = 'model'
model_type != 'agent'
status = 'READY'
creation_timestamp > 5
creation_time > 5
last_updated_timestamp <= 5
last_updated_timestamp_ms >= 5
creation_timestamp > 1.5
creation_timestamp > '5'
metrics.a > 0.5
metrics.`a/b` < 1
metrics.a < inf
metrics.a > -1
metrics.a > '1'
metrics.a LIKE 'x'
params.lr = '0.01'
params.lr = 0.01
params.lr = -1
params.opt = adam
params.opt = "adam"
params.lr IN ('1','2')
params.a-b = 'x'
params.a/b.c = 'x'
tags.team LIKE 'x%'
tags.`a b` = 'x'
tags.a IS NULL
tags.a > 'x'
metric.a > 1
tag.a = 'x'
unknown = 'x'
name = 'a' OR name = 'b'
name = 'a' params.b = 'c'
""",
    "registeredModels": r"""
name = 'm'
name LIKE 'm%'
name ilike 'M%'
attribute.name = 'm'
name IN ('a','b')
name NOT IN ('a')
name != "m"
tags.a = 'x'
tag.`a b` LIKE '%x'
tags.a ILIKE 'X'
tags.`mlflow.prompt.is_prompt` = 'true'
tags.a IS NULL
tags.a IN ('x')
name = m
name > 'm'
run_id = 'x'
creation_timestamp > 5
name = 'a' OR name = 'b'
name = 'a' AND tags.b = 'c'
""",
    "modelVersions": r"""
name = 'm'
name='m' AND run_id = 'r'
name IN ('a','b')
run_id IN ('a','b')
run_id NOT IN ('a')
run_id LIKE 'a%'
source_path = 's3://x'
source_path ILIKE 'S3%'
source_path IN ('a')
version_number = 1
version_number >= 1
version_number = '1'
version_number = 1.5
version_number > 1 and version_number < 5
tags.a = 'x'
tags.a LIKE 'x%' AND tags.b != 'y'
tags.a = 5
stage = 'Production'
creation_timestamp > 1
attribute.name = 'm'
attributes.name = 'm'
name = "m's"
""",
    "traces": r"""
timestamp > 5
timestamp_ms >= 5
attributes.timestamp <= 5
timestamp = '5'
trace.status = 'OK'
status IN ('OK','ERROR')
status != 'OK'
execution_time_ms > 100
execution_time < 100.5
end_time > 5
request_id = 'tr-1'
client_request_id = 'x'
name = 'x'
trace.name LIKE 'x%'
name IN ('a','b')
tags.name = 'x'
run_id = 'r'
attributes.run_id != 'r'
prompt = 'a/1'
trace.text LIKE '%x%'
tags.a = 'x'
tags.a.b ILIKE 'x'
tags.a IN ('x')
tags.a RLIKE '^x'
tags.a IS NULL
attributes.timestamp = '5'
tag.`a b` = "x"
metadata.a = 'x'
request_metadata.`mlflow.trace.session` = 's'
metadata.a IS NOT NULL
metadata.timestamp = 'x'
span.name = 'x'
span.type IN ('LLM')
span.status = 'OK'
span.content LIKE '%x%'
span.attributes.a.b LIKE '%x'
span.foo = 'x'
feedback.correct = 'true'
feedback.score > 5
feedback.score <= 0.5
feedback.score = 5
feedback.`a b` ILIKE 'x'
expectation.x IS NOT NULL
expectation.x != 'y'
issue.id = 'i'
issue.foo = 'i'
metrics.a > 1
foo = 'x'
timestamp > 5 AND status = 'OK' AND tags.a = 'b'
""",
}

ORDERS = {
    "runs": r"""
metrics.a
metrics.a DESC
metrics.a asc
metrics.`a b` desc
metrics."a b" Desc
metrics.a.b desc
metrics.a   DESC
params.x
parameters.x asc
tags.a.b.c desc
tags.'a b' desc
metrics.`a desc`
start_time
created DESC
Created
`start_time` desc
attribute.start_time ASC
attributes.status
attr.run_name desc
run.end_time
run_id
user_id
artifact_uri
metrics.a foo
metrics.a desc asc
metrics.a, metrics.b
metrics.a;
dataset.name
lifecycle_stage
foo.a
""",
    "experiments": r"""
name
attribute.name desc
experiment_id
creation_time DESC
last_update_time
tags.a
lifecycle_stage
name foo
""",
    "registeredModels": r"""
name
name DESC
timestamp
timestamp desc
last_updated_timestamp ASC
run_id
""",
    "modelVersions": r"""
name
version_number desc
creation_timestamp
last_updated_timestamp ASC
attribute.name
source_path
""",
    "traces": r"""
timestamp
timestamp DESC
timestamp_ms desc
execution_time
end_time asc
status
name
run_id desc
request_id
tags.a
metadata.x desc
foo
""",
}


def clauses_of(parsed):
    if isinstance(parsed, dict):
        comparator, value = parsed["comparator"].upper(), parsed["value"]
        return {"scope": parsed["type"], "key": parsed["key"], "op": comparator, "value": value}
    return {"scope": parsed.entity.type.value, "key": parsed.entity.key, "op": parsed.op, "value": parsed.value}


def order_of(parsed):
    if len(parsed) == 2:
        parsed = ("attribute", *parsed)
    scope, key, ascending = parsed
    return {"scope": scope, "key": key, "descending": not ascending}


def judge(text, accept, parse):
    try:
        accept(text)
        return {"text": text, "accepted": True, "meaning": parse(text)}
    except Exception as error:  # The stores answer some bad filters with a ValueError.
        return {"text": text, "accepted": False, "message": str(error).splitlines()[0][:160]}


def lines(block):
    return [line for line in block.splitlines() if line.strip()]


def main():
    logging.disable(logging.CRITICAL)
    folder = tempfile.mkdtemp()
    tracking = TrackingStore(f"sqlite:///{folder}/mlflow.db", folder)
    registry = RegistryStore(f"sqlite:///{folder}/mlflow.db")
    parsers = {
        "runs": SearchUtils.parse_search_filter,
        "experiments": SearchExperimentsUtils.parse_search_filter,
        "loggedModels": parse_filter_string,
        "registeredModels": SearchModelUtils.parse_search_filter,
        "modelVersions": SearchModelVersionUtils.parse_search_filter,
        "traces": SearchTraceUtils.parse_search_filter_for_search_traces,
    }
    order_parsers = {
        "runs": SearchUtils.parse_order_by_for_search_runs,
        "experiments": SearchExperimentsUtils.parse_order_by_for_search_experiments,
        "registeredModels": SearchUtils.parse_order_by_for_search_registered_models,
        "modelVersions": SearchModelVersionUtils.parse_order_by_for_search_model_versions,
        "traces": SearchTraceUtils.parse_order_by_for_search_traces,
    }

    def search(kind, text, order):
        if kind == "runs":
            return tracking.search_runs(["0"], text, 1, 10, order)
        if kind == "experiments":
            return tracking.search_experiments(max_results=10, filter_string=text, order_by=order)
        if kind == "loggedModels":
            return tracking.search_logged_models(["0"], filter_string=text)
        if kind == "registeredModels":
            return registry.search_registered_models(text, 10, order)
        if kind == "modelVersions":
            return registry.search_model_versions(text, 10, order)
        return tracking.search_traces(["0"], text, 10, order)

    out = {"mlflow": mlflow.__version__, "filters": {}, "orders": {}}
    for kind, block in FILTERS.items():
        out["filters"][kind] = [
            judge(
                text,
                lambda t, kind=kind: search(kind, t, None),
                lambda t, kind=kind: [clauses_of(c) for c in parsers[kind](t)],
            )
            for text in lines(block)
        ]
    for kind, block in ORDERS.items():
        out["orders"][kind] = [
            judge(
                text,
                lambda t, kind=kind: search(kind, None, [t]),
                lambda t, kind=kind: order_of(order_parsers[kind](t)),
            )
            for text in lines(block)
        ]
    sys.stdout.write(layout(infinities(out)))


def layout(out):
    """JSON with a case a line, so that a change of MLflow's shows as one line of difference."""
    parts = [f'"mlflow": {json.dumps(out["mlflow"])}']
    for name in ("filters", "orders"):
        kinds = [
            f'  "{kind}": [\n' + ",\n".join("   " + json.dumps(c, ensure_ascii=False) for c in cases) + "\n  ]"
            for kind, cases in out[name].items()
        ]
        parts.append(f'"{name}": {{\n' + ",\n".join(kinds) + "\n }")
    return "{\n " + ",\n ".join(parts) + "\n}\n"


def infinities(value):
    """Infinity has no JSON form."""
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return {"double": str(value)}
    if isinstance(value, dict):
        return {key: infinities(item) for key, item in value.items()}
    return [infinities(item) for item in value] if isinstance(value, (list, tuple)) else value


if __name__ == "__main__":
    main()
