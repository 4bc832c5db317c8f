"""Batches and answers as bytes; the other side is server/src/serving/scoring/columns.ts, where the format stands."""

import json
import struct

ABSENT, BOOL, STRING, BINARY, DATETIME, TENSOR = 0, 1, 6, 7, 8, 9
# Of data that lies as an array.
NUMPY = {
    1: "?", 2: "<i4", 3: "<i8", 4: "<f4", 5: "<f8", 8: "<M8[ns]",
    10: "<i1", 11: "<i2", 12: "<u1", 13: "<u2", 14: "<u4", 15: "<u8",
}  # fmt: skip
NUMBERS = {"bool": 1, "int32": 2, "int64": 3, "float32": 4, "float64": 5, "int8": 10, "int16": 11, "uint8": 12, "uint16": 13, "uint32": 14, "uint64": 15}
COLUMNS, TENSOR_ANSWER, TEXTS = 1, 2, 3
RUN_ONE_BY_ONE, SOME_FAILED, WHOLE_BODIES = 1, 2, 4


class Column:
    """`values`: an array, or a list of texts or bytes with None for none; None for a column that is absent."""

    __slots__ = ("dtype", "values", "valid")

    def __init__(self, dtype, values, valid=None):
        self.dtype, self.values, self.valid = dtype, values, valid

    def slice(self, first, last):
        if self.values is None:
            return self
        return Column(self.dtype, self.values[first:last], None if self.valid is None else self.valid[first:last])

    def take(self, rows):
        if self.values is None:
            return self
        if isinstance(self.values, list):
            return Column(self.dtype, [self.values[row] for row in rows])
        return Column(self.dtype, self.values[rows], None if self.valid is None else self.valid[rows])

    def for_frame(self):
        """As a column of a DataFrame. Floats have their nulls in them already."""
        if self.valid is None or self.dtype in (4, 5):
            return self.values
        if self.dtype == DATETIME:
            import numpy

            values = self.values.copy()
            values[~self.valid] = numpy.datetime64("NaT")
            return values
        values = self.values.astype(object)
        values[~self.valid] = None
        return values


class Batch:
    def __init__(self, rows_of_segment, params, columns):
        self.rows_of_segment, self.params, self.columns = rows_of_segment, params, columns
        self.rows = sum(rows_of_segment)

    def slice(self, first, last):
        return Batch([last - first], self.params, [column.slice(first, last) for column in self.columns])

    def repeated(self, rows):
        order = [row % self.rows for row in range(rows)]
        return Batch([rows], self.params, [column.take(order) for column in self.columns])

    def matrix(self):
        import numpy

        columns = self.columns
        matrix = numpy.empty((self.rows, len(columns)), dtype=NUMPY[columns[0].dtype])
        for place, column in enumerate(columns):
            matrix[:, place] = column.values
        return matrix

    def frame(self, names, dtypes):
        """`dtypes`: by name, where pandas would by itself choose another than mlflow does."""
        import pandas

        present = [column for column in self.columns if column.values is not None]
        kinds = {column.dtype for column in present}
        plain = len(kinds) == 1 and all(column.valid is None for column in present)
        if plain and len(present) == len(names) and kinds <= {2, 3, 4, 5} and not dtypes:
            # One block for all: half the time of a column each.
            return pandas.DataFrame(self.matrix(), columns=names)
        frame = pandas.DataFrame(
            {name: column.for_frame() for name, column in zip(names, self.columns) if column.values is not None},
            copy=False,
        )
        for name, dtype in dtypes.items():
            if name in frame:
                frame[name] = frame[name].astype(dtype)
        return frame


def unpack(payload):
    """@raises ValueError for bytes that are no batch of columns"""
    view = memoryview(payload)
    kind, _, segments, rows = struct.unpack_from("<BBHI", view, 0)
    if kind != 1:
        raise ValueError("a batch of kind %d where columns are expected" % kind)
    rows_of_segment = list(struct.unpack_from("<%dI" % segments, view, 8))
    params, at = unpack_params(view, 8 + 4 * segments)
    (count,) = struct.unpack_from("<H", view, at)
    at += 2
    columns = []
    for _ in range(count):
        dtype, has_nulls, _, size = struct.unpack_from("<BBHI", view, at)
        at += 8
        if dtype == ABSENT:
            columns.append(Column(ABSENT, None))
            continue
        valid = None
        if has_nulls:
            length = (rows + 7) // 8
            valid = bits(view[at : at + length], rows)
            at += length
        at = padded(at)
        columns.append(unpack_column(view, at, size, dtype, rows, valid))
        at += size
    return Batch(rows_of_segment, params, columns)


def unpack_column(view, at, size, dtype, rows, valid):
    import numpy

    if dtype in (STRING, BINARY):
        return Column(dtype, unpack_texts(view[at : at + size], dtype, rows, valid))
    if dtype == TENSOR:
        element, rank, _ = struct.unpack_from("<BBH", view, at)
        shape = struct.unpack_from("<%dI" % rank, view, at + 4)
        start = padded(at + 4 + 4 * rank)
        count = 1
        for length in shape:
            count *= length
        if element in (STRING, BINARY):
            texts = unpack_texts(view[start : at + size], element, count, None)
            return Column(TENSOR, numpy.array(texts, dtype=object).reshape(shape))
        return Column(TENSOR, numpy.frombuffer(view, NUMPY[element], count, start).reshape(shape))
    return Column(dtype, numpy.frombuffer(view, NUMPY[dtype], rows, at), valid)


def unpack_texts(view, dtype, rows, valid):
    offsets = struct.unpack_from("<%dI" % (rows + 1), view, 0)
    content = bytes(view[4 * (rows + 1) :])
    pieces = [content[offsets[row] : offsets[row + 1]] for row in range(rows)]
    if dtype == STRING:
        pieces = [piece.decode("utf-8") for piece in pieces]
    if valid is not None:
        pieces = [piece if known else None for piece, known in zip(pieces, valid)]
    return pieces


def unpack_params(view, at):
    (size,) = struct.unpack_from("<I", view, at)
    at += 4
    return (json.loads(bytes(view[at : at + size]).decode("utf-8")) if size > 0 else None), at + size


def unpack_raw(payload):
    """Content type and body of each request."""
    view = memoryview(payload)
    kind, _, segments, _ = struct.unpack_from("<BBHI", view, 0)
    if kind != 2:
        raise ValueError("a batch of kind %d where bodies are expected" % kind)
    _, at = unpack_params(view, 8 + 4 * segments)
    for _ in range(segments):
        content_type, _, _, size = struct.unpack_from("<BBHI", view, at)
        at += 8
        yield content_type, bytes(view[at : at + size])
        at += size


def bits(view, rows):
    import numpy

    return numpy.unpackbits(numpy.frombuffer(view, numpy.uint8), count=rows, bitorder="little").astype(bool)


def padded(at):
    return (at + 7) & ~7


# ---- answers


class Writer:
    """Pieces one after the other, with zeros up to the next multiple of 8 where they are asked for."""

    def __init__(self):
        self.pieces, self.length = [], 0

    def add(self, piece):
        view = memoryview(piece)
        if view.nbytes > 0:
            self.pieces.append(view if view.format == "B" and view.ndim == 1 else view.cast("B"))
            self.length += view.nbytes

    def pad(self):
        missing = -self.length % 8
        if missing:
            self.add(bytes(missing))


def pack(result, segments):
    """
    A model's answer to requests of so many rows each, as pieces of bytes. With one request any answer passes through;
    with more its rows must be theirs.

    @raises Exception for what JSON cannot hold
    """
    import numpy
    import pandas

    if isinstance(result, numpy.ndarray) and result.ndim > 0 and result.dtype.name in NUMBERS:
        return pack_tensor(numpy, result, segments)
    if isinstance(result, pandas.Series):
        result = pandas.DataFrame(result)
    if isinstance(result, pandas.DataFrame):
        packed = pack_frame(numpy, result, segments)
        if packed is not None:
            return packed
    if len(segments) == 1:
        return pack_texts([render(result)])
    texts, at = [], 0
    for rows in segments:
        part = result.iloc[at : at + rows] if hasattr(result, "iloc") else result[at : at + rows]
        texts.append(render(part))
        at += rows
    return pack_texts(texts)


def render(result):
    """The text of the predictions, as mlflow's scoring server writes it."""
    from mlflow.utils.proto_json_utils import NumpyEncoder, _get_jsonable_obj

    return json.dumps(_get_jsonable_obj(result, pandas_orient="records"), cls=NumpyEncoder).encode("utf-8")


def pack_tensor(numpy, result, segments):
    result = numpy.ascontiguousarray(result)
    rows = result.shape[0]
    writer = head(TENSOR_ANSWER, 1, rows, segments if len(segments) > 1 else [rows])
    code = NUMBERS[result.dtype.name]
    shape = struct.pack("<BBH%dI" % result.ndim, code, result.ndim, 0, *result.shape)
    # The head of the column comes first, and what stands before the elements is part of its data.
    start = padded(writer.length + 8)
    inner = padded(start + len(shape)) - start - len(shape)
    writer.add(struct.pack("<BBHI", TENSOR, 0, 0, len(shape) + inner + result.nbytes))
    writer.pad()
    writer.add(shape)
    writer.pad()
    writer.add(result.astype(result.dtype.newbyteorder("<"), copy=False).reshape(-1).view(numpy.uint8))
    return writer.pieces


def pack_frame(numpy, frame, segments):
    """None where a column is neither numbers nor texts: JSON has its ways with those."""
    labels = list(frame.columns)
    if len(set(labels)) != len(labels) or not all(type(label) in (str, int) for label in labels):
        return None
    columns = []
    for place, label in enumerate(labels):
        values = frame.iloc[:, place]
        if getattr(values.dtype, "name", None) in NUMBERS and isinstance(values.dtype, numpy.dtype):
            columns.append((label, NUMBERS[values.dtype.name], numpy.ascontiguousarray(values.to_numpy())))
        elif values.dtype.kind in "OUT" or values.dtype.name in ("str", "string"):
            texts = values.tolist()
            if not all(type(text) is str for text in texts):
                return None
            columns.append((label, STRING, texts_bytes(texts)))
        else:
            return None
    rows = len(frame)
    writer = head(COLUMNS, len(columns), rows, segments if len(segments) > 1 else [rows])
    for label, code, values in columns:
        name = str(label).encode("utf-8")
        data = values if isinstance(values, bytes) else values.view(numpy.uint8)
        writer.add(struct.pack("<BBHI", code, 0, len(name), memoryview(data).nbytes))
        writer.add(name)
        writer.pad()
        writer.add(data)
    return writer.pieces


def texts_bytes(texts):
    pieces = [text.encode("utf-8") for text in texts]
    offsets, at = [0], 0
    for piece in pieces:
        at += len(piece)
        offsets.append(at)
    return struct.pack("<%dI" % len(offsets), *offsets) + b"".join(pieces)


def pack_texts(texts, whole_bodies=False):
    return pack_parts(texts, flags=WHOLE_BODIES if whole_bodies else 0)


def pack_parts(parts, flags=RUN_ONE_BY_ONE):
    """A text for each request; a dict for one that failed, which is told behind the texts."""
    failed = [(place, json.dumps(part).encode("utf-8")) for place, part in enumerate(parts) if isinstance(part, dict)]
    writer = head(TEXTS, 0, 0, [0] * len(parts), flags | (SOME_FAILED if failed else 0))
    for part in parts:
        text = b"" if isinstance(part, dict) else part
        writer.add(struct.pack("<I", len(text)))
        writer.add(text)
    if failed:
        writer.add(struct.pack("<I", len(failed)))
    for place, message in failed:
        writer.add(struct.pack("<II", place, len(message)))
        writer.add(message)
    return writer.pieces


def head(kind, columns, rows, segments, flags=0):
    writer = Writer()
    writer.add(struct.pack("<BBHI%dI" % len(segments), kind, flags, columns, rows, *segments))
    return writer


# ---- the input example


def from_example(example, signature, params):
    """The rows of an input example as they would come in a batch. @raises Exception where they do not fit."""
    import numpy
    from mlflow.models.utils import _enforce_schema

    fitted = _enforce_schema(example, signature.schema)
    if signature.tensors:
        arrays = [fitted] if not isinstance(fitted, dict) else [fitted[name] for name in signature.names]
        columns = [Column(TENSOR, numpy.array(array)) for array in arrays]
        return Batch([len(columns[0].values)], params, columns)
    columns = [column_of(numpy, fitted, name, kind) for name, kind in zip(signature.names, signature.types)]
    batch = Batch([len(fitted)], params, columns)
    found = batch.frame(signature.names, {})
    signature.dtypes = {name: fitted[name].dtype for name in found if found[name].dtype != fitted[name].dtype}
    return batch


DTYPE_OF = {"boolean": 1, "integer": 2, "long": 3, "float": 4, "double": 5, "string": 6, "binary": 7, "datetime": 8}


def column_of(numpy, frame, name, kind):
    if name not in frame:
        return Column(ABSENT, None)
    dtype, series = DTYPE_OF[kind], frame[name]
    if dtype in (STRING, BINARY):
        return Column(dtype, [None if value is None or value != value else value for value in series.tolist()])
    missing = series.isna().to_numpy()
    if missing.any() and dtype not in (4, 5):
        values = numpy.array([0 if gone else value for value, gone in zip(series, missing)], dtype=NUMPY[dtype])
        return Column(dtype, values, ~missing)
    return Column(dtype, series.to_numpy().astype(NUMPY[dtype]))
