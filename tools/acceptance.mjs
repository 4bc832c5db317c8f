// Runs the acceptance suite, with real mlflow clients, against a running server.
//
//   npm run acceptance -- --url http://127.0.0.1:5000                 newest client, everything
//   npm run acceptance -- --url URL --client 2.9.2 --client 3.1       older clients, the core selection
//   npm run acceptance -- --url URL --client all
//   npm run acceptance -- --url URL --peer                            URL is the real `mlflow server`
//   npm run acceptance -- --url URL --webhooks                        it may deliver webhooks to http://127.0.0.1
//   npm run acceptance -- --url URL --suite databricks                Databricks' own clients
//   npm run acceptance -- --url URL --suite serving/heavy --environment heavy   with torch and Spark
//   npm run acceptance -- --url URL --token T                         it runs with --auth; T: an administrator's token
//   npm run acceptance -- --url URL --token T --sign-in basic         mlflow signs in by name and password
//   npm run acceptance -- --url URL -- -k registry -x                 what follows goes to pytest
//
// Reports: test-results/acceptance-CLIENT.xml (JUnit) and test-results/coverage.jsonl (requests by test).
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { modelEnvironments, pythonEnv, pythonVariables } from './python-env.mjs';
import { addCounts, renderCounts } from './test-counts.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const results = path.join(root, 'test-results');
export const newestClient = '3.17.2';

/** The client versions that have an environment, newest first. */
export function clientVersions() {
  const files = readdirSync(path.join(root, 'acceptance', 'requirements'));
  return files
    .flatMap((file) => /^mlflow-([\d.]+)\.txt$/.exec(file)?.[1] ?? [])
    .sort((a, b) => b.localeCompare(a, undefined, { numeric: true }));
}

/**
 * `passed`, `failed` and `skipped` of a JUnit file that pytest wrote; a suite that ran nothing has failed.
 * @param {string} xml
 */
export function readTotals(xml) {
  const suite = /<testsuite [^>]*>/.exec(xml)?.[0] ?? '';
  const count = (/** @type {string} */ name) => Number(new RegExp(` ${name}="(\\d+)"`).exec(suite)?.[1] ?? 0);
  const tests = count('tests');
  const failed = count('failures') + count('errors');
  const skipped = count('skipped');
  return { passed: tests - failed - skipped, failed: tests === 0 ? 1 : failed, skipped };
}

/** @param {string} python @param {string[]} args @returns {Promise<number | string>} its exit code, or the signal that ended it */
function pytest(python, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(python, ['-m', 'pytest', ...args], {
      cwd: path.join(root, 'acceptance'),
      env: pythonVariables({ SLIPWAY_ENVIRONMENTS: modelEnvironments }),
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(signal ?? code ?? 'nothing'));
  });
}

/**
 * Runs the suite with one client version and answers its totals.
 * `suite` is a folder of acceptance with a suite of its own. `token` is an administrator's, where the server asks who
 * calls: it makes the person as whom the suite runs, who signs in over mlflow as `signIn` says.
 * `environment` is the Python environment, where it is not that of the client; `url` is the server, `servers` are the addresses of each of several behind it; `report` names the JUnit file; `peer` tells that it is the real mlflow server; `webhooks` that it may post to this machine.
 * @param {{url: string, servers?: readonly string[], client?: string, suite?: string, token?: string, signIn?: string, environment?: string, peer?: boolean, webhooks?: boolean, report?: string, rest?: string[]}} options
 */
export async function runAcceptance({
  url,
  servers = [],
  client = newestClient,
  suite,
  token,
  signIn,
  environment = `mlflow-${client}`,
  peer = false,
  webhooks = false,
  report = `acceptance-${client}`,
  rest = [],
}) {
  const python = await pythonEnv(environment);
  await mkdir(results, { recursive: true });
  const junit = path.join(results, `${report.replaceAll(' ', '-')}.xml`);
  await rm(junit, { force: true });
  const flags = [...(peer ? ['--peer'] : []), ...(webhooks ? ['--webhooks'] : [])];
  const requests = path.join(results, 'coverage.jsonl');
  const reports = [`--junitxml=${junit}`, `--requests=${requests}`];
  // A folder `databricks` that is imported as a package would stand in the way of the SDK's.
  const where = suite ? [suite, '--import-mode=prepend'] : [];
  const who = [...(token ? [`--token=${token}`] : []), ...(signIn ? [`--sign-in=${signIn}`] : [])];
  const ended = await pytest(python, [
    ...where,
    ...who,
    ...servers.map((server) => `--server=${server}`),
    ...['-q', '--tb=short', `--url=${url}`],
    ...flags,
    ...reports,
    ...rest,
  ]);
  const totals = existsSync(junit)
    ? readTotals(await readFile(junit, 'utf8'))
    : { passed: 0, failed: 1, skipped: 0 };
  // pytest can end badly with all tests green (a broken plugin, an interruption): that is no success.
  if (ended !== 0 && totals.failed === 0) totals.failed = 1;
  return totals;
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      url: { type: 'string' },
      client: { type: 'string', multiple: true },
      suite: { type: 'string' },
      environment: { type: 'string' },
      token: { type: 'string' },
      'sign-in': { type: 'string' },
      server: { type: 'string', multiple: true },
      peer: { type: 'boolean', default: false },
      webhooks: { type: 'boolean', default: false },
    },
  });
  if (!values.url) {
    console.error(
      'usage: npm run acceptance -- --url URL [--client VERSION|all]... [--suite databricks] [--token T [--sign-in basic]] [--peer] [--webhooks] [-- PYTEST...]',
    );
    return 2;
  }
  const asked = values.client ?? [newestClient];
  const clients = asked.includes('all') ? clientVersions() : asked;
  await rm(path.join(results, 'coverage.jsonl'), { force: true });
  let sum = { passed: 0, failed: 0, skipped: 0 };
  for (const client of clients) {
    console.log(`\n== mlflow client ${client} against ${values.url}`);
    const report = `acceptance-${(values.suite ?? client).replaceAll('/', '-')}`;
    const { 'sign-in': signIn, server: servers, environment, ...others } = values;
    const who = {
      ...(signIn && { signIn }),
      ...(servers && { servers }),
      ...(environment && { environment }),
    };
    const totals = await runAcceptance({
      ...others,
      ...who,
      url: values.url,
      client,
      report,
      rest: positionals,
    });
    sum = addCounts([sum, totals]);
  }
  console.log(renderCounts(sum));
  return sum.failed === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main();
