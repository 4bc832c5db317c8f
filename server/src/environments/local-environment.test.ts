import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pythonEnv } from '../../../tools/python-env.mjs';
import type { EnvironmentSpec } from './environments.ts';
import { useLocalEnvironment } from './local-environment.ts';
import { judgeLine } from './requirements.ts';

let folder: string;
let python: string;
const options = { variables: { PATH: process.env.PATH! }, signal: new AbortController().signal };

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'slipway-local-'));
  python = await pythonEnv('mlflow-3.17.2');
}, 300_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

function wish(python: string | undefined, ...lines: string[]): EnvironmentSpec {
  const requirements = lines.map((text) => {
    const judged = judgeLine({ file: 'requirements.txt', line: 1, text });
    if (judged.kind !== 'requirement') throw new Error(text);
    return judged.requirement;
  });
  return { python, requirements, constraints: [], wheels: [] };
}

test('an environment is used as it is, and what differs from the model is told', async () => {
  const spec = wish('3.11.99', 'mlflow==3.17.2', 'numpy==0.1', 'slipway-none', 'pywin32 ; os_name == "nt"');
  const found = await useLocalEnvironment(python, spec, options);
  expect(found.versions.mlflow).toBe('3.17.2');
  expect(found.preload).toEqual(expect.arrayContaining(['numpy', 'mlflow.pyfunc']));
  expect(found.warnings).toEqual([
    `The model was logged with Python 3.11.99 and runs on ${found.pythonVersion}.`,
    `The model was logged with numpy 0.1 and runs on ${found.versions.numpy}.`,
    'The model needs slipway-none, which is not installed.',
  ]);
  expect(found.python).toBe(python);
  expect((await useLocalEnvironment(python, wish(undefined), options)).key).toBe(found.key);
});

test('a Python without MLflow, and what is no Python, are refused', async () => {
  await expect(useLocalEnvironment('/usr/bin/python3', wish(undefined), options)).rejects.toThrow(
    /There is no MLflow in the environment of .*python3/,
  );
  const fake = path.join(folder, 'fake');
  await writeFile(fake, '#!/bin/sh\nexit 3\n', { mode: 0o755 });
  await expect(useLocalEnvironment(fake, wish(undefined), options)).rejects.toThrow(/does not start/);
  await expect(useLocalEnvironment(path.join(folder, 'none'), wish(undefined), options)).rejects.toThrow(
    /cannot be started/,
  );
});
