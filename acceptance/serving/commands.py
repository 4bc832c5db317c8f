"""`slipway models …` and MLflow's own command as a shell runs them."""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

import requests

ROOT = pathlib.Path(__file__).parents[2]
SLIPWAY = [str(ROOT / "node_modules/.bin/node"), str(ROOT / "server/dist/main.js"), "models"]


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def environment(home):
    # The environment of the tests is the activated one: what `local` means.
    path = f"{pathlib.Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "SLIPWAY_HOME": str(home)}


def slipway(home, *args):
    """Runs one command to its end."""
    return subprocess.run([*SLIPWAY, *args], env=environment(home), capture_output=True, text=True, timeout=600)


@contextlib.contextmanager
def started(command, home, log_file):
    """Runs a program in a group of its own, which is ended with the block."""
    with log_file.open("wb") as out:
        child = subprocess.Popen(
            command, env=environment(home), stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        yield child
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGTERM)
        try:
            child.wait(timeout=30)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)


@contextlib.contextmanager
def scoring_servers(home, *commands, within=300):
    """Runs scoring servers beside each other until the block ends; gives their addresses once all answer."""
    with contextlib.ExitStack() as stack:
        running = []
        for command in commands:
            port = free_port()
            log_file = home / f"log-{port}.txt"
            child = stack.enter_context(started([*command, "-p", str(port)], home, log_file))
            running.append((child, f"http://127.0.0.1:{port}", log_file))
        deadline = time.monotonic() + within
        for child, at, log_file in running:
            while not answers(at):
                assert child.poll() is None, log_file.read_text()
                assert time.monotonic() < deadline, log_file.read_text()
                time.sleep(0.1)
        yield [at for _, at, _ in running]


def answers(at):
    with contextlib.suppress(requests.ConnectionError):
        return requests.get(f"{at}/ping", timeout=10).ok
    return False
