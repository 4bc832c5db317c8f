"""Trees of scikit-learn, XGBoost and LightGBM in one form, with what their sums depend on.

A sum of floats depends on its order and its precision, and a decision may depend on the sum's last bit: votes of a
forest tie. So the form keeps the order in which the library adds, the precision in which it adds and compares, and what
it starts from.
"""

import json
from dataclasses import dataclass
from typing import List

import numpy


class NotCompiled(Exception):
    """Why a model stays in Python: a sentence for people."""


@dataclass
class Tree:
    """One tree in arrays by node; a node is a leaf where `left` is -1."""

    feature: numpy.ndarray
    threshold: numpy.ndarray
    left: numpy.ndarray
    right: numpy.ndarray
    # Whether a missing value goes left.
    missing_left: numpy.ndarray
    # What a leaf adds, by node and target of this tree.
    value: numpy.ndarray
    # The targets that `value` has, in its order.
    targets: List[int]


@dataclass
class Ensemble:
    trees: List[Tree]
    target_count: int
    # 'f32' | 'f64': in what a value is compared with a threshold, and in what the leaves are added.
    compares: str
    sums: str
    # 'le': left where value <= threshold; 'lt': where value < threshold.
    rule: str
    # What each sum begins with.
    base: List[float]
    # The sum is divided by it at the end: the trees of a forest.
    divisor: float = 1.0
    # Whether `missing_left` says all of what becomes of missing values.
    knows_missing: bool = True

    def splits(self):
        """All (feature, threshold), once each, in a stable order; not those that part missing values from all others."""
        found = set()
        for tree in self.trees:
            inner = (tree.left != -1) & numpy.isfinite(tree.threshold)
            found.update(zip(tree.feature[inner].tolist(), tree.threshold[inner].tolist()))
        return sorted(found)


def sklearn_tree(tree, value, targets):
    missing = getattr(tree, "missing_go_to_left", None)
    count = tree.node_count
    return Tree(
        feature=numpy.asarray(tree.feature, dtype=numpy.int64),
        threshold=numpy.asarray(tree.threshold, dtype=numpy.float64),
        left=numpy.asarray(tree.children_left, dtype=numpy.int64),
        right=numpy.asarray(tree.children_right, dtype=numpy.int64),
        missing_left=numpy.zeros(count, bool) if missing is None else numpy.asarray(missing, dtype=bool),
        value=numpy.asarray(value, dtype=numpy.float64),
        targets=targets,
    )


def shares_of(tree, class_count):
    """The share of each class in each node, as `predict_proba` of one tree gives them."""
    import sklearn

    values = numpy.asarray(tree.value, dtype=numpy.float64)[:, 0, :class_count]
    if tuple(int(part) for part in sklearn.__version__.split(".")[:2]) >= (1, 3):
        return values
    # Before 1.3 the nodes hold counts.
    total = values.sum(axis=1)
    total[total == 0.0] = 1.0
    return values / total[:, None]


def read_forest(model):
    """Random forests, extra trees and single trees of scikit-learn."""
    trees = [one.tree_ for one in getattr(model, "estimators_", [model])]
    if model.n_outputs_ != 1:
        raise NotCompiled(f"it predicts {model.n_outputs_} outputs at once")
    if hasattr(model, "classes_"):
        count = len(model.classes_)
        read = [sklearn_tree(tree, shares_of(tree, count), list(range(count))) for tree in trees]
    else:
        count = 1
        read = [sklearn_tree(tree, numpy.asarray(tree.value)[:, 0, :1], [0]) for tree in trees]
    return Ensemble(read, count, "f32", "f64", "le", [0.0] * count, divisor=float(len(trees)))


def read_gradient_boosting(model):
    """GradientBoostingClassifier and -Regressor: init, then learning rate times leaf, stage by stage."""
    stages = model.estimators_
    columns = stages.shape[1]
    zero = numpy.zeros((1, model.n_features_in_))
    base = numpy.asarray(model._raw_predict_init(zero), dtype=numpy.float64)
    if not numpy.array_equal(base, numpy.asarray(model._raw_predict_init(zero + 1.0), dtype=numpy.float64)):
        raise NotCompiled("its first estimate depends on the row (`init`)")
    trees = [
        sklearn_tree(tree.tree_, model.learning_rate * numpy.asarray(tree.tree_.value)[:, 0, :1], [column])
        for stage in stages
        for column, tree in enumerate(stage)
    ]
    return Ensemble(trees, columns, "f32", "f64", "le", base.reshape(-1).tolist())


def read_histogram_boosting(model):
    """HistGradientBoosting*: doubles all through; missing values have a side of their own."""
    trees = []
    for iteration in model._predictors:
        for column, predictor in enumerate(iteration):
            nodes = predictor.nodes
            names = nodes.dtype.names
            leaf = nodes["is_leaf"].astype(bool)
            if "is_categorical" in names and nodes["is_categorical"][~leaf].any():
                raise NotCompiled("it splits by categories")
            trees.append(
                Tree(
                    feature=nodes["feature_idx"].astype(numpy.int64),
                    threshold=nodes["num_threshold"].astype(numpy.float64),
                    left=numpy.where(leaf, -1, nodes["left"].astype(numpy.int64)),
                    right=numpy.where(leaf, -1, nodes["right"].astype(numpy.int64)),
                    missing_left=nodes["missing_go_to_left"].astype(bool),
                    value=nodes["value"].astype(numpy.float64)[:, None],
                    targets=[column],
                )
            )
    base = numpy.asarray(model._baseline_prediction, dtype=numpy.float64).reshape(-1)
    return Ensemble(trees, len(base), "f64", "f64", "le", base.tolist())


def read_xgboost(booster):
    """Trees of XGBoost from its own JSON; everything is a float of 32 bits.

    Source: the model schema of XGBoost ("Introduction to Model IO").
    """
    learner = json.loads(bytes(booster.save_raw("json")))["learner"]
    gradient = learner["gradient_booster"]
    if gradient["name"] != "gbtree":
        raise NotCompiled(f"its booster is {gradient['name']}")
    targets = max(1, int(learner["learner_model_param"].get("num_class", "0")))
    if int(learner["learner_model_param"].get("num_target", "1") or 1) > 1:
        raise NotCompiled("it predicts several outputs at once")
    model = gradient["model"]
    trees = []
    for tree, target in zip(model["trees"], model["tree_info"]):
        if any(tree.get("split_type", [])):
            raise NotCompiled("it splits by categories")
        left = numpy.asarray(tree["left_children"], dtype=numpy.int64)
        conditions = numpy.asarray(tree["split_conditions"], dtype=numpy.float32)
        trees.append(
            Tree(
                feature=numpy.asarray(tree["split_indices"], dtype=numpy.int64),
                threshold=conditions.astype(numpy.float64),
                left=left,
                right=numpy.asarray(tree["right_children"], dtype=numpy.int64),
                missing_left=numpy.asarray(tree["default_left"], dtype=bool),
                # A leaf's value stands where its threshold would.
                value=conditions.astype(numpy.float64)[:, None],
                targets=[int(target)],
            )
        )
    text = learner["learner_model_param"]["base_score"].strip("[]")
    starts = [numpy.float32(part) for part in text.split(",")]
    objective = learner["objective"]["name"]
    if objective.startswith("binary:"):
        one = numpy.float32(1)
        starts = [-numpy.log(one / start - one) for start in starts]
    base = [float(numpy.float32(start)) for start in (starts * targets if len(starts) == 1 else starts)]
    return Ensemble(trees, targets, "f32", "f32", "lt", base), objective


# Bits of `decision_type`, from LightGBM's include/LightGBM/tree.h.
CATEGORICAL, DEFAULT_LEFT = 1, 2
MISSING_TYPES = {0: "none", 1: "zero", 2: "nan"}


def read_lightgbm(booster):
    """Trees of LightGBM from its text form: thresholds, leaves and sums are doubles."""
    header, *parts = booster.model_to_string().split("\nTree=")
    settings = dict(line.split("=", 1) for line in header.splitlines() if "=" in line)
    targets = int(settings["num_tree_per_iteration"])
    if "average_output" in header.splitlines():
        raise NotCompiled("it is a random forest of LightGBM")
    trees, kinds = [], set()
    for number, part in enumerate(parts):
        entries = dict(line.split("=", 1) for line in part.split("\n\n")[0].splitlines() if "=" in line)
        if entries.get("is_linear", "0") != "0":
            raise NotCompiled("its leaves are linear models")
        trees.append(lightgbm_tree(entries, number % targets, kinds))
    if "zero" in kinds:
        raise NotCompiled("it takes zeros for missing values")
    # Where training saw no missing values, they count as zero: not as one side of each split.
    return Ensemble(trees, targets, "f64", "f64", "le", [0.0] * targets, knows_missing=kinds <= {"nan"}), settings


def lightgbm_tree(entries, target, kinds):
    leaves = numpy.asarray(entries["leaf_value"].split(), dtype=numpy.float64)
    inner = len(leaves) - 1

    def numbers(name, kind):
        return numpy.asarray(entries[name].split() if inner > 0 else [], dtype=kind)

    decisions = numbers("decision_type", numpy.int64)
    if (decisions & CATEGORICAL).any():
        raise NotCompiled("it splits by categories")
    kinds.update(MISSING_TYPES[int(one)] for one in (decisions >> 2) & 3)

    def child(name):
        # Children below zero are leaves: ~i is the leaf i, which comes after the inner nodes here.
        found = numbers(name, numpy.int64)
        return numpy.where(found >= 0, found, inner + ~found)

    none = numpy.full(len(leaves), -1, dtype=numpy.int64)
    return Tree(
        feature=numpy.concatenate([numbers("split_feature", numpy.int64), numpy.zeros(len(leaves), numpy.int64)]),
        threshold=numpy.concatenate([numbers("threshold", numpy.float64), numpy.zeros(len(leaves))]),
        left=numpy.concatenate([child("left_child"), none]),
        right=numpy.concatenate([child("right_child"), none]),
        missing_left=numpy.concatenate([(decisions & DEFAULT_LEFT) != 0, numpy.zeros(len(leaves), bool)]),
        value=numpy.concatenate([numpy.zeros(inner), leaves])[:, None],
        targets=[target],
    )
