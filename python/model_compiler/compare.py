"""Whether two forms of a model decide the same, and what the model itself refuses."""

import numpy

SCORE_TOLERANCE = 1e-6
# The rows that are asked again where the file is loaded, by the runtime that is there.
KEPT = 100


class Difference(Exception):
    """A sentence that names one row on which they differ."""


def compare(kind, columns, probes, original, compiled):
    """Counts by kind of probe and the largest difference of scores. @raise Difference"""
    counts, largest = {}, 0.0
    kept_rows, kept_answers = [], []
    for name, rows in probes:
        expected, found = numpy.asarray(original(rows)), numpy.asarray(compiled(rows))
        if expected.shape != found.shape:
            raise Difference(f"it answers with the shape {list(expected.shape)}, and compiled with {list(found.shape)}")
        if kind == "decision":
            # Texts come from ONNX as objects.
            differs = expected.astype(str) != found.astype(str) if expected.dtype.kind in "UO" else expected != found
        else:
            distance, scale = numpy.abs(expected - found), numpy.maximum(1.0, numpy.abs(expected))
            differs = ~((distance <= SCORE_TOLERANCE * scale) | (expected == found) | (numpy.isnan(expected) & numpy.isnan(found)))
            if differs.ndim > 1:
                differs = differs.any(axis=1)
            with numpy.errstate(invalid="ignore"):
                relative = distance / scale
            largest = max(largest, float(numpy.nanmax(relative, initial=0.0)))
        count = int(differs.sum())
        if count > 0:
            raise Difference(describe(count, name, columns, rows, expected, found, int(numpy.flatnonzero(differs)[0])))
        counts[name] = len(rows)
        step = max(1, len(rows) // (KEPT // len(probes) or 1))
        kept_rows.extend(rows[::step].tolist())
        kept_answers.extend(found[::step].tolist())
    checks = [{"row": plain(row), "answer": plain(answer)} for row, answer in zip(kept_rows, kept_answers)]
    return {"probes": counts, "largestDifference": largest, "checks": checks[: 2 * KEPT]}


def plain(value):
    """As JSON can say it: numbers that it has no word for become texts."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    return str(value) if isinstance(value, float) and not numpy.isfinite(value) else value


def describe(count, name, columns, rows, expected, found, first):
    values = ", ".join(f"{column['name']} = {value!r}" for column, value in zip(columns, rows[first].tolist()))
    verb = "is decided" if count == 1 else "are decided"
    return (
        f"{count} of {len(rows)} probes ({name}) {verb} otherwise: for {values}, "
        f"Python gives {expected[first].tolist()!r} and compiled {found[first].tolist()!r}"
    )


def find_domain(columns, original, row, knows_missing):
    """What the model refuses though its signature takes it: each is tried in each column that could hold it."""

    def refuses(value):
        for index, column in enumerate(columns):
            if column["type"] not in ("double", "float"):
                continue
            probe = numpy.array([row], dtype=numpy.float64)
            probe[0, index] = value
            try:
                original(probe)
            except Exception:
                return True
        return False

    def refuses_none():
        try:
            original(numpy.zeros((0, len(columns))))
        except Exception:
            return True
        return False

    return {
        "refusesNan": not knows_missing or refuses(numpy.nan),
        "refusesPositiveInfinity": refuses(numpy.inf),
        "refusesNegativeInfinity": refuses(-numpy.inf),
        # Finite values of a larger magnitude are for the original.
        "largest": next((value for value in LARGEST if not refuses(value) and not refuses(-value)), 0.0),
        "refusesNoRows": refuses_none(),
    }


# What a double holds, a float of 32 bits, and what is left of that once a scaler has divided by little.
LARGEST = (numpy.finfo(numpy.float64).max.item(), numpy.finfo(numpy.float32).max.item(), 1e30, 1e15, 1e9)


EXTREMES = (0.0, 1e-300, 1e-40, 1e6, 1e15, 1e30, 3.4e38, 1e39, 1e300)


def unusual_rows(domain, row, columns):
    """Rows with what is at the edge of numbers and not refused, to be compared like the others."""
    values = [
        value
        for value, key in (
            (numpy.nan, "refusesNan"),
            (numpy.inf, "refusesPositiveInfinity"),
            (-numpy.inf, "refusesNegativeInfinity"),
        )
        if not domain[key]
    ]
    values.extend(sign * value for value in EXTREMES if value <= domain["largest"] for sign in (1.0, -1.0))
    rows = []
    for value in values:
        for index, column in enumerate(columns):
            if column["type"] in ("double", "float"):
                probe = numpy.array(row, dtype=numpy.float64)
                probe[index] = value
                rows.append(probe)
    return numpy.asarray(rows).reshape(-1, len(columns))
