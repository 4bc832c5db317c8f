import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { pythonEnv, pythonVariables } from '../../tools/python-env.mjs';
import { startServer } from '../../tools/server-process.mjs';

const SECONDS = 60;
const SEED = 20_260;
const API = '/api/2.0/mlflow';

it('answers no generated request with an error of its own', async () => {
  const python = await pythonEnv('fuzz');
  const server = await startServer();
  try {
    const known = await createObjects(server.url);
    const { code, output } = await runSchemathesis(python, server.url, known);
    expect(code, output).toBe(0);
    const generated = Number(/(\d+) generated/.exec(output)?.[1] ?? 0);
    expect(generated, output).toBeGreaterThan(1000);
    // Every operation was tried, and some requests were good enough to be carried out.
    expect(output).toMatch(/Selected: (\d+)\/\1\s+Tested: \1\b/);
    expect(await countSuccesses(server.url)).toBeGreaterThan(100);
    expect(server.output()).not.toMatch(/unexpected error|internal error|Unhandled/);
    process.stdout.write(`schemathesis: ${generated} requests\n`);
  } finally {
    expect(await server.stop()).toBe(0);
  }
});

async function createObjects(url: string): Promise<Record<string, string>> {
  const post = async (route: string, body: object) => {
    const answer = await fetch(`${url}${API}/${route}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(200);
    return (await answer.json()) as never;
  };
  const { run }: { run: { info: { run_id: string } } } = await post('runs/create', { experiment_id: '0' });
  const { model }: { model: { info: { model_id: string } } } = await post('logged-models', {
    experiment_id: '0',
    name: 'known',
  });
  await post('registered-models/create', { name: 'known' });
  await post('model-versions/create', { name: 'known', source: 's3://bucket/known' });
  return {
    experiment_id: '0',
    run_id: run.info.run_id,
    run_uuid: run.info.run_id,
    model_id: model.info.model_id,
    name: 'known',
    version: '1',
  };
}

/** Runs within its time, without looking for the smallest failing request, and gives what it said. */
async function runSchemathesis(
  python: string,
  url: string,
  known: Record<string, string>,
): Promise<{ code: number; output: string }> {
  const folder = import.meta.dirname;
  // It keeps notes where it runs.
  const notes = mkdtempSync(path.join(tmpdir(), 'slipway-fuzz-'));
  const program = path.join(path.dirname(python), 'schemathesis');
  const child = spawn(
    python,
    [
      program,
      ...['--config-file', path.join(folder, 'schemathesis.toml')],
      ...['run', `${url}/openapi.json`, '--checks', 'not_a_server_error', '--phases', 'coverage,fuzzing'],
      ...[
        '--seed',
        String(SEED),
        '--max-time',
        String(SECONDS),
        '--no-shrink',
        // They judge the generator, and a busy machine or an unlucky seed fails them: what counts is how much was sent.
        ...['--suppress-health-check', 'filter_too_much,too_slow'],
        '--warnings',
        'off',
        '--no-color',
      ],
    ],
    {
      cwd: notes,
      env: pythonVariables({ KNOWN_OBJECTS: JSON.stringify(known), PYTHONPATH: folder }),
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  const deadline = setTimeout(() => child.kill('SIGKILL'), (SECONDS + 60) * 1000);
  const [code] = await once(child, 'close');
  clearTimeout(deadline);
  rmSync(notes, { recursive: true });
  return { code: (code as number | null) ?? -1, output: output.slice(-20_000) };
}

/** Requests of the protocol that were carried out, by the server's own count. */
async function countSuccesses(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  let sum = 0;
  for (const [, count] of text.matchAll(
    /slipway_http_requests_total\{[^}]*route="\/api\/[^}]*status="200"[^}]*\} (\d+)/g,
  ))
    sum += Number(count);
  return sum;
}
