"""A random search over two families of models: one parent run, a child for each try, the best one logged."""

import mlflow
import numpy as np
from common import experiment, log_confusion, log_model
from sklearn.datasets import load_digits
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.svm import SVC

TRIES = 24


def run(made):
    experiment(made, "digits/search", "A random search for a model that reads handwritten digits.")
    data = load_digits()
    x_train, x_test, y_train, y_test = train_test_split(data.data / 16, data.target, test_size=0.3, random_state=1)
    random = np.random.default_rng(3)
    best = (0.0, None, None)
    with mlflow.start_run(run_name="random-search") as parent:
        mlflow.log_params({"tries": TRIES, "folds": 3, "rows": len(x_train)})
        for number in range(TRIES):
            model, params = draw(random)
            with mlflow.start_run(run_name=f"try-{number:02d}-{params['family']}", nested=True):
                mlflow.log_params(params)
                scores = cross_val_score(model, x_train, y_train, cv=3)
                for fold, score in enumerate(scores):
                    mlflow.log_metric("fold_accuracy", score, step=fold)
                mlflow.log_metrics({"accuracy": scores.mean(), "spread": scores.std()})
                # A try of a search can fail; the others go on.
                if params["family"] == "svm" and params["C"] < 0.02:
                    mlflow.set_tag("mlflow.note.content", "So small a C learns next to nothing: given up.")
                    mlflow.end_run("FAILED")
            if scores.mean() > best[0]:
                best = (scores.mean(), model, params)
            mlflow.log_metric("best_accuracy", best[0], step=number)
        model = best[1].fit(x_train, y_train)
        mlflow.log_params({f"best_{key}": value for key, value in best[2].items()})
        mlflow.log_metric("test_accuracy", model.score(x_test, y_test))
        log_confusion(y_test, model.predict(x_test), [str(digit) for digit in range(10)])
        uri = log_model(model, "model", x_train, x_train[:2])
        made.setdefault("models", {}).setdefault("digits", []).append((best[0], parent.info.run_id, uri))
    return f"a parent with {TRIES} children"


def draw(random):
    if random.random() < 0.5:
        params = {
            "family": "svm",
            "C": round(float(10 ** random.uniform(-2, 2)), 4),
            "gamma": round(float(10 ** random.uniform(-3, 0)), 5),
        }
        return SVC(C=params["C"], gamma=params["gamma"]), params
    params = {
        "family": "trees",
        "n_estimators": int(random.integers(10, 120)),
        "max_depth": int(random.integers(3, 20)),
        "max_features": round(float(random.uniform(0.05, 0.8)), 3),
    }
    rest = {key: value for key, value in params.items() if key != "family"}
    return ExtraTreesClassifier(random_state=0, **rest), params
