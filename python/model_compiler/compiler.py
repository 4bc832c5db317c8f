"""One model, compiled and compared, or the reason why not: what the scoring worker calls as a compiler.

The job: {"model": folder, "flavor": "sklearn" | "xgboost" | "lightgbm", "method": "predict", "columns": [{"name", "type"}],
"tensor": type of the one tensor that it takes instead of a table, or null, "seed": 7, "most": 200000}. The evidence:
{"state": "proven" | "refused", "reason", "kind", "domain", "probes", "largestDifference", "tolerance", "checks", "seed",
"versions", "sha256"}. With the file, where there is one: also where a comparison found a difference.
"""

import hashlib
import importlib.metadata
import sys
import warnings

import numpy

from .compare import SCORE_TOLERANCE, Difference, compare, find_domain, unusual_rows
from .convert import convert
from .ensembles import NotCompiled
from .probes import make_probes

NUMERIC = {"double": "float64", "float": "float32", "long": "int64", "integer": "int32", "boolean": "bool"}


def compile_model(job):
    """The evidence, and the file or None."""
    warnings.simplefilter("ignore")
    evidence, file = {"state": "refused"}, None
    try:
        for column in job["columns"]:
            if column["type"] not in NUMERIC:
                raise NotCompiled(f"the column {column['name']!r} is of type {column['type']}")
        native, original, example = load(job)
        converted = convert(native, len(job["columns"]), job["method"])
        evidence, file = prove(job, converted, original, example), converted.file
        evidence["sha256"] = hashlib.sha256(file).hexdigest()
    except NotCompiled as refusal:
        evidence["reason"] = str(refusal)
    evidence["versions"] = versions()
    evidence["seed"] = job["seed"]
    return evidence, file


def prove(job, converted, original, example):
    columns = job["columns"]
    compiled = session_of(converted.file)
    probes = make_probes(columns, converted.ensemble, converted.unscale, example, job["seed"], job["most"])
    domain = find_domain(columns, original, probes[0][1][0], converted.knows_missing)
    unusual = unusual_rows(domain, probes[0][1][0], columns)
    if len(unusual) > 0:
        probes.append(("unusual", unusual))
    tolerance = 0.0 if converted.kind == "decision" else SCORE_TOLERANCE
    evidence = {"kind": converted.kind, "domain": domain, "tolerance": tolerance}
    try:
        evidence.update(compare(converted.kind, columns, probes, original, compiled), state="proven")
    except Difference as difference:
        evidence.update(state="refused", reason=str(difference), probes={name: len(rows) for name, rows in probes})
    return evidence


def load(job):
    """The fitted model, a function of rows that answers as the Python lane does, and the rows of the input example."""
    import importlib

    import pandas
    from mlflow import pyfunc

    native = importlib.import_module(f"mlflow.{job['flavor']}").load_model(job["model"])
    whole = pyfunc.load_model(job["model"])
    kinds = {column["name"]: NUMERIC[column["type"]] for column in job["columns"]}

    def original(rows):
        with numpy.errstate(over="ignore"):
            if job["tensor"] is not None:
                answer = whole.predict(numpy.asarray(rows).astype(job["tensor"]))
            else:
                answer = whole.predict(pandas.DataFrame(rows, columns=list(kinds)).astype(kinds))
        if isinstance(answer, (pandas.DataFrame, pandas.Series)):
            raise NotCompiled("it answers with a data frame")
        return numpy.asarray(answer)

    return native, original, example_of(whole, job)


MOST_EXAMPLE_ROWS = 2_000


def example_of(whole, job):
    """None where there is none, or one that is no table of numbers: the samples are drawn without it then."""
    try:
        example = whole.metadata.load_input_example(job["model"])
        rows = numpy.asarray(example, dtype=numpy.float64)
    except Exception:
        return None
    if rows.ndim == 1:
        rows = rows.reshape(1, -1)
    if rows.ndim != 2 or rows.shape[1] != len(job["columns"]) or len(rows) == 0:
        return None
    return rows[:MOST_EXAMPLE_ROWS]


def session_of(file):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # Sums in several threads are added in another order.
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    return lambda rows: session.run(None, {"X": numpy.ascontiguousarray(rows, dtype=numpy.float64)})[0]


def versions():
    found = {"python": sys.version.split()[0]}
    for name in ("numpy", "scikit-learn", "xgboost", "lightgbm", "onnx", "onnxruntime", "mlflow"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found

