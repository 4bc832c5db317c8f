// `npm run bench -- ui`: the web pages beside MLflow's own, on the same data, in one headless Chromium, in one run.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Browser, chromium } from 'playwright-core';
import { chromiumFlags, ensureChromium } from '../../tools/chromium.mjs';
import { describeMachine } from '../report.ts';
import type { RunningServer } from '../targets/server-process.ts';
import { peerDatabase, startPeer, startSlipway } from '../targets/servers.ts';
import { fillPeerSweep, fillSlipway, type UiData, type UiSizes } from './data.ts';
import { mlflow, slipway } from './interfaces.ts';
import { chartsPlace, fillLive, measureLive, runPlace } from './live.ts';
import {
  measureCurves,
  measureHistory,
  measureScroll,
  measureTable,
  type TableTimes,
} from './measurements.ts';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const USAGE = `npm run bench -- ui [flags]
  --quick         small data: whether it works, not how fast it is
  --no-peer       without MLflow's own interface
  --python FILE   the interpreter that has mlflow 3.17.2 (else tools/python-env.mjs makes one)
  --home FOLDER   where the data lies (else a temporary folder)
  --write         writes bench/RESULTS-ui.md
`;

const { values: flags } = parseArgs({
  args: process.argv.slice(2).filter((arg) => arg !== 'ui'),
  options: {
    quick: { type: 'boolean', default: false },
    'no-peer': { type: 'boolean', default: false },
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
const sizes: UiSizes = flags.quick
  ? { sweepRuns: 200, wideRuns: 2000, curves: 10, curvePoints: 1000, historyPoints: 50_000 }
  : { sweepRuns: 2000, wideRuns: 100_000, curves: 100, curvePoints: 10_000, historyPoints: 1_000_000 };
const rounds = flags.quick ? 1 : 5;
const sweep = sizes.sweepRuns.toLocaleString('en-US');
const say = (line: string) => process.stderr.write(`${line}\n`);

interface Row {
  readonly what: string;
  readonly peer?: string;
  readonly ours: string;
  readonly bar: string;
  readonly isMet: boolean;
}
const rows: Row[] = [];
function record(row: Row): void {
  rows.push(row);
  process.stdout.write(`${renderRow(row)}\n`);
}
const renderRow = ({ what, peer, ours, bar, isMet }: Row): string =>
  `| ${what} | ${peer ?? '–'} | ${ours} | ${bar} | ${isMet ? 'met' : '**not met**'} |`;
const ms = (value: number): string =>
  value < 1000 ? `${value.toFixed(0)} ms` : `${(value / 1000).toFixed(2)} s`;
const kilobytes = (bytes: number): string =>
  `${(bytes / 1000).toLocaleString('en-US', { maximumFractionDigits: 0 })} kB`;

/** A measurement that cannot be made is a bar that is not met, and the others are made. */
async function attempt(what: string, bar: string, measure: () => Promise<void>): Promise<void> {
  say(what);
  try {
    await measure();
  } catch (error) {
    const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    record({ what, ours: `could not be measured: ${line.slice(0, 150)}`, bar, isMet: false });
  }
}

function recordTable(ours: TableTimes, peer: TableTimes | undefined): void {
  const row = (what: string, bar: string, isMet: boolean, of: (times: TableTimes) => string) =>
    record({ what, bar, isMet, ours: of(ours), ...(peer && { peer: of(peer) }) });
  row('first visit, bytes over the wire', '≤ 300 kB', ours.bytes <= 300_000, (times) =>
    kilobytes(times.bytes),
  );
  row('first visit, requests', '≤ 8', ours.requests <= 8, (times) => String(times.requests));
  row(`table of ${sweep} runs usable, cold`, '≤ 0.8 s', ours.coldMs <= 800, (times) => ms(times.coldMs));
  row('the same, warm', '≤ 0.3 s', ours.warmMs <= 300, (times) => ms(times.warmMs));
  row(`filter of ${sweep} runs`, '≤ 0.2 s', ours.filterMs <= 200, (times) => ms(times.filterMs));
  row('change to charts', '≤ 0.3 s', (ours.chartMs ?? Infinity) <= 300, (times) => ms(times.chartMs ?? NaN));
}

async function measurePair(browser: Browser, ours: UiPlace, peer: PeerPlace | undefined): Promise<void> {
  const question = { filter: "attributes.run_name = 'run-17'", runName: 'run-17', rounds, withCharts: true };
  await attempt(`table of ${sweep} runs`, 'all of its bars', async () => {
    const theirs =
      peer && (await measureTable(browser, mlflow(peer.port), { ...question, experimentId: peer.sweepId }));
    recordTable(
      await measureTable(browser, slipway(ours.port), { ...question, experimentId: ours.data.sweepId }),
      theirs,
    );
  });
}

interface UiPlace {
  readonly port: number;
  readonly data: UiData;
}
interface PeerPlace {
  readonly port: number;
  readonly sweepId: string;
}

async function measureAlone(browser: Browser, { port, data }: UiPlace): Promise<void> {
  const ui = slipway(port);
  const runs = sizes.wideRuns.toLocaleString('en-US');
  await attempt(`table of ${runs} runs with 1,000 keys`, '≤ 1 s, filter ≤ 0.3 s', async () => {
    const times = await measureTable(browser, ui, {
      experimentId: data.wideId,
      filter: "attributes.run_name = 'run-1234'",
      runName: 'run-1234',
      rounds,
      withCharts: false,
    });
    record({
      what: `table of ${runs} runs usable, cold`,
      ours: ms(times.coldMs),
      bar: '≤ 1 s',
      isMet: times.coldMs <= 1000,
    });
    record({ what: 'the same, warm', ours: ms(times.warmMs), bar: '≤ 1 s', isMet: times.warmMs <= 1000 });
    record({
      what: `filter of ${runs} runs`,
      ours: ms(times.filterMs),
      bar: '≤ 0.3 s',
      isMet: times.filterMs <= 300,
    });
  });
  await attempt(`scrolling ${runs} runs × 1,000 keys`, 'no frame > 50 ms', async () => {
    const { count, p50Ms, p95Ms, worstMs } = await measureScroll(browser, ui, data.wideId);
    record({
      what: `scrolling ${runs} runs × 1,000 keys, ${count} frames`,
      ours: `${p50Ms.toFixed(0)} / ${p95Ms.toFixed(0)} / ${worstMs.toFixed(0)} ms (half, 95 %, worst)`,
      bar: 'no frame > 50 ms',
      isMet: worstMs <= 50,
    });
  });
  const curves = `${sizes.curves} runs × ${sizes.curvePoints.toLocaleString('en-US')} points`;
  await attempt(`lines of ${curves}`, '≤ 0.5 s', async () => {
    const drawnMs = await measureCurves(browser, ui, { experimentId: data.curvesId, rounds });
    record({ what: `lines of ${curves} drawn`, ours: ms(drawnMs), bar: '≤ 0.5 s', isMet: drawnMs <= 500 });
  });
  await attempt('a long history', 'last, min and max are exact', async () => {
    const address = `http://127.0.0.1:${port}/experiments/${data.historyExperimentId}/runs/${data.historyRunId}/metrics`;
    const { drawnMs, exact } = await measureHistory(browser, address, data);
    record({
      what: `history of ${sizes.historyPoints.toLocaleString('en-US')} points`,
      ours: `drawn after ${ms(drawnMs)}; exact: ${exact.join(', ') || 'none'}`,
      bar: 'last, min and max are exact',
      isMet: exact.length === 3,
    });
  });
}

async function measureLivePoints(browser: Browser, port: number): Promise<void> {
  const points = flags.quick ? 2 : 9;
  const data = await fillLive(port);
  for (const [where, place] of [
    ['the charts of its experiment', chartsPlace(port, data, 500)],
    ['the page of its run', runPlace(port, data, 500 + points)],
  ] as const) {
    const what = `a logged point on ${where}, after the answer to who logged it`;
    await attempt(what, '≤ 1 s', async () => {
      const { medianMs, worstMs } = await measureLive(browser, { port, data, points }, place);
      record({
        what,
        ours: `${ms(medianMs)}, worst of ${points} ${ms(worstMs)}`,
        bar: '≤ 1 s',
        isMet: worstMs <= 1000,
      });
    });
  }
}

async function findPython(): Promise<string> {
  const given = flags.python ?? process.env.MLFLOW_PYTHON;
  if (given) return given;
  const { pythonEnv } = await import('../../tools/python-env.mjs');
  return pythonEnv('mlflow-3.17.2');
}

async function run(folder: string): Promise<void> {
  const executablePath = ensureChromium();
  if (executablePath === undefined) throw new Error('there is no Chromium on this machine');
  const servers: RunningServer[] = [];
  const browser = await chromium.launch({ executablePath, args: chromiumFlags });
  try {
    let peer: PeerPlace | undefined;
    if (!flags['no-peer']) {
      say('Starting and filling mlflow server …');
      const home = path.join(folder, 'peer');
      const server = await startPeer(await findPython(), { home });
      servers.push(server);
      peer = {
        port: server.port,
        sweepId: await fillPeerSweep(server.port, peerDatabase(home), sizes.sweepRuns),
      };
    }
    say('Starting and filling Slipway …');
    const server = await startSlipway({ home: path.join(folder, 'slipway') });
    servers.push(server);
    const ours: UiPlace = { port: server.port, data: await fillSlipway(server.port, sizes) };
    await measurePair(browser, ours, peer);
    await measureAlone(browser, ours);
    await measureLivePoints(browser, ours.port);
    const version = browser.version();
    const report = [
      '# The web pages, measured',
      '',
      `\`npm run bench -- ui ${process.argv
        .slice(2)
        .filter((arg) => arg !== 'ui')
        .join(
          ' ',
        )}\`. ${describeMachine({ Node: process.version, Chromium: version, 'mlflow server': peer ? '3.17.2' : 'not run' }).join('; ')}. Medians of ${rounds} rounds; times from the start of the navigation, or from the key or click.`,
      '',
      '| | MLflow | Slipway | bar | met |',
      '|---|---:|---:|---|---|',
      ...rows.map(renderRow),
      '',
    ].join('\n');
    process.stdout.write(`\n${report}`);
    if (flags.write) writeFileSync(path.join(root, 'bench/RESULTS-ui.md'), report);
  } finally {
    await browser.close();
    await Promise.all(servers.map((server) => server.stop()));
  }
}

const folder =
  flags.home === undefined ? mkdtempSync(path.join(tmpdir(), 'slipway-bench-ui-')) : path.resolve(flags.home);
mkdirSync(folder, { recursive: true });
try {
  await run(folder);
} finally {
  if (flags.home === undefined) rmSync(folder, { recursive: true, force: true });
}
