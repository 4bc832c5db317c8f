import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pythonEnv, pythonVariables } from '../../../tools/python-env.mjs';

/**
 * Runs a script with the real `mlflow` client against a server; gives what it printed. MLFLOW_PYTHON names an
 * interpreter that has the client; without it the pinned environment is made.
 */
export async function runPython(serverUrl: string, script: string): Promise<string> {
  const python = process.env.MLFLOW_PYTHON ?? (await pythonEnv('mlflow-3.17.2'));
  const child = spawn(python, ['-c', script], {
    env: pythonVariables({
      MLFLOW_TRACKING_URI: serverUrl,
      MLFLOW_DISABLE_TELEMETRY: 'true',
      DO_NOT_TRACK: 'true',
    }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`python ended with ${code}: ${errors}`);
  return output;
}
