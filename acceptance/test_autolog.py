import time

import numpy
import pytest

pytestmark = pytest.mark.core


@pytest.fixture
def autolog(fluent):
    fluent.sklearn.autolog(log_post_training_metrics=True)
    yield fluent
    fluent.sklearn.autolog(disable=True)


def files(client, run, folder=None):
    found = []
    for file in client.list_artifacts(run, folder):
        found += files(client, run, file.path) if file.is_dir else [file.path]
    return found


def test_training_logs_params_metrics_plots_and_a_model(autolog, client, client_version):
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression

    data = load_iris()
    with autolog.start_run() as run:
        model = LogisticRegression(max_iter=50).fit(data.data, data.target)
        score = model.score(data.data, data.target)
    read = client.get_run(run.info.run_id)
    assert read.data.params["max_iter"] == "50"
    assert read.data.metrics["training_score"] > 0.9
    assert score in read.data.metrics.values()
    assert read.data.tags["estimator_name"] == "LogisticRegression"
    assert len(read.inputs.dataset_inputs) >= 1
    logged = files(client, run.info.run_id)
    assert "training_confusion_matrix.png" in logged and "estimator.html" in logged
    if client_version >= (3,):
        [output] = read.outputs.model_outputs
        uri = f"models:/{output.model_id}"
        assert client.get_logged_model(output.model_id).status == "READY"
    else:
        uri = f"runs:/{run.info.run_id}/model"
    loaded = autolog.sklearn.load_model(uri)
    assert (loaded.predict(data.data) == model.predict(data.data)).all()


def test_a_grid_search_logs_its_children(autolog, client):
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import GridSearchCV

    with autolog.start_run() as run:
        GridSearchCV(Ridge(), {"alpha": [0.1, 1.0]}, cv=2).fit(numpy.eye(8), numpy.arange(8.0))
    children = client.search_runs(
        [run.info.experiment_id],
        f"tags.mlflow.parentRunId = '{run.info.run_id}'",
        order_by=["params.alpha ASC"],
    )
    assert [child.data.params["alpha"] for child in children] == ["0.1", "1.0"]
    assert "best_cv_score" in client.get_run(run.info.run_id).data.metrics


@pytest.mark.since("2.10")
def test_system_metrics_arrive_while_the_run_goes_on(fluent, client):
    fluent.set_system_metrics_sampling_interval(0.2)
    fluent.set_system_metrics_samples_before_logging(1)
    with fluent.start_run(log_system_metrics=True) as run:
        deadline = time.time() + 20
        while time.time() < deadline:
            metrics = client.get_run(run.info.run_id).data.metrics
            if "system/cpu_utilization_percentage" in metrics:
                break
            time.sleep(0.2)
    assert metrics["system/cpu_utilization_percentage"] >= 0
    assert metrics["system/system_memory_usage_megabytes"] > 0
