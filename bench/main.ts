// `npm run bench`: the real `mlflow server`, Slipway and the bare program on one machine, in one run.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { fillOverHttp, fillServer, type Sizes } from './data/fill.ts';
import { fillPeerTables, insertIntoPostgres, insertIntoSqlite } from './data/fill-peer.ts';
import { measureScenario, type Pace, type ScenarioResult, type SubjectName } from './measure.ts';
import { describeMachine, remarks, renderFinding, renderReport, renderRow } from './report.ts';
import {
  describeMemory,
  type Finding,
  measureGrowth,
  measureStart,
  measureThinned,
} from './scenarios/alone.ts';
import { artifacts } from './scenarios/artifacts.ts';
import { measureAuth } from './scenarios/auth.ts';
import { measureImport } from './scenarios/imports.ts';
import { reads } from './scenarios/reads.ts';
import { registry } from './scenarios/registry.ts';
import type { Subject } from './scenarios/scenario.ts';
import { writes } from './scenarios/writes.ts';
import type { RunningServer } from './targets/server-process.ts';
import { peerDatabase, slipwayEntry, startBareProgram, startPeer, startSlipway } from './targets/servers.ts';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const MIB = 1024 * 1024;

const USAGE = `npm run bench -- [flags]
  --only NAMES    scenarios by name, comma-separated; also: thinned, auth, import, growth, start, memory
  --quick         small data and short rounds: whether it works, not how fast it is
  --no-peer       without mlflow server
  --postgres      metadata of all three on a PostgreSQL that the benchmark starts, instead of SQLite
  --python FILE   the interpreter that has mlflow 3.17.2 (else tools/python-env.mjs makes one)
  --home FOLDER   where the data lies (else a temporary folder); it must be on the disk that is to be measured
  --write         writes bench/RESULTS.md, or RESULTS-postgres.md
`;

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    'no-peer': { type: 'boolean', default: false },
    python: { type: 'string' },
    home: { type: 'string' },
    postgres: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (flags.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}

const sizes: Sizes = flags.quick
  ? { runs: 2000, historyPoints: 30_000, artifactBytes: 64 * MIB }
  : { runs: 20_000, historyPoints: 200_000, artifactBytes: 1024 * MIB };
const pace: Pace = flags.quick
  ? { rounds: 1, roundMs: 1000, peerRoundMs: 2000, warmUpMs: 200 }
  : { rounds: 3, roundMs: 3000, peerRoundMs: 6000, warmUpMs: 700 };
const growthSizes: readonly [number, number] = flags.quick ? [1000, 5000] : [10_000, 200_000];
const thinnedPoints = flags.quick ? 100_000 : 1_000_000;

const only = flags.only?.split(',');
const isWanted = (name: string): boolean => only === undefined || only.includes(name);
// Reads come before the writes that change what they read.
const allScenarios = [...reads, ...registry, ...writes, ...artifacts];
const scenarios = allScenarios
  .filter(({ name }) => isWanted(name))
  // On PostgreSQL the ratio to the peer is told and not judged.
  .map((scenario) =>
    flags.postgres ? { ...scenario, bar: { ...scenario.bar, peer: undefined } } : scenario,
  );
const known = allScenarios
  .map(({ name }) => name)
  .concat('thinned', 'auth', 'import', 'growth', 'start', 'memory');
const unknown = only?.filter((name) => !known.includes(name)) ?? [];
if (unknown.length > 0) {
  process.stderr.write(`No such scenario: ${unknown.join(', ')}. There are: ${known.join(', ')}.\n`);
  process.exit(2);
}

const say = (line: string): boolean => process.stderr.write(`${line}\n`);
const folder =
  flags.home === undefined ? mkdtempSync(path.join(tmpdir(), 'slipway-bench-')) : path.resolve(flags.home);
mkdirSync(folder, { recursive: true });
process.on('exit', () => {
  if (flags.home === undefined) rmSync(folder, { recursive: true, force: true });
});

const postgres = flags.postgres ? await startDatabases() : undefined;
const servers: Partial<Record<SubjectName, RunningServer>> = {};
const subjects: Partial<Record<SubjectName, Subject>> = {};
const results: ScenarioResult[] = [];
const findings: Finding[] = [];
/** Of the peer's PostgreSQL database. */
let peerUrl: string | undefined;
const needsServers =
  scenarios.length > 0 ||
  isWanted('thinned') ||
  isWanted('memory') ||
  (isWanted('import') && !flags['no-peer']);

interface Databases {
  /** Makes an empty database of that name; returns its URL. */
  create(name: string): Promise<string>;
  stop(): Promise<void>;
}

async function startDatabases(): Promise<Databases> {
  const { startPostgres } = await import('../tools/postgres.mjs');
  const server = await startPostgres({ durable: true });
  return {
    async create(name) {
      const client = new Client({ connectionString: server.url });
      await client.connect();
      await client.query(`CREATE DATABASE ${name}`);
      await client.end();
      return server.url.replace(/[^/]*$/, name).replace('postgres://', 'postgresql://');
    },
    stop: () => server.stop(),
  };
}

async function startAll(): Promise<void> {
  if (!flags['no-peer']) {
    say('Starting mlflow server …');
    const home = path.join(folder, 'peer');
    const databaseUrl = await postgres?.create('peer');
    peerUrl = databaseUrl;
    const peer = await startPeer(await findPython(), { home, databaseUrl });
    servers.peer = peer;
    say(`… after ${(peer.startedInMs / 1000).toFixed(1)} s; filling it`);
    const insert =
      databaseUrl === undefined ? insertIntoSqlite(peerDatabase(home)) : insertIntoPostgres(databaseUrl);
    const fill = fillPeerTables(peer.port, insert);
    subjects.peer = await fillServer(peer.port, sizes, fill);
  }
  say(`Starting and filling Slipway (${path.relative(root, slipwayEntry())})`);
  servers.slipway = await startSlipway({
    home: path.join(folder, 'slipway'),
    databaseUrl: await postgres?.create('slipway'),
  });
  subjects.slipway = await fillServer(servers.slipway.port, sizes, fillOverHttp(servers.slipway.port));
  say('Starting and filling the bare program');
  servers.bare = await startBareProgram({
    home: path.join(folder, 'bare'),
    databaseUrl: await postgres?.create('bare'),
  });
  subjects.bare = await fillServer(servers.bare.port, sizes, fillOverHttp(servers.bare.port));
}

async function findPython(): Promise<string> {
  const given = flags.python ?? process.env.MLFLOW_PYTHON;
  if (given) return given;
  const { pythonEnv } = await import('../tools/python-env.mjs');
  return pythonEnv(postgres === undefined ? 'mlflow-3.17.2' : 'mlflow-3.17.2-postgres');
}

function record(more: readonly Finding[]): void {
  for (const finding of more) process.stdout.write(`${renderFinding(finding)}\n`);
  findings.push(...more);
}

async function run(): Promise<void> {
  if (needsServers) await startAll();
  for (const scenario of scenarios) {
    const result = await measureScenario(scenario, subjects, pace);
    results.push(result);
    process.stdout.write(`${renderRow(result)}\n`);
    for (const remark of remarks(result)) process.stdout.write(`  ${remark}\n`);
  }
  if (isWanted('thinned')) record(await measureThinned(subjects.slipway!, subjects.peer, thinnedPoints));
  if (isWanted('memory')) {
    record([describeMemory('Slipway', servers.slipway!.memory(), true)]);
    record([describeMemory('bare program', servers.bare!.memory(), false)]);
    if (servers.peer) record([describeMemory('mlflow server', servers.peer.memory(), false)]);
  }
  const peerStartedInMs = servers.peer?.startedInMs;
  // What follows measures Slipway alone: the others would only take its processor.
  await stopAll();
  if (isWanted('import') && peerStartedInMs !== undefined) {
    const from = peerUrl ?? `sqlite:///${peerDatabase(path.join(folder, 'peer'))}`;
    const databaseUrl = await postgres?.create('imported');
    record(await measureImport({ from, home: path.join(folder, 'imported'), databaseUrl, runs: sizes.runs }));
  }
  if (isWanted('auth')) {
    record(
      await measureAuth({
        home: path.join(folder, 'auth'),
        sizes: { ...sizes, runs: Math.min(sizes.runs, 2000), historyPoints: 1000 },
        pace,
        database: async (name) => postgres?.create(name),
      }),
    );
  }
  if (isWanted('start'))
    record(await measureStart(path.join(folder, 'start'), peerStartedInMs, await postgres?.create('start')));
  if (isWanted('growth'))
    record(await measureGrowth(path.join(folder, 'growth'), growthSizes, await postgres?.create('growth')));
}

async function stopAll(): Promise<void> {
  await Promise.all(Object.values(servers).map((server) => server.stop()));
  for (const name of Object.keys(servers)) delete servers[name as SubjectName];
}

try {
  await run();
} finally {
  await stopAll();
  await postgres?.stop();
}
const versionOf = (name: string): string =>
  (
    JSON.parse(readFileSync(path.join(root, 'node_modules', name, 'package.json'), 'utf8')) as {
      version: string;
    }
  ).version;
const report = renderReport({
  command: ['npm run bench --', ...process.argv.slice(2)].join(' '),
  facts: [
    ...describeMachine({
      Node: process.version,
      'better-sqlite3': versionOf('better-sqlite3'),
      'mlflow server': flags['no-peer'] ? 'not run' : '3.17.2',
    }),
    `${sizes.runs.toLocaleString('en-US')} runs of 8 params, 8 metrics and 4 tags; a history of ${sizes.historyPoints.toLocaleString('en-US')} points; artifacts of ${sizes.artifactBytes / MIB} MiB; metadata on ${flags.postgres ? 'PostgreSQL' : 'SQLite'}`,
  ],
  results,
  findings,
});
process.stdout.write(`\n${report}`);
if (flags.write)
  writeFileSync(path.join(root, 'bench', flags.postgres ? 'RESULTS-postgres.md' : 'RESULTS.md'), report);
