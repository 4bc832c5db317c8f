import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pythonEnv, pythonVariables } from '../../../tools/python-env.mjs';

const script = fileURLToPath(new URL('../../../tools/mlflow-store-fixture.py', import.meta.url));

export interface MlflowStore {
  /** Folder of everything, for what tests add. */
  readonly folder: string;
  /** Of a SQLite store; for a folder store the folder. */
  readonly path: string;
  remove(): void;
}

/** A store that the real package wrote: see `tools/mlflow-store-fixture.py` for what is in it. */
export async function makeMlflowStore(kind: 'sqlite' | 'folder', runs: number): Promise<MlflowStore> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-mlflow-'));
  const path = join(folder, kind === 'sqlite' ? 'mlflow.db' : 'mlruns');
  const uri = kind === 'sqlite' ? `sqlite:///${path}` : path;
  const python = await pythonEnv('mlflow-3.17.2');
  const args = [script, uri, String(runs), join(folder, 'artifacts')];
  await promisify(execFile)(python, args, { env: pythonVariables(), cwd: folder });
  return { folder, path, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
