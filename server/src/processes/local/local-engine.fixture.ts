import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pythonEnv, pythonVariables } from '../../../../tools/python-env.mjs';
import type { OpenedEngine } from '../conformance/engine-suite.ts';
import { processTree } from '../memory-watch.ts';
import { DEFAULT_REPLICA_LIMITS, type EnvironmentRef } from '../port.ts';
import type { IsolationSetting } from './jail-plan.ts';
import { openLocalEngine } from './local-engine.ts';

const WORKER_PROGRAM = fileURLToPath(new URL('../../../../python/scoring_worker/zygote.py', import.meta.url));
const MODELS_PROGRAM = fileURLToPath(new URL('../conformance/models.py', import.meta.url));

/** A Python with mlflow and scikit-learn; MLFLOW_PYTHON names one that is there already. */
export async function testedPython(): Promise<EnvironmentRef> {
  const python = process.env.MLFLOW_PYTHON ?? (await pythonEnv('mlflow-3.17.2'));
  return { key: 'tested', python, preload: ['numpy', 'pandas', 'mlflow.pyfunc', 'sklearn.ensemble'] };
}

/** A folder with the models of `conformance/models.py`. */
export async function saveModels(python: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'slipway-models-'));
  await promisify(execFile)(python, [MODELS_PROGRAM, folder], {
    env: pythonVariables({ MLFLOW_TRACKING_URI: `file://${folder}/tracking` }),
  });
  return folder;
}

export async function openTestedEngine(
  isolation: IsolationSetting,
  { memoryBudgetBytes = 8 * 2 ** 30, models }: { memoryBudgetBytes?: number; models: string },
): Promise<OpenedEngine> {
  const environment = await testedPython();
  const engine = await openLocalEngine({
    program: WORKER_PROGRAM,
    runFolder: undefined,
    isolation,
    memoryBudgetBytes,
    resourceClasses: {},
    idleInterpreterMs: 1_800_000,
    now: () => performance.now(),
  });
  return {
    engine,
    spec: (model, { load, limits, ...change } = {}) => ({
      key: `${model}-${randomBytes(4).toString('hex')}`,
      program: 'python',
      environment,
      model: { folder: path.join(models, model), digest: model },
      load: { path: 'auto', rowWise: 'prove', modelConfig: undefined, ...load },
      variables: {},
      limits: { ...DEFAULT_REPLICA_LIMITS, temporaryBytes: 64 * 2 ** 20, ...limits },
      network: 'none',
      resourceClass: 'cpu',
      evictable: true,
      ...change,
    }),
    processes: async () => (await processTree(process.pid)).slice(1),
    remove: async () => {
      await engine.close();
    },
  };
}

export const removeModels = (folder: string) => rm(folder, { recursive: true, force: true });
