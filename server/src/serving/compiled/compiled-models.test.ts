import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pythonEnv, pythonVariables } from '../../../../tools/python-env.mjs';
import { whyNotInProcess } from '../onnx/onnx-allow-list.ts';
import { readOnnxModel } from '../onnx/onnx-model.ts';
import { createOnnxThreads, type OnnxThreads } from '../onnx/onnx-threads.ts';
import { differenceHere } from './compiled-checks.ts';
import { type Evidence, readEvidence } from './evidence.ts';

const PROGRAMS = fileURLToPath(new URL('../../../../python', import.meta.url));

describe('models that are compiled', () => {
  let folder: string;
  let threads: OnnxThreads;
  const found = new Map<string, Evidence>();

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'slipway-compiled-'));
    await promisify(execFile)(await pythonEnv('compiler'), ['-m', 'model_compiler.test_models', folder], {
      cwd: PROGRAMS,
      env: pythonVariables({ MLFLOW_TRACKING_URI: `file://${folder}/tracking`, OMP_NUM_THREADS: '1' }),
    });
    for (const file of await readdir(folder))
      if (file.endsWith('.json'))
        found.set(
          path.basename(file, '.json'),
          readEvidence(await readFile(path.join(folder, file), 'utf8')),
        );
    threads = createOnnxThreads({ program: new URL('../onnx/onnx-thread.ts', import.meta.url), threads: 1 });
  }, 600_000);
  afterAll(async () => {
    await threads?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const load = async (name: string) => new Uint8Array(await readFile(path.join(folder, `${name}.onnx`)));

  it.each([
    'iris-forest',
    'cancer-forest',
    'iris-matrix',
    'cancer-boosting',
    'cancer-histogram',
    'iris-pipeline',
    'iris-xgboost',
    'cancer-xgboost',
    'cancer-lightgbm',
  ])('decide as the model itself: %s, here as well', async (name) => {
    const evidence = found.get(name)!;
    expect([evidence.state, evidence.reason]).toEqual(['proven', '']);
    expect(evidence.kind).toBe('decision');
    expect(Object.values(evidence.probes).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(2000);
    const file = await load(name);
    const model = readOnnxModel(file);
    expect(whyNotInProcess(model, file.length)).toBeUndefined();
    const session = await threads.load(file);
    expect(await differenceHere(session, model.outputs[0]!.name, evidence)).toBeUndefined();
    session.close();
  });

  it('give the numbers of a regressor within what is stated', async () => {
    const evidence = found.get('diabetes-forest')!;
    expect(evidence).toMatchObject({ state: 'proven', kind: 'score', tolerance: 1e-6 });
    expect(evidence.largestDifference).toBeLessThanOrEqual(1e-6);
    const session = await threads.load(await load('diabetes-forest'));
    expect(await differenceHere(session, 'prediction', evidence)).toBeUndefined();
    session.close();
  });

  it('are refused for one decision that differs, and say for which row', () => {
    const evidence = found.get('flipping')!;
    expect(evidence.state).toBe('refused');
    expect(evidence.reason).toMatch(
      /decided otherwise: for sepal length \(cm\) = 1\.0, .* Python gives 0 and compiled 1$/,
    );
    // It can be forced all the same, knowing that.
    expect(evidence.domain).toBeDefined();
  });

  it.each([
    ['overruled', 'Overruled is not one of the models that are compiled'],
    ['neighbours', 'KNeighborsClassifier is not one of the models that are compiled'],
  ])('are not tried where nobody knows how: %s', (name, reason) => {
    expect(found.get(name)).toMatchObject({ state: 'refused', reason });
  });

  it('are caught where the runtime of the server answers otherwise', async () => {
    const evidence = found.get('iris-forest')!;
    const checks = evidence.checks.map((check) => ({ ...check, answer: Number(check.answer) === 0 ? 1 : 0 }));
    const session = await threads.load(await load('iris-forest'));
    const told = await differenceHere(session, 'label', { ...evidence, checks });
    expect(told).toMatch(/answers otherwise than the one it was compared with: for \[/);
    session.close();
  });
});
