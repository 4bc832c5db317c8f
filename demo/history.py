"""Long histories: a training of 100,000 steps, and one that diverges to infinity and beyond."""

import time

import mlflow
import numpy as np
from common import experiment
from mlflow import MlflowClient
from mlflow.entities import Metric
from sklearn.datasets import load_diabetes

STEPS = 100_000
BATCH = 1000


def run(made):
    experiment(made, "regression/long", "Least squares, a row at a time: long histories, and one that diverges.")
    points = descend("100k-steps", 0.002, STEPS) + descend("too-fast", 5.0, 2000)
    return f"{points:,} points"


def descend(name, rate, steps):
    """Stochastic gradient descent on the diabetes dataset, every step logged."""
    data = load_diabetes(scaled=True)
    x = np.column_stack([data.data * 20, np.ones(len(data.data))])
    y = (data.target - data.target.mean()) / data.target.std()
    weights = np.zeros(x.shape[1])
    random = np.random.default_rng(9)
    client = MlflowClient()
    with mlflow.start_run(run_name=name) as active, np.errstate(all="ignore"):
        mlflow.log_params({"learning_rate": rate, "steps": steps})
        begin = int(time.time() * 1000)
        waiting, points = [], 0
        for step in range(steps):
            row = random.integers(len(y))
            error = x[row] @ weights - y[row]
            weights -= rate * error * x[row]
            waiting.append(Metric("squared_error", float(error**2), begin + step, step))
            if step % 100 == 0:
                waiting.append(Metric("norm", float(np.linalg.norm(weights)), begin + step, step))
            if len(waiting) >= BATCH - 1:
                client.log_batch(active.info.run_id, metrics=waiting)
                points += len(waiting)
                waiting = []
        client.log_batch(active.info.run_id, metrics=waiting)
        mlflow.log_metric("final_error", float(np.mean((x @ weights - y) ** 2)))
    return points + len(waiting) + 1
