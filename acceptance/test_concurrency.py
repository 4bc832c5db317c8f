from concurrent.futures import ThreadPoolExecutor

import pytest
from mlflow.entities import Metric

pytestmark = pytest.mark.core
THREADS = 8


def at_once(work, count=THREADS):
    """Runs work(0) … work(count - 1) in eight threads and answers what they gave or raised."""

    def attempt(number):
        try:
            return work(number)
        except Exception as failure:
            return failure

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(attempt, range(count)))


def test_eight_threads_log_to_one_run(client, run):
    def work(number):
        for step in range(20):
            client.log_metric(run, "shared", number, timestamp=step, step=step)
            client.log_metric(run, f"own-{number}", step, timestamp=step, step=step)
        client.log_param(run, f"p{number}", number)
        client.set_tag(run, f"t{number}", number)

    assert at_once(work) == [None] * THREADS
    data = client.get_run(run).data
    assert len(client.get_metric_history(run, "shared")) == THREADS * 20
    assert data.metrics["shared"] == THREADS - 1
    assert all(data.metrics[f"own-{number}"] == 19 for number in range(THREADS))
    assert data.params == {f"p{number}": str(number) for number in range(THREADS)}


def test_eight_threads_log_runs_of_their_own(client, experiment):
    def work(number):
        run = client.create_run(experiment, run_name=str(number)).info.run_id
        client.log_batch(run, metrics=[Metric("m", number * 100 + step, step, step) for step in range(50)])
        client.set_terminated(run)
        return run

    runs = at_once(work, 16)
    assert len(set(runs)) == 16
    found = client.search_runs([experiment], "status = 'FINISHED'", order_by=["metrics.m ASC"])
    assert [run.info.run_name for run in found] == [str(number) for number in range(16)]


def test_of_eight_that_want_one_name_one_gets_it(client, unique):
    name = unique()
    made = at_once(lambda _: client.create_experiment(name))
    assert sum(isinstance(one, str) for one in made) == 1
    assert {one.error_code for one in made if not isinstance(one, str)} == {"RESOURCE_ALREADY_EXISTS"}


def test_versions_made_at_once_have_numbers_of_their_own(client, unique):
    name = client.create_registered_model(unique("model")).name
    made = at_once(lambda _: client.create_model_version(name, "s3://bucket/x").version)
    assert sorted(made) == [str(number) for number in range(1, THREADS + 1)]


def test_of_eight_values_of_a_param_one_stays(client, run):
    made = at_once(lambda number: client.log_param(run, "p", str(number)))
    kept = client.get_run(run).data.params["p"]
    failures = [one for one in made if isinstance(one, Exception)]
    assert len(failures) == THREADS - 1
    assert {one.error_code for one in failures} == {"INVALID_PARAMETER_VALUE"}
    assert not isinstance(made[int(kept)], Exception)
