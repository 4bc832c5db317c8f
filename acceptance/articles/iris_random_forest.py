"""From Jupyter to production: train and log a forest on iris, plot, register, promote, load, predict.

MLFLOW_TRACKING_URI=http://127.0.0.1:5000 python iris_random_forest.py
"""

import mlflow
from mlflow import MlflowClient
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split

# Over http the 3.17 client saves scikit-learn models with skops, which does not trust tree ensembles; it says so on
# any server. With clients up to 3.1, which pickle, the article's line runs verbatim.
pickled = {"serialization_format": "cloudpickle"}
SAVED_AS = pickled if tuple(map(int, mlflow.__version__.split(".")[:2])) > (3, 1) else {}

# -- Structured experiment logging
mlflow.set_experiment("Iris_Experiment")

with mlflow.start_run(run_name="RandomForest_Base") as run:
    iris = load_iris()
    X_train, X_test, y_train, y_test = train_test_split(
        iris.data, iris.target, test_size=0.2, random_state=42
    )
    model = RandomForestClassifier(n_estimators=100, max_depth=5, random_state=42)
    model.fit(X_train, y_train)
    # Log parameters
    mlflow.log_param("n_estimators", 100)
    mlflow.log_param("max_depth", 5)
    # Log metrics
    predictions = model.predict(X_test)
    mlflow.log_metric("accuracy", accuracy_score(y_test, predictions))
    # Log model as versioned artifact
    mlflow.sklearn.log_model(model, "random_forest_model", **SAVED_AS)

    # -- Visualizations and data
    import matplotlib.pyplot as plt

    epochs, loss = [1, 2, 3, 4], [0.9, 0.5, 0.3, 0.25]
    # Log a diagnostic plot
    plt.figure()
    plt.plot(epochs, loss, marker="o")
    plt.savefig("training_loss.png")
    mlflow.log_artifact("training_loss.png")
    plt.close()

# -- The model registry in action
run_id = run.info.run_id
registered = mlflow.register_model(f"runs:/{run_id}/random_forest_model", "IrisClassifier")

# -- Stages and aliases
client = MlflowClient()
client.transition_model_version_stage("IrisClassifier", registered.version, "Staging")
client.transition_model_version_stage(
    "IrisClassifier", registered.version, "Production", archive_existing_versions=True
)
client.set_registered_model_alias("IrisClassifier", "champion", registered.version)

new_data = X_test
production_model = mlflow.pyfunc.load_model("models:/IrisClassifier/production")
predictions = production_model.predict(new_data)

champion = mlflow.pyfunc.load_model("models:/IrisClassifier@champion")
assert list(predictions) == list(model.predict(new_data)), "the production model predicts other labels"
assert list(champion.predict(new_data)) == list(predictions), "the champion predicts other labels"
