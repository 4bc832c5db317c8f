import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pythonEnv } from '../../../tools/python-env.mjs';

/**
 * A program for `--uv` that makes environments of models in a moment: each sees what is installed beside an interpreter
 * that has the client, instead of packages fetched for it. A requirement named `no-such-package` cannot be met. For pages:
 * what environments really are is tested where they are made. Models then run with `--model-isolation off`, for the
 * packages lie outside of their environments.
 * @returns its absolute path
 */
export async function presentEnvironments(): Promise<string> {
  const python = process.env.MLFLOW_PYTHON ?? (await pythonEnv('mlflow-3.17.2'));
  const folder = mkdtempSync(path.join(tmpdir(), 'slipway-present-'));
  const program = path.join(folder, 'uv');
  writeFileSync(program, `#!${python}\n${PROGRAM}`);
  chmodSync(program, 0o755);
  return program;
}

const PROGRAM = `
import json, pathlib, site, subprocess, sys
from importlib import metadata

args = sys.argv[1:]
if args == ["--version"]:
    print("uv 0.0.1")
elif args[0] == "venv":
    folder = pathlib.Path(args[-1])
    base = args[args.index("--python") + 1]
    subprocess.run([base, "-m", "venv", "--without-pip", str(folder)], check=True)
    (packages,) = folder.glob("lib/python3*/site-packages")
    (packages / "present.pth").write_text("\\n".join(site.getsitepackages()) + "\\n")
elif args[:2] == ["pip", "install"]:
    wishes = pathlib.Path(args[args.index("--requirement") + 1]).read_text()
    print("Resolved", len(wishes.splitlines()), "packages", file=sys.stderr)
    if "no-such-package" in wishes:
        sys.exit("Because no-such-package was not found in the package registry, your requirements are unsatisfiable.")
elif args[:2] == ["pip", "compile"]:
    if "no-such-package" in pathlib.Path(args[-1]).read_text():
        sys.exit("Because no-such-package was not found in the package registry, your requirements are unsatisfiable.")
elif args[:2] == ["pip", "list"]:
    print(json.dumps([{"name": each.metadata["Name"], "version": each.version} for each in metadata.distributions()]))
else:
    sys.exit("unknown: " + " ".join(args))
`;
