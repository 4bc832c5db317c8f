"""Loads one model and answers batches, by the quickest way of calling it that gives what mlflow's own way gives.

The ways: `array`, one numeric matrix to the native model; `frame`, one DataFrame of the signature's columns to the
unwrapped flavor; `raw`, the request's body to mlflow as its own scoring server would take it. The first two skip
mlflow's check of the input, which the server has done. Each is tried here on the model's input example and taken only
if the answer is the same to the last bit.
"""

import contextlib
import sys
import time
import traceback
import warnings

from .equality import rows_between, rows_of, same

# Of flavors whose models predict each row by itself, and whose rows may therefore be joined when that is proven.
ROW_WISE_FLAVORS = ("sklearn", "xgboost", "lightgbm", "catboost", "onnx")
PROOF_ROWS = 64
# A batch of bodies as they came; the other kind is columns.
BODIES = b"\x02"
MAX_MESSAGE = 4000
NUMERIC = {"integer": "int32", "long": "int64", "float": "float32", "double": "float64"}
SCALARS = tuple(NUMERIC) + ("boolean", "string", "binary", "datetime")


class Failure(Exception):
    """Why a batch, or the model, cannot be answered for. `at`: load | input | model | output | limit."""

    def __init__(self, at, cause=None, text=None, error=None, segment=None):
        super().__init__(text)
        self.at, self.cause, self.text, self.segment = at, cause, text, segment
        # mlflow's own words where it has found the fault: error_code, sqlstate, error_class.
        self.error = error or {}

    def message(self):
        text = self.text
        if text is None:
            text = "%s: %s" % (type(self.cause).__name__, self.cause)
        return {"at": self.at, "message": text[:MAX_MESSAGE], "segment": self.segment, "error": self.error}

    def print_traceback(self):
        """Into the log: the caller is never shown it."""
        if self.cause is not None:
            traceback.print_exception(type(self.cause), self.cause, self.cause.__traceback__)
            sys.stderr.flush()


class Reply:
    __slots__ = ("pieces", "model_micros", "event")

    def __init__(self, pieces, model_micros, event=None):
        self.pieces, self.model_micros, self.event = pieces, model_micros, event


def load(folder, options):
    """@raises Exception as the model's own loader does"""
    import mlflow.pyfunc

    notes = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        model = load_pyfunc(mlflow, folder, options.get("modelConfig"))
    notes += sorted({str(warning.message)[:500] for warning in caught if "signature" in str(warning.message).lower()})
    # A warning a request would cost more than the request.
    warnings.filterwarnings("ignore", message="X does not have valid feature names")
    return Predictor(model, folder, options, notes)


def load_pyfunc(mlflow, folder, model_config):
    # What differs between the environment and the model's requirements was judged when the environment was made;
    # reading every installed distribution again costs a good part of the start.
    arguments = {"suppress_warnings": True}
    if model_config is not None:
        arguments["model_config"] = model_config
    return mlflow.pyfunc.load_model(folder, **arguments)


class Predictor:
    def __init__(self, model, folder, options, notes):
        from . import batches

        self.batches = batches
        self.model, self.folder, self.options, self.notes = model, folder, options, list(notes)
        self.answer_bytes = options["answerBytes"]
        self.metadata = model.metadata
        self.signature = Signature(self.metadata)
        self.takes_params = takes_params(model)
        self.path, self.call, self.proof_batch = self.choose_path(options["path"])
        self.row_wise = self.judge_rows(options["rowWise"])

    # ---- what the server is told

    def report(self):
        return {
            "path": self.path,
            "rowWise": {"state": self.row_wise[0], "why": self.row_wise[1]},
            "output": "json" if self.path == "raw" else "columns",
            "versions": self.versions(),
            "warnings": self.notes,
        }

    def versions(self):
        found = {"python": "%d.%d.%d" % sys.version_info[:3]}
        for name in ("mlflow", "numpy", "pandas", "sklearn", "xgboost", "lightgbm", "catboost", "onnxruntime", "torch", "transformers"):
            version = getattr(sys.modules.get(name), "__version__", None)
            if isinstance(version, str):
                found[name] = version
        return found

    # ---- which way the model is called

    def choose_path(self, wanted):
        if wanted == "raw" or not self.signature.is_flat:
            if wanted in ("array", "frame"):
                self.notes.append("The model's input is no flat columns: it is called as mlflow calls it.")
            return "raw", None, None
        example = self.example_batch()
        frame = self.frame_call()
        if frame is None:
            return "raw", None, None
        if example is None:
            return ("frame", frame, None)
        batch, expected = example
        if wanted in ("auto", "array"):
            for call in self.array_calls():
                if same(attempt(call, batch), expected):
                    return "array", call, batch
        if same(attempt(frame, batch), expected):
            return "frame", frame, batch
        self.notes.append("Called by itself the model answers its input example otherwise than through mlflow.")
        return "raw", None, None

    def example_batch(self):
        """The input example as a batch, with what mlflow's own way answers to it; None without one that fits."""
        example = getattr(self.model, "input_example", None)
        if example is None:
            try:
                example = self.metadata.load_input_example(self.folder)
            except Exception:
                example = None  # Older models keep theirs in forms that this mlflow does not read.
        if example is None:
            example = self.drawn_example()
        if example is None:
            return None
        try:
            # The whole of a training set, if somebody gave that, would prove no more.
            example = example[:PROOF_ROWS] if hasattr(example, "iloc") or hasattr(example, "shape") else example
            batch = self.batches.from_example(example, self.signature, self.default_params())
            return batch, self.model.predict(example)
        except Exception as failure:
            self.notes.append("The input example cannot be used to prove anything: %r" % failure)
            return None

    def drawn_example(self):
        """Rows of numbers that are drawn, for models that have no example and are known to do nothing but predict."""
        if not self.signature.is_matrix or self.signature.tensors or not self.row_wise_flavors():
            return None
        import numpy
        import pandas

        generator = numpy.random.RandomState(7)
        columns = {}
        for name, kind in zip(self.signature.names, self.signature.types):
            values = generator.normal(0, 10, PROOF_ROWS)
            columns[name] = values.astype(NUMERIC[kind])
        self.notes.append("The model has no input example: how it is called was proven on rows that were drawn.")
        return pandas.DataFrame(columns)

    def row_wise_flavors(self):
        return [name for name in ROW_WISE_FLAVORS if name in self.metadata.flavors]

    def frame_call(self):
        target = getattr(self.model, "_predict_fn", None)
        if target is None:
            return None
        build = self.signature.build
        if self.takes_params:
            return lambda batch: target(build(batch), params=batch.params)
        return lambda batch: target(build(batch))

    def whole_call(self):
        """mlflow's own way, on columns."""
        build, schema = self.signature.build, self.params_schema()
        if schema is None:
            return lambda batch: self.model.predict(build(batch))
        return lambda batch: self.model.predict(build(batch), params=batch.params)

    def array_calls(self):
        """Native ways of calling, the quickest first; none where the columns are not all of one numeric type."""
        if self.params_schema() is not None or not self.signature.is_matrix:
            return
        native = native_predict(self.model, self.metadata)
        if native is None:
            return
        from . import forests

        matrix = self.signature.matrix
        quick = forests.quick_predict(native)
        if quick is not None:
            yield lambda batch: quick(matrix(batch))
        yield lambda batch: native(matrix(batch))

    def default_params(self):
        schema = self.params_schema()
        return None if schema is None else {param.name: param.default for param in schema.params}

    def params_schema(self):
        # mlflow has them since 2.6.
        return self.metadata.get_params_schema() if hasattr(self.metadata, "get_params_schema") else None

    # ---- whether rows of several requests may be joined

    def judge_rows(self, wanted):
        if self.path == "raw":
            return "off", "Requests are handed to mlflow as they came."
        if wanted == "off":
            return "off", "Switched off."
        if wanted == "on":
            return "forced", "Switched on without a proof."
        if not self.row_wise_flavors():
            return "off", "Not known of a model of this kind; it can be switched on."
        if self.proof_batch is None:
            return "refused", "There is no input example to prove it on."
        joined = self.proof_batch.repeated(PROOF_ROWS)
        together = attempt(self.call, joined)
        rows = rows_of(together)
        if rows != joined.rows:
            return "refused", "%d rows in gave %s rows out." % (joined.rows, "no" if rows is None else rows)
        try:
            alone = [self.call(joined.slice(row, row + 1)) for row in range(joined.rows)]
        except Exception as failure:
            return "refused", "A row by itself fails: %r" % failure
        for row, one in enumerate(alone):
            if not same(one, rows_between(together, row, row + 1)):
                return "refused", "Row %d is answered otherwise by itself than among %d." % (row, joined.rows)
        return "proven", "%d rows were answered the same together and one by one." % joined.rows

    # ---- answering

    def answer(self, payload):
        if bytes(payload[:1]) == BODIES:
            from . import raw

            return raw.answer(self, payload)
        if self.call is None:
            # Columns that were read for a compiled form of the model, which could not take them.
            self.call = self.whole_call()
        try:
            batch = self.batches.unpack(payload)
        except Exception as failure:
            raise Failure("input", failure)
        began = time.perf_counter()
        segments = batch.rows_of_segment
        if len(segments) == 1:
            result = self.run(batch)
            micros = elapsed_micros(began)
            return Reply(self.render(result, segments), micros)
        try:
            result = self.run(batch)
        except Failure:
            # One request's row must not fail those that it happened to travel with.
            return self.answer_one_by_one(batch, began, None)
        micros = elapsed_micros(began)
        rows = rows_of(result)
        if rows != batch.rows:
            event = ("not-row-wise", "%d rows in gave %s rows out." % (batch.rows, "no" if rows is None else rows))
            return self.answer_one_by_one(batch, began, event)
        return Reply(self.render(result, segments), micros)

    def answer_one_by_one(self, batch, began, event):
        parts, at = [], 0
        for index, rows in enumerate(batch.rows_of_segment):
            part = batch.slice(at, at + rows)
            at += rows
            try:
                parts.append(self.rendered(self.run(part)))
            except Failure as failure:
                failure.segment = index
                failure.print_traceback()
                parts.append(failure.message())
        pieces = self.batches.pack_parts(parts)
        limit(pieces, self.answer_bytes)
        return Reply(pieces, elapsed_micros(began), event)

    def rendered(self, result):
        try:
            return self.batches.render(result)
        except Exception as failure:
            raise Failure("output", failure)

    def run(self, batch):
        try:
            return self.call(batch)
        except Exception as failure:
            raise Failure("model", failure)

    def render(self, result, segments):
        try:
            pieces = self.batches.pack(result, segments)
        except Exception as failure:
            raise Failure("output", failure)
        limit(pieces, self.answer_bytes)
        return pieces


def limit(pieces, most):
    size = sum(memoryview(piece).nbytes for piece in pieces)
    if size > most:
        raise Failure(
            "limit",
            text="The model's answer has %s and the endpoint allows %s." % (megabytes(size), megabytes(most)),
        )


def megabytes(count):
    return "%d MiB" % (count >> 20) if count >= 1 << 20 else "%d bytes" % count


class Signature:
    """What a model says of its input, as far as it is flat columns or tensors."""

    def __init__(self, metadata):
        self.schema = metadata.get_input_schema()
        self.names, self.types, self.tensors, self.required = [], [], False, []
        # Of columns for which pandas would by itself choose another type than mlflow does.
        self.dtypes = {}
        self.is_flat = self.schema is not None and not from_type_hints(metadata) and self.read()
        one_type = len(set(self.types)) == 1 and self.types[0] in NUMERIC and all(self.required)
        self.is_matrix = self.is_flat and (self.one_tensor if self.tensors else one_type)

    def read(self):
        inputs = list(self.schema.inputs)
        self.names = [column.name for column in inputs]
        self.one_tensor = len(inputs) == 1 and inputs[0].name is None
        self.tensors = self.schema.is_tensor_spec()
        if self.tensors:
            return self.one_tensor or all(name is not None for name in self.names)
        self.required = [getattr(column, "required", True) for column in inputs]
        self.types = [getattr(column.type, "name", None) for column in inputs]
        # A column without a name is found by its place.
        if any(name is None for name in self.names):
            self.names = list(range(len(inputs)))
        return len(inputs) > 0 and all(kind in SCALARS for kind in self.types)

    def build(self, batch):
        """What the flavor is called with."""
        if not self.tensors:
            return batch.frame(self.names, self.dtypes)
        if self.one_tensor:
            return batch.columns[0].values
        return {name: column.values for name, column in zip(self.names, batch.columns)}

    def matrix(self, batch):
        return batch.columns[0].values if self.tensors else batch.matrix()


def from_type_hints(metadata):
    for question in ("_is_signature_from_type_hint", "_is_type_hint_from_example"):
        ask = getattr(metadata, question, None)
        if ask is not None and ask():
            return True
    return False


def takes_params(model):
    import inspect

    target = getattr(model, "_predict_fn", None)
    if target is None:
        return False
    parameter = inspect.signature(target).parameters.get("params")
    return parameter is not None and parameter.kind != inspect.Parameter.VAR_KEYWORD


def native_predict(model, metadata):
    """The library's own function behind the flavor; None where it is not known to take a bare matrix."""
    loader = metadata.flavors.get("python_function", {}).get("loader_module")
    name = metadata.flavors.get("python_function", {}).get("predict_fn", "predict")
    implementation = getattr(model, "_model_impl", None)
    if loader == "mlflow.sklearn":
        native = getattr(implementation, "sklearn_model", implementation)
    elif loader == "mlflow.lightgbm":
        native = getattr(implementation, "lgb_model", None)
    elif loader == "mlflow.xgboost":
        native = getattr(implementation, "xgb_model", None)
        # A Booster takes its own kind of matrix, and checks the names of its columns.
        if type(native).__name__ == "Booster":
            return None
    else:
        return None
    function = getattr(native, name, None)
    return function if callable(function) else None


def attempt(call, batch):
    with contextlib.suppress(Exception):
        return call(batch)
    return None


def elapsed_micros(began):
    return int((time.perf_counter() - began) * 1e6)
