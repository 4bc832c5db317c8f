"""The program of article 002 as its reader runs it: a process of its own, with two variables or a profile."""

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).parent / "articles" / "fraud_detection.py"
# Of the reader's machine; nothing of it speaks of a server.
KEPT = ["PATH", "LANG", "LC_ALL", "TMPDIR", "SSL_CERT_FILE", "MLFLOW_DISABLE_TELEMETRY", "GIT_PYTHON_REFRESH", "MPLBACKEND"]


def run_program(home, model, variables):
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    done = subprocess.run(
        [sys.executable, str(PROGRAM)],
        cwd=home,
        env={**kept, "HOME": str(home), "ARTICLE_MODEL": model, **variables},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
    assert "champion predicts as trained" in done.stdout
    return done.stdout


def test_runs_with_host_and_token_and_nothing_else(tmp_path, url, token, catalog, workspace):
    name = f"{catalog}.ml.fraud_score"
    variables = {"DATABRICKS_HOST": url, "DATABRICKS_TOKEN": token}
    first = run_program(tmp_path, name, variables)
    assert f"Version 1 registered as {name}" in first
    again = run_program(tmp_path, name, variables)
    assert f"Version 2 registered as {name}" in again

    champion = workspace.model_versions.get_by_alias(name, "champion")
    assert (champion.version, champion.status.value) == (2, "READY")


def test_runs_with_a_bare_profile(tmp_path, url, token, catalog, workspace):
    (tmp_path / ".databrickscfg").write_text(f"[work]\nhost = {url}\ntoken = {token}\n")
    name = f"{catalog}.ml.fraud_score"
    run_program(tmp_path, name, {"ARTICLE_PROFILE": "work"})
    assert workspace.model_versions.get(name, 1).status.value == "READY"
