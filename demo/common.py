"""What every part of the demo needs."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import mlflow
import sklearn
from mlflow.models import infer_signature
from sklearn.metrics import ConfusionMatrixDisplay

# Named, so that the client does not spend seconds finding out.
REQUIREMENTS = [f"scikit-learn=={sklearn.__version__}"]


def experiment(made, name, note):
    """Sets the experiment `demo/NAME` with a description."""
    chosen = mlflow.set_experiment(f"demo/{name}")
    mlflow.set_experiment_tag("mlflow.note.content", note)
    made.setdefault("experiments", []).append(chosen.experiment_id)
    return chosen.experiment_id


def log_confusion(truth, predicted, labels, file="confusion_matrix.png"):
    figure, axes = plt.subplots(figsize=(5, 5))
    ConfusionMatrixDisplay.from_predictions(
        truth, predicted, display_labels=labels, ax=axes, colorbar=False, cmap="Blues", xticks_rotation=45
    )
    figure.tight_layout()
    mlflow.log_figure(figure, file)
    plt.close(figure)


def log_model(model, name, rows, example):
    """Logs a fitted model with its signature; gives its URI."""
    return mlflow.sklearn.log_model(
        model,
        name=name,
        signature=infer_signature(rows, model.predict(rows[:5])),
        input_example=example,
        pip_requirements=REQUIREMENTS,
        # The safe form refuses the trees of scikit-learn, and these models are our own.
        serialization_format="cloudpickle",
    ).model_uri
