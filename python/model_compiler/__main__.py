"""`python -m model_compiler JOB.json`: one model, compiled and compared, or the reason why not.

The job: {"model": folder, "flavor": "sklearn" | "xgboost" | "lightgbm", "method": "predict", "columns": [{"name", "type"}],
"example": [[…]] or null, "seed": 7, "most": 200000, "output": folder}. It writes `evidence.json` into the output folder, and
`model.onnx` where `state` is `proven`: {"state": "proven" | "refused", "reason", "kind", "domain", "probes",
"largestDifference", "tolerance", "checks", "seed", "versions", "sha256"}. Exit 0 for both; anything else is a failure.
"""

import hashlib
import importlib.metadata
import json
import sys
import warnings
from pathlib import Path

import numpy

from .compare import SCORE_TOLERANCE, Difference, compare, find_domain, unusual_rows
from .convert import convert
from .ensembles import NotCompiled
from .probes import make_probes

NUMERIC = {"double": "float64", "float": "float32", "long": "int64", "integer": "int32", "boolean": "bool"}


def main(job):
    warnings.simplefilter("ignore")
    output = Path(job["output"])
    try:
        evidence, file = prove(job)
        (output / "model.onnx").write_bytes(file)
    except (NotCompiled, Difference) as refusal:
        evidence = {"state": "refused", "reason": str(refusal)}
    evidence["versions"] = versions()
    evidence["seed"] = job["seed"]
    (output / "evidence.json").write_text(json.dumps(evidence))


def prove(job):
    columns = job["columns"]
    for column in columns:
        if column["type"] not in NUMERIC:
            raise NotCompiled(f"the column {column['name']!r} is of type {column['type']}")
    native, original = load(job)
    converted = convert(native, len(columns), job["method"])
    compiled = session_of(converted.file)
    example = None if job["example"] is None else numpy.asarray(job["example"], dtype=numpy.float64)
    probes = make_probes(columns, converted.ensemble, converted.unscale, example, job["seed"], job["most"])
    row = probes[0][1][0]
    domain = find_domain(columns, original, row, converted.knows_missing)
    unusual = unusual_rows(domain, row, columns)
    if len(unusual) > 0:
        probes.append(("unusual", unusual))
    evidence = compare(converted.kind, columns, probes, original, compiled)
    return {
        **evidence,
        "state": "proven",
        "kind": converted.kind,
        "domain": domain,
        "tolerance": 0.0 if converted.kind == "decision" else SCORE_TOLERANCE,
        "sha256": hashlib.sha256(converted.file).hexdigest(),
    }, converted.file


def load(job):
    """The fitted model, and a function of rows that answers as the Python lane does."""
    import importlib

    import pandas

    flavor = importlib.import_module(f"mlflow.{job['flavor']}")
    native = flavor.load_model(job["model"])
    from mlflow import pyfunc

    whole = pyfunc.load_model(job["model"])
    kinds = {column["name"]: NUMERIC[column["type"]] for column in job["columns"]}

    def original(rows):
        with numpy.errstate(over="ignore"):
            frame = pandas.DataFrame(rows, columns=list(kinds)).astype(kinds)
        answer = whole.predict(frame)
        if isinstance(answer, (pandas.DataFrame, pandas.Series)):
            raise NotCompiled("it answers with a data frame")
        return numpy.asarray(answer)

    return native, original


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


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
