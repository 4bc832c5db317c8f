"""Forests of scikit-learn without joblib's cost: 100 trees are asked in a row, which is what one job would do.

`predict` of a forest of 100 trees on one row takes 4 to 6 ms, of which the trees themselves take a tenth. The checks of
the input are scikit-learn's own; the sum runs over the trees in the same order as with one job, so that the result is
the same to the last bit, which is tried on rows that fall on both sides of the trees' thresholds.
"""

TRIED_ROWS = 256


def quick_predict(native):
    """A function of a matrix that gives what `native`, a method of a fitted forest, gives; None for anything else."""
    import numpy

    forest = getattr(native, "__self__", None)
    kind = type(forest).__name__
    if not type(forest).__module__.startswith("sklearn.ensemble._forest") or getattr(forest, "n_outputs_", 0) != 1:
        return None
    if not hasattr(forest, "_validate_X_predict"):
        return None
    trees = [tree.tree_ for tree in forest.estimators_]
    if kind in ("RandomForestClassifier", "ExtraTreesClassifier") and native.__name__ in ("predict", "predict_proba"):
        quick, exact = quick_probabilities(numpy, forest, trees), forest.predict_proba
    elif kind in ("RandomForestRegressor", "ExtraTreesRegressor") and native.__name__ == "predict":
        quick, exact = quick_regressor(numpy, forest, trees), forest.predict
    else:
        return None
    rows = rows_at_thresholds(numpy, forest, trees)
    try:
        # Of classifiers the probabilities: older ones keep counts in their leaves, whose sums are often, not always, the
        # largest for the same class.
        expected, found = exact(rows), quick(rows)
    except Exception:
        return None
    if expected.dtype != found.dtype or expected.shape != found.shape or expected.tobytes() != found.tobytes():
        return None
    if native.__name__ == "predict" and hasattr(forest, "classes_"):
        return lambda matrix: forest.classes_.take(numpy.argmax(quick(matrix), axis=1), axis=0)
    return quick


def quick_probabilities(numpy, forest, trees):
    classes = forest.n_classes_
    count = len(trees)

    def probabilities(matrix):
        rows = forest._validate_X_predict(matrix)
        total = numpy.zeros((rows.shape[0], classes), dtype=numpy.float64)
        for tree in trees:
            total += tree.predict(rows)[:, :classes]
        total /= count
        return total

    return probabilities


def quick_regressor(numpy, forest, trees):
    count = len(trees)

    def predict(matrix):
        rows = forest._validate_X_predict(matrix)
        total = numpy.zeros(rows.shape[0], dtype=numpy.float64)
        for tree in trees:
            total += tree.predict(rows)[:, 0]
        total /= count
        return total

    return predict


def rows_at_thresholds(numpy, forest, trees):
    """Rows whose values are drawn from the thresholds of the trees, and from just beside them."""
    generator = numpy.random.RandomState(7)
    features = numpy.concatenate([tree.feature for tree in trees])
    thresholds = numpy.concatenate([tree.threshold for tree in trees])
    rows = numpy.zeros((TRIED_ROWS, forest.n_features_in_), dtype=numpy.float64)
    for feature in range(forest.n_features_in_):
        known = thresholds[features == feature]
        if len(known) > 0:
            drawn = generator.choice(known, TRIED_ROWS)
            towards = generator.choice([-numpy.inf, numpy.inf], TRIED_ROWS)
            rows[:, feature] = numpy.where(generator.rand(TRIED_ROWS) < 0.5, drawn, numpy.nextafter(drawn, towards))
    return rows
