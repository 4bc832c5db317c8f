// `npm run bench -- serving`: systems that serve one model over HTTP, each started alone, in one run.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { pythonEnv } from '../../tools/python-env.mjs';
import { root } from '../../tools/setup.mjs';
import { describeMachine, renderFinding } from '../report.ts';
import type { Finding } from '../scenarios/alone.ts';
import { measureGateway, measureLog } from './costs.ts';
import { measureCrowd } from './crowd.ts';
import { measureColdStart, measureCreate, measureSwaps } from './lifecycle.ts';
import { startLoadTool } from './load.ts';
import { type ModelFolder, makeModel } from './model.ts';
import { judgeThroughput, renderThroughput, type SystemResult } from './report.ts';
import { LANES, openSlipway, slipwaySystem } from './slipway.ts';
import { peers, type System } from './systems.ts';
import { measureSystem, type SystemRound, type Windows } from './throughput.ts';

const PARTS = ['throughput', 'log', 'gateway', 'create', 'cold', 'swap', 'crowd'] as const;
const USAGE = `npm run bench -- serving [flags]
  --only NAMES     parts, comma-separated: ${PARTS.join(', ')}
  --systems NAMES  of the throughput, comma-separated: ${peers.map(({ name }) => name).join(', ')}, slipway-python
  --quick          short windows and few endpoints: whether it works, not how fast it is
  --python FILE    the interpreter that has mlflow 3.17.2 (else tools/python-env.mjs makes one)
  --home FOLDER    where the data lies (else a temporary folder)
  --write          writes bench/RESULTS-serving.md
`;

const { values: flags } = parseArgs({
  args: process.argv.slice(2).filter((arg) => arg !== 'serving'),
  options: {
    only: { type: 'string' },
    systems: { type: 'string' },
    quick: { type: 'boolean', default: false },
    python: { type: 'string' },
    home: { type: 'string' },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (flags.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}

const only = flags.only?.split(',');
const chosen = flags.systems?.split(',');
const isWanted = (part: (typeof PARTS)[number]): boolean => only === undefined || only.includes(part);
const unknown = only?.filter((name) => !(PARTS as readonly string[]).includes(name)) ?? [];
if (unknown.length > 0) {
  process.stderr.write(`No such part: ${unknown.join(', ')}. There are: ${PARTS.join(', ')}.\n`);
  process.exit(2);
}
const rounds = flags.quick ? 1 : 3;
const windows: Windows = flags.quick ? { warmUpMs: 300, windowMs: 1500 } : { warmUpMs: 1000, windowMs: 4000 };
const times = flags.quick ? 2 : 5;
const swapping = flags.quick ? { swaps: 4, answers: 5000 } : { swaps: 20, answers: 100_000 };
const crowd = flags.quick ? 6 : 100;
/** Beyond this an endpoint that may scale to zero does. */
const IDLE = '5s';

const say = (line: string): boolean => process.stderr.write(`${line}\n`);
const folder =
  flags.home === undefined ? mkdtempSync(path.join(tmpdir(), 'slipway-serving-')) : path.resolve(flags.home);
mkdirSync(folder, { recursive: true });
process.on('exit', () => {
  if (flags.home === undefined) rmSync(folder, { recursive: true, force: true });
});

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** In turn, each alone: what fails is told, and left out of the rounds that follow. */
async function measureThroughput(model: ModelFolder, python: string): Promise<SystemResult[]> {
  const all: readonly System[] = [...peers, ...LANES.map((lane) => slipwaySystem(lane, python))];
  const results: SystemResult[] = [];
  for (const system of all.filter(({ name }) => chosen?.includes(name) ?? true)) {
    say(`Preparing ${system.title}`);
    const result: SystemResult = { name: system.name, title: system.title, rounds: [], leftOut: undefined };
    results.push(result);
    await attempt(result, () => system.install(model));
  }
  for (let round = 1; round <= rounds; round += 1) {
    for (const result of results.filter(({ leftOut }) => leftOut === undefined)) {
      const system = all.find(({ name }) => name === result.name)!;
      await attempt(result, async () => {
        const measured = await measureSystem(system, model, { tool, windows });
        result.rounds.push(measured);
        say(`${round}/${rounds} ${system.title}: ${describe(measured)}`);
      });
    }
  }
  return results;
}

async function attempt(result: SystemResult, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    result.leftOut = messageOf(error);
    say(`${result.title} is left out: ${result.leftOut}`);
  }
}

const describe = ({ windows: measured }: SystemRound): string =>
  measured
    .map((one) => `${one.requestsPerSecond.toFixed(0)}/s ${one.cpuMsPerRequest.toFixed(3)} ms`)
    .join(', ');

/** What is measured on our own server alone. */
async function measureOurs(model: ModelFolder, python: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  const home = path.join(folder, 'slipway');
  const slipway = await openSlipway(model, { home, python, flags: ['--serving-idle', IDLE] });
  try {
    for (const lane of LANES) {
      const costs = { lane, tool, model, windows, rounds };
      await part('log', lane.title, () => measureLog(slipway, costs));
      await part('gateway', lane.title, () => measureGateway(slipway, { ...costs, python }));
      await part('create', lane.title, () => measureCreate(slipway, { lane, times }));
      await part('cold', lane.title, () => measureColdStart(slipway, { lane, times }));
      await part('swap', lane.title, () => measureSwaps(slipway, { lane, tool, model, ...swapping }));
    }
  } finally {
    await slipway.stop();
  }
  // Alone on its server, for what others left behind is no part of it.
  if (!isWanted('crowd')) return findings;
  const crowded = await openSlipway(model, {
    home: path.join(folder, 'crowd'),
    python,
    flags: ['--serving-idle', IDLE],
  });
  try {
    for (const lane of LANES)
      await part('crowd', lane.title, () => measureCrowd(crowded, { lane, count: crowd }));
  } finally {
    await crowded.stop();
  }

  /** What cannot be measured is a bar that is not met, and the rest is measured. */
  async function part(name: (typeof PARTS)[number], title: string, measure: () => Promise<Finding[]>) {
    if (!isWanted(name)) return;
    say(`${title}: ${name}`);
    try {
      findings.push(...(await measure()));
    } catch (error) {
      const value = `could not be measured: ${messageOf(error).slice(0, 200)}`;
      findings.push({ title: `${title}: ${name}`, value, bar: '–', isMet: false });
    }
    for (const one of findings.slice(-1)) say(renderFinding(one));
  }

  return findings;
}

const tool = startLoadTool();
let report: string;
try {
  const python = flags.python ?? process.env.MLFLOW_PYTHON ?? (await pythonEnv('mlflow-3.17.2'));
  say('Training the model');
  const model = await makeModel(folder, python);
  const results = isWanted('throughput') ? await measureThroughput(model, python) : [];
  const findings = [...judgeThroughput(results)];
  if (PARTS.some((name) => name !== 'throughput' && isWanted(name)))
    findings.push(...(await measureOurs(model, python)));
  report = [
    '# Benchmark results: serving',
    '',
    `Written by \`${['npm run bench --', ...process.argv.slice(2)].join(' ')}\` on ${new Date().toISOString().slice(0, 10)}.`,
    '',
    ...describeMachine({ Node: process.version }).map((fact) => `- ${fact}`),
    '- a RandomForestClassifier of 100 trees on iris; windows of ' +
      `${windows.windowMs / 1000} s, medians of ${rounds} rounds; each system is started alone`,
    '- processor time is that of all processes of a system, from `/proc`; the load tool is a process of its own',
    '',
    ...renderThroughput(results),
    ...(findings.length === 0
      ? []
      : ['| bar | measured | wanted | met |', '|---|---:|---:|---|', ...findings.map(renderFinding), '']),
    'Bars that are missed: [PROFILES.md](PROFILES.md) says where their time goes and what was tried.',
    '',
  ].join('\n');
} finally {
  await tool.stop();
}
process.stdout.write(report);
if (flags.write) writeFileSync(path.join(root, 'bench/RESULTS-serving.md'), report);
