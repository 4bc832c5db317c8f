"""Several models on the datasets that come with scikit-learn, each with all that a run can tell of itself."""

import json
import tempfile

import mlflow
import numpy as np
import pandas as pd
from common import experiment, log_confusion, log_model
from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, classification_report, f1_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

DATASETS = {"wine": load_wine, "breast-cancer": load_breast_cancer, "iris": load_iris}


def models():
    return {
        "logistic": make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=500)),
        "bayes": make_pipeline(StandardScaler(), GaussianNB()),
        "support-vectors": make_pipeline(StandardScaler(), SVC(C=2.0, probability=True, random_state=0)),
        "forest": RandomForestClassifier(n_estimators=120, max_depth=6, random_state=0),
        "boosting": GradientBoostingClassifier(n_estimators=60, learning_rate=0.1, random_state=0),
    }


def run(made):
    runs = 0
    for name, load in DATASETS.items():
        data = load(as_frame=True)
        experiment(made, f"classification/{name}", f"# {name}\n\nFive models on the **{name}** dataset of scikit-learn.")
        for kind, model in models().items():
            train(made, name, data, kind, model)
            runs += 1
    return f"{runs} runs in {len(DATASETS)} experiments"


def train(made, name, data, kind, model):
    labels = [str(label) for label in data.target_names]
    x_train, x_test, y_train, y_test = train_test_split(
        data.data, data.target, test_size=0.3, random_state=7, stratify=data.target
    )
    with mlflow.start_run(run_name=f"{name}-{kind}") as run:
        for frame, context in ((x_train.assign(target=y_train), "training"), (x_test.assign(target=y_test), "test")):
            mlflow.log_input(mlflow.data.from_pandas(frame, name=f"{name}-{context}", targets="target"), context=context)
        estimator = model[-1] if hasattr(model, "steps") else model
        mlflow.log_params({"model": kind, "rows": len(x_train), "columns": x_train.shape[1]})
        simple = {key: value for key, value in estimator.get_params().items() if isinstance(value, (int, float, str))}
        mlflow.log_params(simple)
        mlflow.set_tags({"dataset": name, "team": "risk" if name == "wine" else "health"})
        model.fit(x_train, y_train)
        predicted, odds = model.predict(x_test), model.predict_proba(x_test)
        scores = {
            "accuracy": accuracy_score(y_test, predicted),
            "f1": f1_score(y_test, predicted, average="macro"),
            "log_loss": log_loss(y_test, odds),
            "train_accuracy": accuracy_score(y_train, model.predict(x_train)),
        }
        mlflow.log_metrics(scores)
        log_confusion(y_test, predicted, labels)
        report = classification_report(y_test, predicted, target_names=labels, output_dict=True)
        mlflow.log_dict(report, "report.json")
        mlflow.log_text(json.dumps(simple, indent=2), "params.txt")
        results = x_test.assign(truth=y_test, predicted=predicted, certainty=odds.max(axis=1).round(4))
        log_tables(results)
        mlflow.log_text(page(name, kind, scores), "summary.html")
        if kind in ("forest", "boosting"):
            importance = pd.Series(estimator.feature_importances_, x_train.columns).sort_values(ascending=False)
            mlflow.log_dict({key: round(float(value), 5) for key, value in importance.items()}, "importance.json")
        uri = log_model(model, "model", x_train, x_train.head(3))
        made.setdefault("models", {}).setdefault(name, []).append((scores["accuracy"], run.info.run_id, uri))


def log_tables(results):
    mlflow.log_table(results[results.truth != results.predicted].head(50), "mistakes.json")
    mlflow.log_text(results.to_csv(index=False), "predictions.csv")
    with tempfile.TemporaryDirectory() as folder:
        results.to_parquet(f"{folder}/predictions.parquet")
        mlflow.log_artifact(f"{folder}/predictions.parquet")


def page(name, kind, scores):
    rows = "".join(f"<tr><td>{key}</td><td>{np.format_float_positional(value, 4)}</td></tr>" for key, value in scores.items())
    return f"<!doctype html><title>{kind}</title><h1>{kind} on {name}</h1><table>{rows}</table>"
