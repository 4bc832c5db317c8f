"""Three networks trained by epochs: curves, images of what they see, and the measures of the machine."""

import mlflow
import numpy as np
from common import experiment, log_confusion, log_model
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

EPOCHS = 60
SETTINGS = [(32, 0.05), (64, 0.02), (128, 0.005)]


def run(made):
    experiment(made, "digits/networks", "Networks of one layer that read digits; `weights` are what their first units look for.")
    data = load_digits()
    parts = train_test_split(data.data / 16, data.target, test_size=0.3, random_state=1)
    mlflow.set_system_metrics_sampling_interval(1)
    for units, rate in SETTINGS:
        train(made, parts, units, rate)
    return f"{len(SETTINGS)} runs of {EPOCHS} epochs"


def train(made, parts, units, rate):
    x_train, x_test, y_train, y_test = parts
    model = MLPClassifier((units,), learning_rate_init=rate, solver="sgd", momentum=0.9, random_state=4)
    with mlflow.start_run(run_name=f"network-{units}", log_system_metrics=True) as run:
        mlflow.log_params({"units": units, "learning_rate": rate, "epochs": EPOCHS, "momentum": 0.9})
        random = np.random.default_rng(0)
        for epoch in range(1, EPOCHS + 1):
            order = random.permutation(len(x_train))
            for batch in np.array_split(order, len(order) // 64):
                model.partial_fit(x_train[batch], y_train[batch], classes=range(10))
            mlflow.log_metrics(
                {
                    "loss": model.loss_,
                    "test_loss": log_loss(y_test, model.predict_proba(x_test)),
                    "accuracy": model.score(x_train, y_train),
                    "test_accuracy": model.score(x_test, y_test),
                },
                step=epoch,
            )
            if epoch % 10 == 0:
                mlflow.log_image(sheet(model.coefs_[0]), key="weights", step=epoch)
                log_confusion(y_test, model.predict(x_test), range(10), f"confusion/epoch-{epoch:03d}.png")
        wrong = np.flatnonzero(model.predict(x_test) != y_test)[:8]
        for place, index in enumerate(wrong):
            mlflow.log_image(enlarge(x_test[index].reshape(8, 8)), key="mistakes", step=place)
        uri = log_model(model, "network", x_train, x_train[:2])
        made["models"]["digits"].append((model.score(x_test, y_test), run.info.run_id, uri))


def enlarge(picture, times=16):
    """A small picture with values from 0 to 1 as large grey pixels."""
    return np.kron((picture * 255).clip(0, 255).astype(np.uint8), np.ones((times, times), np.uint8))


def sheet(weights):
    """The first 16 units side by side."""
    low, high = weights.min(), weights.max()
    pictures = [(weights[:, unit].reshape(8, 8) - low) / (high - low) for unit in range(16)]
    rows = [np.hstack([np.pad(enlarge(one, 6), 2) for one in pictures[start : start + 4]]) for start in range(0, 16, 4)]
    return np.vstack(rows)
