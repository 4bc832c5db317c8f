// Every suite of `npm test`, in the order in which they run: the quick ones first.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { clientVersions, newestClient, runAcceptance } from './acceptance.mjs';
import { checkCoverage } from './acceptance-coverage.mjs';
import { startSystem } from './acceptance-systems.mjs';
import { runChecks } from './check.mjs';
import { ensureChromium } from './chromium.mjs';
import { installObjectServer, isInstalled, objectServerNames } from './object-servers.mjs';
import { ensurePostgres, startPostgres } from './postgres.mjs';
import { pinnedNode, root } from './setup.mjs';
import { countsFromVitest } from './test-counts.mjs';

/** @typedef {import('./test-counts.mjs').Counts} Counts */
/**
 * @typedef {object} Suite
 * @property {string} name
 * @property {() => Promise<Counts>} run prints as it goes; throws where it could not run at all
 * @property {boolean} [getsAlong] whether it may run beside others like it: it waits much, and has servers of its own
 */

/** @type {readonly Suite[]} */
export const SUITES = [
  { name: 'check', run: () => runChecks() },
  { name: 'unit', run: runUnit },
  { name: 'pages', run: runPages },
  // Long before its sibling: where environments of models have yet to be made, one of them does it for both.
  servingSuite('serving sqlite', { database: 'sqlite', artifacts: 'folder', auth: true }),
  // Those with identities run as somebody who is no administrator, with the rights of acceptance/rights.py: the newest
  // client by password here and by token on two servers, Databricks' clients by token on both.
  ...clientVersions().map((client) =>
    acceptanceSuite(
      `acceptance sqlite ${client}`,
      client,
      { database: 'sqlite', artifacts: 'folder', auth: client === newestClient },
      { signIn: 'basic' },
    ),
  ),
  ...clientVersions().map((client) =>
    acceptanceSuite(`acceptance postgres ${client}`, client, { database: 'postgres', artifacts: 'folder' }),
  ),
  acceptanceSuite('acceptance postgres s3', newestClient, { database: 'postgres', artifacts: 's3' }),
  acceptanceSuite('acceptance two servers', newestClient, {
    database: 'postgres',
    artifacts: 'folder',
    servers: 2,
    auth: true,
  }),
  databricksSuite('databricks sqlite', { database: 'sqlite', artifacts: 'folder', auth: true }),
  // Files go another way there, and nothing else does; and nobody is asked who they are.
  databricksSuite(
    'databricks files-api',
    { database: 'sqlite', artifacts: 'folder', flags: ['--databricks-artifacts', 'files-api'] },
    'databricks/test_files.py',
  ),
  databricksSuite('databricks two servers', {
    database: 'postgres',
    artifacts: 'folder',
    servers: 2,
    auth: true,
  }),
  servingSuite('serving two servers', { database: 'postgres', artifacts: 's3', servers: 2, auth: true }),
  { name: 'coverage of acceptance', run: checkCoverage },
  { name: 'fuzz', run: () => runAttacks('fuzz') },
  { name: 'faults', run: runFaults },
];

/**
 * @param {string} name
 * @param {string} client
 * @param {import('./acceptance-systems.mjs').SystemOptions} storage
 * @param {{signIn?: string}} [selection] how the client signs in, where the servers have identities
 * @returns {Suite}
 */
function acceptanceSuite(name, client, storage, selection) {
  return { name, run: () => runAcceptanceOn(name, client, storage, selection), getsAlong: true };
}

/**
 * Databricks' own clients, and mlflow as theirs.
 * @param {string} name
 * @param {import('./acceptance-systems.mjs').SystemOptions} storage
 * @param {string} [suite] a file of it, where that is enough
 * @returns {Suite}
 */
function databricksSuite(name, storage, suite = 'databricks') {
  return { name, run: () => runAcceptanceOn(name, newestClient, storage, { suite }), getsAlong: true };
}

/**
 * Models on endpoints, asked by Databricks' client and by plain HTTP. Their environments are made from the package index.
 * @param {string} name
 * @param {import('./acceptance-systems.mjs').SystemOptions} storage
 * @returns {Suite}
 */
function servingSuite(name, storage) {
  const run = () => runAcceptanceOn(name, newestClient, storage, { suite: 'serving' });
  return { name, run, getsAlong: true };
}

/** Removes what earlier runs recorded, so that reports tell of this run alone. */
export function forgetEarlierRuns() {
  rmSync(path.join(root, 'test-results', 'coverage.jsonl'), { force: true });
}

/** The tests beside the sources; those over the database port run on PostgreSQL as well. @returns {Promise<Counts>} */
async function runUnit() {
  const missing = await installObjectServers();
  const postgres = ensurePostgres() === undefined ? undefined : await startPostgres();
  try {
    const counts = await runVitest(postgres && { SLIPWAY_TEST_POSTGRES: postgres.url });
    if (postgres) return { ...counts, skipped: Math.max(counts.skipped, missing) };
    process.stdout.write(
      'LEFT OUT: everything on PostgreSQL, because this machine has no initdb and postgres.\n',
    );
    return { ...counts, skipped: counts.skipped + 1 };
  } finally {
    await postgres?.stop();
  }
}

/**
 * The object stores' own servers; those in Go are built once on a machine, which takes minutes. How many could not be had.
 * @returns {Promise<number>}
 */
async function installObjectServers() {
  let missing = 0;
  for (const name of objectServerNames) {
    if (isInstalled(name)) continue;
    process.stdout.write(`Installing ${name}, a server that tests run against …\n`);
    try {
      await installObjectServer(name);
    } catch (error) {
      missing += 1;
      process.stdout.write(
        `LEFT OUT: everything on ${name}: ${error instanceof Error ? error.message : error}\n`,
      );
    }
  }
  return missing;
}

/** The pages in a real browser, left out where there is none. @returns {Promise<Counts>} */
async function runPages() {
  if (ensureChromium() !== undefined)
    return runVitest({}, { name: 'pages', args: ['--config', 'web/vitest.config.ts'] });
  process.stdout.write('LEFT OUT: everything in a browser, because this machine has no Chromium.\n');
  return { passed: 0, failed: 0, skipped: 1 };
}

/** The suites that attack a server from outside. @param {'fuzz' | 'faults'} folder @returns {Promise<Counts>} */
async function runAttacks(folder) {
  const args = ['--config', 'acceptance/vitest.config.ts', `acceptance/${folder}/`];
  return runVitest({}, { name: folder, args });
}

/** Those on PostgreSQL and on a small disk are left out where the machine cannot have these. @returns {Promise<Counts>} */
async function runFaults() {
  ensurePostgres();
  return runAttacks('faults');
}

/**
 * @param {NodeJS.ProcessEnv} [env]
 * @param {{name: string, args: string[]}} [selection] which tests, and the name of the report
 * @returns {Promise<Counts>}
 */
export async function runVitest(env, { name, args } = { name: 'vitest', args: [] }) {
  const report = path.join(root, 'test-results', `${name}.json`);
  mkdirSync(path.dirname(report), { recursive: true });
  rmSync(report, { force: true });
  const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
  const child = spawn(
    pinnedNode,
    [vitest, 'run', '--reporter=default', '--reporter=json', `--outputFile=${report}`, ...args],
    {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  const [code] = await once(child, 'exit');
  const counts = countsFromVitest(readFileSync(report, 'utf8'));
  if (code !== 0 && counts.failed === 0) throw new Error(`vitest ended with ${code} and reported no failure`);
  return counts;
}

/**
 * The real client of one version against fresh servers of ours: the newest with everything, older ones with the core.
 * @param {string} name of the suite, and of its report
 * @param {string} client
 * @param {import('./acceptance-systems.mjs').SystemOptions} storage
 * @param {{suite?: string, signIn?: string}} [selection] a suite of its own, instead of that of the mlflow clients; how
 *   the client signs in
 * @returns {Promise<Counts>}
 */
export async function runAcceptanceOn(name, client, storage, selection = {}) {
  const system = await startSystem(storage);
  if (system === undefined) {
    process.stdout.write(`LEFT OUT: ${name}, because this machine has no initdb and postgres.\n`);
    return { passed: 0, failed: 0, skipped: 1 };
  }
  try {
    const { url, urls: servers, token } = system;
    return await runAcceptance({
      ...{ url, servers, client, webhooks: true, report: name },
      ...selection,
      ...(token !== undefined && { token }),
    });
  } finally {
    await system.stop();
  }
}
