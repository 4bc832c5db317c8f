import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pythonEnv, pythonVariables } from '../../tools/python-env.mjs';
import { openConnection, prepareRequest } from '../load/connection.ts';
import type { Question } from './load.ts';

export const programs = fileURLToPath(new URL('programs', import.meta.url));
const run = promisify(execFile);

/** A forest of 100 trees that tells irises apart, in each form that a system wants. */
export interface ModelFolder {
  readonly folder: string;
  readonly pickled: string;
  readonly onnx: string;
  /** As MLflow saves it. */
  readonly saved: string;
  readonly columns: readonly string[];
  /** 64 rows, and what the model says of each. */
  readonly rows: readonly (readonly number[])[];
  readonly predictions: readonly number[];
}

/** Trains and saves it in `folder`; the interpreter has MLflow. */
export async function makeModel(folder: string, python: string): Promise<ModelFolder> {
  const env = pythonVariables({ MLFLOW_TRACKING_URI: `file://${folder}/tracking` });
  await run(python, [path.join(programs, 'train.py'), folder], { env });
  await run(await pythonEnv('bench-fastapi'), [path.join(programs, 'to_onnx.py'), folder], { env });
  const said = JSON.parse(readFileSync(path.join(folder, 'rows.json'), 'utf8')) as Pick<
    ModelFolder,
    'columns' | 'rows' | 'predictions'
  >;
  const at = (name: string) => path.join(folder, name);
  return { folder, pickled: at('model.joblib'), onnx: at('model.onnx'), saved: at('model'), ...said };
}

export interface Versions {
  readonly versions: number;
  /** Beside MLflow and scikit-learn. */
  readonly requirements: readonly string[];
}

/** Registers the model on a tracking server; version n answers 10 · (n - 1) more than version 1. */
export async function register(
  { folder }: ModelFolder,
  { python, url, models }: { python: string; url: string; models: Readonly<Record<string, Versions>> },
): Promise<void> {
  const env = pythonVariables({ MLFLOW_TRACKING_URI: url });
  await run(python, [path.join(programs, 'register.py'), folder, JSON.stringify(models)], { env });
}

/** The body that MLflow's scoring server takes. */
export const mlflowQuestion = (
  { columns }: Pick<ModelFolder, 'columns'>,
  rows: readonly (readonly number[])[],
): Question => ({
  path: '/invocations',
  body: JSON.stringify({ dataframe_split: { columns, data: rows } }),
});

/** What a system answers, whatever it puts around the predictions. @throws Error where it is no 200 */
export async function askOnce(port: number, { path: at, body }: Question): Promise<readonly number[]> {
  const connection = openConnection(port);
  try {
    const { status, body: answer } = await connection.exchange(prepareRequest('POST', at, body), {
      keepBody: true,
    });
    if (status !== 200) throw new Error(`answered ${status}: ${answer.subarray(0, 300).toString()}`);
    const said = JSON.parse(answer.toString()) as readonly number[] | { predictions: readonly number[] };
    return 'predictions' in said ? said.predictions : said;
  } finally {
    connection.close();
  }
}
