// `npm run demo`: fills a running server with real trainings, by the real mlflow client. Flags: --url, --lock.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { newestClient } from './acceptance.mjs';
import { pythonEnv, pythonVariables } from './python-env.mjs';
import { ensureInstalled, root } from './setup.mjs';

const { values } = parseArgs({
  options: { url: { type: 'string' }, lock: { type: 'boolean', default: false } },
});
const url = values.url ?? process.env.MLFLOW_TRACKING_URI ?? 'http://127.0.0.1:5000';

ensureInstalled();
const health = await fetch(new URL('/health', url)).catch(() => undefined);
if (!health?.ok) {
  process.stderr.write(`No server answers at ${url}: start one with \`npm start\`, or name it with --url.\n`);
  process.exit(1);
}
const python = process.env.MLFLOW_PYTHON ?? (await pythonEnv(`mlflow-${newestClient}`));
const child = spawn(python, [path.join(root, 'demo/fill.py'), ...(values.lock ? ['--lock'] : [])], {
  cwd: path.join(root, 'demo'),
  env: pythonVariables({
    MLFLOW_TRACKING_URI: url,
    // Nothing of the demo leaves this machine.
    MLFLOW_DISABLE_TELEMETRY: 'true',
    DO_NOT_TRACK: 'true',
    MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR: 'false',
    PYTHONDONTWRITEBYTECODE: '1',
    GIT_PYTHON_REFRESH: 'quiet',
  }),
  stdio: 'inherit',
});
const [code] = await once(child, 'exit');
process.exitCode = code ?? 1;
