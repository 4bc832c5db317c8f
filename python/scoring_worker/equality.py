"""Whether two answers of a model are the same, and which part of an answer belongs to which rows."""


def rows_of(result):
    shape = getattr(result, "shape", None)
    if shape is not None:
        return shape[0] if len(shape) > 0 else None
    return len(result) if isinstance(result, (list, tuple)) else None


def rows_between(result, first, last):
    return result.iloc[first:last] if hasattr(result, "iloc") else result[first:last]


def same(one, other):
    """Equal to the last bit, with equal types; NaN equals NaN."""
    import numpy
    import pandas

    if one is None or type(one) is not type(other):
        return False
    if isinstance(one, numpy.ndarray):
        if one.dtype != other.dtype or one.shape != other.shape:
            return False
        if one.dtype == object:
            return same(one.tolist(), other.tolist())
        return numpy.ascontiguousarray(one).tobytes() == numpy.ascontiguousarray(other).tobytes()
    if isinstance(one, pandas.DataFrame):
        return list(one.columns) == list(other.columns) and all(
            same(one.iloc[:, place].to_numpy(), other.iloc[:, place].to_numpy()) for place in range(one.shape[1])
        )
    if isinstance(one, pandas.Series):
        return one.name == other.name and same(one.to_numpy(), other.to_numpy())
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(same(left, right) for left, right in zip(one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, float):
        return one == other or (one != one and other != other)
    return bool(one == other)
