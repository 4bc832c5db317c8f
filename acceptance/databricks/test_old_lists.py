"""Lists that mlflow no longer asks and databricks-sdk and the command line still do."""


def test_experiments_are_listed(workspace, experiment):
    assert experiment in [found.experiment_id for found in workspace.experiments.list_experiments()]


def test_models_are_listed(workspace, unique):
    name = unique("model")
    workspace.model_registry.create_model(name)
    assert name in [found.name for found in workspace.model_registry.list_models()]
