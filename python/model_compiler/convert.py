"""A fitted model as an ONNX file: what its `predict` (or `predict_proba`) gives, in the model's own types."""

from dataclasses import dataclass
from typing import Any, Callable, List, Optional

import numpy
from onnx import TensorProto

from .ensembles import (
    Ensemble,
    NotCompiled,
    read_forest,
    read_gradient_boosting,
    read_histogram_boosting,
    read_lightgbm,
    read_xgboost,
)
from .graphs import DOUBLE, FLOAT, Graph, add_ensemble

FORESTS = (
    "RandomForestClassifier",
    "RandomForestRegressor",
    "ExtraTreesClassifier",
    "ExtraTreesRegressor",
    "DecisionTreeClassifier",
    "DecisionTreeRegressor",
    "ExtraTreeClassifier",
    "ExtraTreeRegressor",
)
BOOSTING = ("GradientBoostingClassifier", "GradientBoostingRegressor")
HISTOGRAMS = ("HistGradientBoostingClassifier", "HistGradientBoostingRegressor")
LINEAR_REGRESSION = ("LinearRegression", "Ridge", "RidgeCV", "Lasso", "LassoCV", "ElasticNet", "ElasticNetCV", "HuberRegressor")
LINEAR_CLASSIFICATION = ("LogisticRegression", "LogisticRegressionCV", "RidgeClassifier", "LinearSVC", "SGDClassifier")
SCALERS = ("StandardScaler", "MinMaxScaler", "MaxAbsScaler", "RobustScaler")
# What XGBoost's objectives make of the sum.
PLAIN_OBJECTIVES = ("reg:squarederror", "reg:absoluteerror", "reg:pseudohubererror", "reg:squaredlogerror")


@dataclass
class Converted:
    file: bytes
    # 'decision': a label, which must be equal; 'score': a number, within the tolerance.
    kind: str
    # Of which the thresholds are probed; None for models without.
    ensemble: Optional[Ensemble]
    # Turns rows as the caller sends them into what the trees see, for probes of thresholds; None where they are the same.
    unscale: Optional[Callable[[numpy.ndarray], numpy.ndarray]]
    knows_missing: bool


def convert(model: Any, width: int, method: str) -> Converted:
    """@raise NotCompiled with the reason."""
    graph = Graph(width)
    rows, unscale = "X", None
    final = model
    if type(model).__name__ == "Pipeline":
        rows, unscale = add_scalers(graph, model.steps[:-1])
        final = model.steps[-1][1]
    made = add_model(graph, rows, final, method)
    return Converted(graph.bytes(), made.kind, made.ensemble, unscale, made.knows_missing)


@dataclass
class Made:
    kind: str
    ensemble: Optional[Ensemble] = None
    knows_missing: bool = True


def name_of(model):
    return type(model).__name__


def add_model(graph, rows, model, method) -> Made:
    library = type(model).__module__.split(".")[0]
    if library == "sklearn":
        return add_sklearn(graph, rows, model, method)
    if library == "xgboost":
        return add_xgboost(graph, rows, model, method)
    if library == "lightgbm":
        return add_lightgbm(graph, rows, model, method)
    raise NotCompiled(f"{name_of(model)} is not one of the models that are compiled")


def add_sklearn(graph, rows, model, method) -> Made:
    name = name_of(model)
    if name in LINEAR_REGRESSION or name in LINEAR_CLASSIFICATION:
        return add_linear(graph, rows, model, method)
    if name in FORESTS:
        ensemble = read_forest(model)
        sums = add_ensemble(graph, rows, ensemble)
        if not hasattr(model, "classes_"):
            return numbers(graph, sums, ensemble)
        if method == "predict_proba":
            return scores(graph, sums, ensemble, len(model.classes_))
        return decision(graph, graph.add("ArgMax", sums, axis=1, keepdims=0), model.classes_, ensemble)
    if name in BOOSTING or name in HISTOGRAMS:
        ensemble = read_gradient_boosting(model) if name in BOOSTING else read_histogram_boosting(model)
        sums = add_ensemble(graph, rows, ensemble)
        if not hasattr(model, "classes_"):
            if getattr(model, "loss", "squared_error") in ("poisson", "gamma"):
                raise NotCompiled(f"its loss is {model.loss}")
            return numbers(graph, sums, ensemble)
        if method != "predict":
            raise NotCompiled(f"its {method} is not compiled, only predict")
        above = "GreaterOrEqual" if name in BOOSTING else "Greater"
        return decision(graph, index_of(graph, sums, ensemble.target_count, above), model.classes_, ensemble)
    raise NotCompiled(f"{name} is not one of the models that are compiled")


def index_of(graph, sums, count, above):
    """The class with the largest sum; of one sum, whether it is above 0, as the operator has it."""
    if count > 1:
        return graph.add("ArgMax", sums, axis=1, keepdims=0)
    flat = graph.add("Reshape", sums, graph.constant(numpy.asarray([-1], dtype=numpy.int64)))
    return graph.add("Cast", graph.add(above, flat, graph.constant(numpy.float64(0))), to=TensorProto.INT64)


def decision(graph, index, classes, ensemble, knows_missing=True) -> Made:
    labels = numpy.asarray(classes)
    kinds = {"i": TensorProto.INT64, "u": TensorProto.INT64, "f": DOUBLE, "U": TensorProto.STRING, "O": TensorProto.STRING}
    kind = kinds.get(labels.dtype.kind)
    if kind is None or (labels.dtype.kind == "O" and not all(isinstance(one, str) for one in labels)):
        raise NotCompiled(f"its classes are of type {labels.dtype}")
    wide = {TensorProto.INT64: numpy.int64, DOUBLE: numpy.float64}.get(kind)
    table = graph.constant(labels if wide is None else labels.astype(wide))
    graph.output(graph.add("Gather", table, index, axis=0), "label", kind, [None])
    return Made("decision", ensemble, knows_missing)


def numbers(graph, sums, ensemble, kind=DOUBLE, knows_missing=True) -> Made:
    graph.output(flat(graph, sums), "prediction", kind, [None])
    return Made("score", ensemble, knows_missing)


def scores(graph, sums, ensemble, count, kind=DOUBLE, knows_missing=True) -> Made:
    graph.output(sums, "probabilities", kind, [None, count])
    return Made("score", ensemble, knows_missing)


def flat(graph, values):
    return graph.add("Reshape", values, graph.constant(numpy.asarray([-1], dtype=numpy.int64)))


def add_linear(graph, rows, model, method) -> Made:
    weights = numpy.atleast_2d(numpy.asarray(model.coef_, dtype=numpy.float64))
    offset = numpy.asarray(model.intercept_, dtype=numpy.float64).reshape(-1)
    sums = graph.add("MatMul", rows, graph.constant(numpy.ascontiguousarray(weights.T)))
    sums = graph.add("Add", sums, graph.constant(offset))
    if name_of(model) in LINEAR_REGRESSION:
        if weights.shape[0] != 1:
            raise NotCompiled(f"it predicts {weights.shape[0]} outputs at once")
        return numbers(graph, sums, None)
    if method != "predict":
        raise NotCompiled(f"its {method} is not compiled, only predict")
    if weights.shape[0] > 1:
        return decision(graph, graph.add("ArgMax", sums, axis=1, keepdims=0), model.classes_, None)
    above = graph.add("Greater", flat(graph, sums), graph.constant(numpy.float64(0)))
    return decision(graph, graph.add("Cast", above, to=TensorProto.INT64), model.classes_, None)


def add_xgboost(graph, rows, model, method) -> Made:
    booster = model
    if hasattr(model, "get_booster"):
        if not numpy.isnan(model.missing):
            raise NotCompiled(f"it takes {model.missing} for a missing value")
        booster = model.get_booster()
        # Such a model predicts with the rounds up to its best one; a bare booster with all.
        best = booster.attr("best_iteration")
        booster = booster if best is None else booster[: int(best) + 1]
    ensemble, objective = read_xgboost(booster)
    sums = add_ensemble(graph, rows, ensemble)
    classifies = hasattr(model, "get_booster") and hasattr(model, "n_classes_")
    if objective in PLAIN_OBJECTIVES:
        return numbers(graph, sums, ensemble, FLOAT)
    if objective == "binary:logistic":
        chance = flat(graph, graph.add("Sigmoid", sums))
        if not classifies:
            return numbers(graph, chance, ensemble, FLOAT)
        if method == "predict":
            above = graph.add("Greater", chance, graph.constant(numpy.float32(0.5)))
            return decision(graph, graph.add("Cast", above, to=TensorProto.INT64), model.classes_, ensemble)
    if objective in ("multi:softprob", "multi:softmax"):
        if classifies and method == "predict":
            return decision(graph, graph.add("ArgMax", sums, axis=1, keepdims=0), model.classes_, ensemble)
        if objective == "multi:softprob":
            return scores(graph, graph.add("Softmax", sums, axis=1), ensemble, ensemble.target_count, FLOAT)
    raise NotCompiled(f"{method} with the objective {objective} is not compiled")


def add_lightgbm(graph, rows, model, method) -> Made:
    booster = getattr(model, "booster_", model)
    ensemble, settings = read_lightgbm(booster)
    sums = add_ensemble(graph, rows, ensemble)
    objective, *options = settings.get("objective", "").split()
    classifies = hasattr(model, "booster_") and hasattr(model, "classes_")
    if objective in ("regression", "regression_l1", "huber", "fair", "quantile", "mape") and "sqrt" not in options:
        return numbers(graph, sums, ensemble, knows_missing=ensemble.knows_missing)
    if objective == "binary":
        slope = float(dict(one.split(":", 1) for one in options if ":" in one).get("sigmoid", "1"))
        chance = flat(graph, graph.add("Sigmoid", graph.add("Mul", sums, graph.constant(numpy.float64(slope)))))
        if not classifies:
            return numbers(graph, chance, ensemble, knows_missing=ensemble.knows_missing)
        if method == "predict":
            above = graph.add("Greater", chance, graph.constant(numpy.float64(0.5)))
            index = graph.add("Cast", above, to=TensorProto.INT64)
            return decision(graph, index, model.classes_, ensemble, ensemble.knows_missing)
    if objective == "multiclass":
        if classifies and method == "predict":
            index = graph.add("ArgMax", sums, axis=1, keepdims=0)
            return decision(graph, index, model.classes_, ensemble, ensemble.knows_missing)
        if not classifies:
            shares = graph.add("Softmax", sums, axis=1)
            return scores(graph, shares, ensemble, ensemble.target_count, knows_missing=ensemble.knows_missing)
    raise NotCompiled(f"{method} with the objective {objective or 'of its own'} is not compiled")


def add_scalers(graph, steps: List):
    """Steps before the model, in doubles as scikit-learn computes them; also their inverse, for probes."""
    rows, inverse = "X", []
    for _, step in steps:
        if step is None or step == "passthrough":
            continue
        name = name_of(step)
        if name not in SCALERS:
            raise NotCompiled(f"its step {name} is not compiled")
        shift, scale, multiplies = parameters_of(step, name)
        if multiplies:
            rows = graph.add("Mul", rows, graph.constant(scale))
            rows = graph.add("Add", rows, graph.constant(shift))
            inverse.append(lambda values, a=scale, b=shift: (values - b) / a)
        else:
            rows = graph.add("Sub", rows, graph.constant(shift))
            rows = graph.add("Div", rows, graph.constant(scale))
            inverse.append(lambda values, a=scale, b=shift: values * a + b)

    def unscale(values):
        for one in reversed(inverse):
            values = one(values)
        return values

    return rows, (unscale if inverse else None)


def parameters_of(step, name):
    if getattr(step, "clip", False):
        raise NotCompiled(f"its step {name} clips")
    width = step.n_features_in_
    zeros, ones = numpy.zeros(width), numpy.ones(width)
    if name == "MinMaxScaler":
        return numpy.asarray(step.min_, numpy.float64), numpy.asarray(step.scale_, numpy.float64), True
    if name == "MaxAbsScaler":
        return zeros, numpy.asarray(step.scale_, numpy.float64), False
    if name == "RobustScaler":
        shift, scale = step.center_, step.scale_
    else:
        shift, scale = step.mean_ if step.with_mean else None, step.scale_
    return (
        zeros if shift is None else numpy.asarray(shift, numpy.float64),
        ones if scale is None else numpy.asarray(scale, numpy.float64),
        False,
    )
