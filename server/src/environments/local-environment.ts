import { createHash } from 'node:crypto';
import { type BuiltEnvironment, EnvironmentFailure, type EnvironmentSpec } from './environments.ts';
import { preloadOf } from './preload.ts';
import { runProgram } from './programs.ts';
import { normaliseName } from './requirements.ts';

const PROBE = `
import json, os, platform, sys
try:
    from importlib import metadata
except ImportError:
    metadata = None
versions = {}
for found in (metadata.distributions() if metadata else ()):
    name = found.metadata['Name']
    if name and name not in versions:
        versions[name] = found.version
print(json.dumps({
    'python': sys.executable,
    'version': platform.python_version(),
    'roots': sorted({os.path.realpath(p) for p in (sys.prefix, sys.base_prefix, *sys.path) if p and os.path.isdir(p)}),
    'versions': versions,
}))`;

const PROBE_MS = 60_000;

/**
 * An environment that somebody else made and keeps, as it is: the interpreter and what is installed for it. Nothing is
 * installed or changed; what differs from the model's wish is told as warnings.
 * @throws EnvironmentFailure where there is no such interpreter, or none with MLflow
 */
export async function useLocalEnvironment(
  python: string,
  spec: EnvironmentSpec,
  options: { readonly variables: Readonly<Record<string, string>>; readonly signal: AbortSignal },
): Promise<BuiltEnvironment> {
  const ended = await runProgram([python, '-c', PROBE], {
    variables: options.variables,
    signal: AbortSignal.any([options.signal, AbortSignal.timeout(PROBE_MS)]),
  });
  if (ended.code !== 0)
    throw new EnvironmentFailure('InvalidArgument', `${python} does not start as a Python.`, {
      log: ended.stderr,
    });
  const found = JSON.parse(ended.stdout) as {
    readonly python: string;
    readonly version: string;
    readonly roots: readonly string[];
    readonly versions: Readonly<Record<string, string>>;
  };
  const versions = Object.fromEntries(
    Object.entries(found.versions).map(([name, version]) => [normaliseName(name), version]),
  );
  if (versions.mlflow === undefined && versions['mlflow-skinny'] === undefined)
    throw new EnvironmentFailure(
      'InvalidArgument',
      `There is no MLflow in the environment of ${found.python}: install it there, or let one be made by --env-manager uv.`,
    );
  const key = createHash('sha256').update(JSON.stringify([found.python, found.version, versions]));
  return {
    key: key.digest('hex'),
    python: found.python,
    preload: preloadOf(versions),
    roots: found.roots,
    pythonVersion: found.version,
    versions,
    warnings: differences(spec, found.version, versions),
  };
}

function differences(
  spec: EnvironmentSpec,
  python: string,
  versions: Readonly<Record<string, string>>,
): string[] {
  const warnings: string[] = [];
  if (spec.python !== undefined && spec.python !== python)
    warnings.push(`The model was logged with Python ${spec.python} and runs on ${python}.`);
  for (const { name, specifier, marker } of spec.requirements) {
    // What holds under a condition, or for a range of versions, is for an installer to judge.
    const pinned = /^===?([^*,]+)$/.exec(specifier)?.[1];
    // For building alone; a model that imports it says so among its requirements.
    if (marker !== undefined || name === 'setuptools') continue;
    const installed = versions[name];
    if (installed === undefined)
      warnings.push(`The model needs ${name}${specifier}, which is not installed.`);
    else if (pinned !== undefined && pinned !== installed)
      warnings.push(`The model was logged with ${name} ${pinned} and runs on ${installed}.`);
  }
  return warnings;
}
