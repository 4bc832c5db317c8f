"""Python environments of models on this node, by key: the server's own where this node has it too (one image, or one
shared folder), else made anew from the versions that the server found."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
import uuid

MAX_LINES = 30
LINE = re.compile(r"^[A-Za-z0-9._-]+==[A-Za-z0-9._+!-]+$")


class BuildError(Exception):
    """For users: why there is no such environment on this node."""


class Environments:
    def __init__(self, folder):
        self.folder = folder
        self.builds = {}

    def find(self, wanted):
        """The interpreter, or None."""
        own = os.path.join(self.folder, checked(wanted["key"]), "bin", "python")
        for python in (wanted["python"], own):
            if os.access(python, os.X_OK):
                return python
        return None

    async def ensure(self, wanted):
        """The interpreter. One build a key, which goes on when its caller leaves."""
        found = self.find(wanted)
        if found is not None:
            return found
        key = wanted["key"]
        if key not in self.builds:
            self.builds[key] = asyncio.ensure_future(asyncio.to_thread(self.build, wanted))
        build = self.builds[key]
        try:
            await asyncio.shield(build)
        finally:
            if build.done():
                self.builds.pop(key, None)
        return self.find(wanted)

    def build(self, wanted):
        versions = wanted.get("versions")
        if not versions:
            raise BuildError("The environment %s is not on this node, and what it holds is not known." % wanted["key"])
        lines = ["%s==%s" % pair for pair in sorted(versions.items())]
        if not all(LINE.match(line) for line in lines):
            raise BuildError("The names of the packages of %s cannot be read." % wanted["key"])
        interpreter = interpreter_like(wanted["pythonVersion"])
        os.makedirs(self.folder, exist_ok=True)
        draft = os.path.join(self.folder, ".draft-" + uuid.uuid4().hex)
        python = os.path.join(draft, "bin", "python")
        requirements = draft + ".txt"
        try:
            with open(requirements, "w") as file:
                file.write("\n".join(lines) + "\n")
            install = ["install", "--no-deps", "--only-binary", ":all:", "--requirement", requirements]
            uv = shutil.which("uv")
            if uv is None:
                run([interpreter, "-m", "venv", draft])
                run([python, "-I", "-m", "pip", "--disable-pip-version-check", "--quiet"] + install)
            else:
                run([uv, "venv", "--quiet", "--no-python-downloads", "--python", interpreter, draft])
                run([uv, "pip"] + install + ["--quiet", "--compile-bytecode", "--python", python])
            try:
                os.rename(draft, os.path.join(self.folder, wanted["key"]))
            except OSError:
                if self.find(wanted) is None:
                    raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)
            if os.path.exists(requirements):
                os.remove(requirements)


def interpreter_like(version):
    """One of this node with the same language: 3.11 for 3.11.7."""
    language = ".".join(version.split(".")[:2])
    own = "%d.%d" % sys.version_info[:2]
    found = shutil.which("python" + language) or (sys.executable if own == language else None)
    if found is None:
        raise BuildError("The model needs Python %s; this node of the Ray cluster has %s." % (language, own))
    return found


def run(command):
    # Nothing of the node's own environment but where packages come from: it may hold the cluster's token.
    kept = ("PATH", "HOME", "LANG", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR")
    variables = {
        name: value
        for name, value in os.environ.items()
        if name in kept or name.startswith(("PIP_", "UV_")) or name.lower().endswith("_proxy")
    }
    ended = subprocess.run(command, env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if ended.returncode != 0:
        lines = ended.stdout.decode("utf-8", "replace").strip().splitlines()[-MAX_LINES:]
        raise BuildError("The environment of the model cannot be made on a node of the cluster:\n" + "\n".join(lines))


def checked(key):
    if not re.match(r"^[A-Za-z0-9._-]+$", key) or key.startswith("."):
        raise BuildError("no key of an environment")
    return key
