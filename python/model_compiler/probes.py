"""Rows on which the Python model and its ONNX form are asked the same.

Edges are where they could differ: each threshold and its neighbours in the precision in which the model compares, with
the other columns at rows that people might send. Then the range of values. All from a fixed seed.
"""

import numpy

# A sweep over all thresholds of large models would take hours; those left out are said in the evidence.
MOST_THRESHOLDS = 20_000
SAMPLES = 2_000


def make_probes(columns, ensemble, unscale, example, seed, most):
    """[(kind, rows)], rows of float64 with whole numbers where the column's type has only those."""
    random = numpy.random.default_rng(seed)
    width = len(columns)
    splits = ensemble.splits() if ensemble is not None else []
    low, high = ranges(splits, unscale, example, width)
    samples = random.uniform(low, high, (SAMPLES, width))
    base = samples if example is None else numpy.vstack([example, samples])
    found = [("samples", samples)]
    if example is not None:
        found.insert(0, ("example", example))
    if splits:
        taken = splits
        if len(splits) > MOST_THRESHOLDS:
            taken = [splits[index] for index in sorted(random.permutation(len(splits))[:MOST_THRESHOLDS])]
        found.append(("thresholds", at_thresholds(taken, ensemble.compares, unscale, base, random)))
    return [(kind, whole(rows, columns)[:most]) for kind, rows in found]


def ranges(splits, unscale, example, width):
    low, high = numpy.full(width, -1.0), numpy.full(width, 1.0)
    if splits:
        for column in range(width):
            values = [threshold for feature, threshold in splits if feature == column]
            if values:
                spread = max(max(values) - min(values), abs(max(values)) * 0.1, 1e-6)
                low[column], high[column] = min(values) - spread, max(values) + spread
        if unscale is not None:
            ends = numpy.vstack([unscale(low), unscale(high)])
            low, high = ends.min(axis=0), ends.max(axis=0)
    if example is not None and len(example) > 0:
        known = numpy.where(numpy.isfinite(example), example, 0.0)
        spread = numpy.maximum(known.max(axis=0) - known.min(axis=0), numpy.abs(known).max(axis=0) * 0.5)
        low = numpy.minimum(low, known.min(axis=0) - spread)
        high = numpy.maximum(high, known.max(axis=0) + spread)
    return low, high


def at_thresholds(splits, compares, unscale, base, random):
    kind = numpy.float32 if compares == "f32" else numpy.float64
    rows = base[random.integers(len(base), size=3 * len(splits))].copy()
    row = 0
    for feature, threshold in splits:
        middle = kind(threshold)
        for value in (numpy.nextafter(middle, kind(-numpy.inf)), middle, numpy.nextafter(middle, kind(numpy.inf))):
            if unscale is None:
                rows[row, feature] = float(value)
            else:
                point = numpy.zeros(rows.shape[1])
                point[feature] = float(value)
                rows[row, feature] = unscale(point)[feature]
            row += 1
    return rows


# What fits each type, as rows of float64 can say it.
WHOLE = {"integer": (-(2.0**31), 2.0**31 - 1), "long": (-(2.0**53), 2.0**53), "boolean": (0.0, 1.0)}


def whole(rows, columns):
    rows = rows.copy()
    for index, column in enumerate(columns):
        kind = column["type"]
        if kind in WHOLE:
            low, high = WHOLE[kind]
            rows[:, index] = numpy.clip(numpy.rint(rows[:, index]), low, high)
        elif kind == "float":
            with numpy.errstate(over="ignore"):
                rows[:, index] = rows[:, index].astype(numpy.float32)
    return rows
