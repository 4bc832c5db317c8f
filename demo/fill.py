"""Fills a server with real trainings. Run by `npm run demo`; the server is where MLFLOW_TRACKING_URI says."""

import argparse
import logging
import os
import time
import warnings

import mlflow
import requests

import classifiers
import epochs
import history
import registry
import search

PARTS = [
    ("several models on three datasets", classifiers.run),
    ("a nested search for digits", search.run),
    ("a network trained by epochs, with images of every tenth", epochs.run),
    ("a history of 100,000 points, and a training that diverges", history.run),
    ("versions, aliases and stages of models", registry.run),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lock", action="store_true", help="lock the finished runs afterwards")
    options = parser.parse_args()
    # What clients say about their own defaults is no news in a demo.
    warnings.filterwarnings("ignore")
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    url = mlflow.get_tracking_uri().rstrip("/")
    print(f"Filling {url}", flush=True)
    made = {}
    for number, (what, run) in enumerate(PARTS, 1):
        print(f"{number} of {len(PARTS)}: {what} …", flush=True)
        started = time.monotonic()
        told = run(made)
        print(f"        {told} ({time.monotonic() - started:.0f} s)", flush=True)
    if options.lock:
        lock(url, made["experiments"])
    print(f"Done. Look at it: {url}/experiments?open=%5B%22demo%22%5D", flush=True)


def lock(url, experiments):
    for experiment in experiments:
        answer = requests.put(
            f"{url}/api/2.0/slipway/experiments/finished-runs-lock",
            json={"experiment_id": experiment, "locked": True},
            timeout=30,
        )
        answer.raise_for_status()
    print(f"Finished runs of {len(experiments)} experiments are locked.", flush=True)


if __name__ == "__main__":
    # The server prints where each run is; a hundred such lines are too many here.
    os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"
    main()
