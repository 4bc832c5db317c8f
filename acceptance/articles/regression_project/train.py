import argparse

import mlflow
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge

arguments = argparse.ArgumentParser()
arguments.add_argument("--alpha", type=float)
alpha = arguments.parse_args().alpha

diabetes = load_diabetes()
with mlflow.start_run():
    model = Ridge(alpha=alpha).fit(diabetes.data, diabetes.target)
    mlflow.log_metric("r2", model.score(diabetes.data, diabetes.target))
