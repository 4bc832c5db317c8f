import { median } from '../measure.ts';
import type { Finding } from '../scenarios/alone.ts';
import { CELLS, type Cell, medianOf, type SystemRound, type Window } from './throughput.ts';

export interface SystemResult {
  readonly name: string;
  readonly title: string;
  readonly rounds: SystemRound[];
  /** Why there are no figures, or no more. */
  leftOut: string | undefined;
}

/** What single rows at 64 connections must reach, by the system's name. */
const BARS: Readonly<
  Record<string, { readonly cpuMs: number; readonly timesPeer: number; readonly p99Ms?: number }>
> = {
  'slipway-python': { cpuMs: 0.5, timesPeer: 20 },
  'slipway-compiled': { cpuMs: 0.06, timesPeer: 200, p99Ms: 10 },
};
const PEER = 'mlflow-w1';
/** Whose median on one connection the Python lane must not exceed. */
const BY_HAND = 'fastapi-joblib';

const placeOf = (connections: number, rows: number): number =>
  CELLS.findIndex((cell) => cell.connections === connections && cell.rows === rows);

const windowOf = ({ rounds }: SystemResult, place: number): Window | undefined =>
  rounds.length === 0 ? undefined : medianOf(rounds.map(({ windows }) => windows[place]!));

export function renderThroughput(results: readonly SystemResult[]): string[] {
  if (results.length === 0) return [];
  const measured = results.filter(({ rounds }) => rounds.length > 0);
  const tables = CELLS.flatMap((cell, place) => [
    `## ${describe(cell)}`,
    '',
    ...renderCell(measured, place),
    '',
  ]);
  const starts = [
    '## Start and memory',
    '',
    '| system | first answer, s | resident after the load, MiB |',
    '|---|---:|---:|',
    ...measured.map(({ title, rounds }) => {
      const startMs = median(rounds.map((round) => round.startMs));
      const mib = median(rounds.map(({ residentMib }) => residentMib));
      return `| ${title} | ${(startMs / 1000).toFixed(1)} | ${mib.toFixed(0)} |`;
    }),
    '',
  ];
  const leftOut = results
    .filter((result) => result.leftOut !== undefined)
    .map(({ title, leftOut: why }) => `- ${title} was left out: ${why!.split('\n', 1)[0]}`);
  return [...tables, ...starts, ...(leftOut.length === 0 ? [] : [...leftOut, ''])];
}

const describe = ({ connections, rows }: Cell): string =>
  `${connections} ${connections === 1 ? 'connection' : 'connections'}, ${rows} ${rows === 1 ? 'row' : 'rows'} a request`;

function renderCell(results: readonly SystemResult[], place: number): string[] {
  const peer = results.find(({ name }) => name === PEER);
  const peerWindow = peer && windowOf(peer, place);
  return [
    '| system | requests/s | × `mlflow models serve` | p50 ms | p99 ms | CPU-ms a request | failed | load tool, cores |',
    '|---|---:|---:|---:|---:|---:|---:|---:|',
    ...results.map((result) => {
      const window = windowOf(result, place)!;
      const times = peerWindow && window.requestsPerSecond / peerWindow.requestsPerSecond;
      const cells = [
        result.title,
        window.requestsPerSecond.toFixed(0),
        times === undefined ? '–' : times.toFixed(1),
        window.p50Ms.toFixed(2),
        window.p99Ms.toFixed(1),
        window.cpuMsPerRequest.toFixed(3),
        window.failed === 0 ? '0' : `${window.failed} (${window.firstFailure})`,
        window.toolCores.toFixed(2),
      ];
      return `| ${cells.join(' | ')} |`;
    }),
  ];
}

/** The bars that compare systems; those of one whose side is missing are not judged. */
export function judgeThroughput(results: readonly SystemResult[]): Finding[] {
  const at64 = placeOf(64, 1);
  const alone = placeOf(1, 1);
  const named = (name: string) => results.find((result) => result.name === name);
  return results.flatMap((result) => {
    const bar = BARS[result.name];
    const window = windowOf(result, at64);
    if (bar === undefined || window === undefined) return [];
    const findings: Finding[] = [
      atMost(`${result.title}: CPU-ms a request at 64 connections`, window.cpuMsPerRequest, bar.cpuMs),
    ];
    if (bar.p99Ms !== undefined)
      findings.push(atMost(`${result.title}: p99 at 64 connections, ms`, window.p99Ms, bar.p99Ms));
    const peer = named(PEER);
    if (peer !== undefined && peer.rounds.length > 0) {
      // Each round with its own.
      const ratios = result.rounds
        .slice(0, peer.rounds.length)
        .map(
          ({ windows }, i) =>
            windows[at64]!.requestsPerSecond / peer.rounds[i]!.windows[at64]!.requestsPerSecond,
        );
      findings.push({
        title: `${result.title}: requests/s at 64 connections, × ${peer.title}`,
        value: `${median(ratios).toFixed(0)}×`,
        bar: `≥ ${bar.timesPeer}×`,
        isMet: median(ratios) >= bar.timesPeer,
      });
    }
    const byHand = named(BY_HAND);
    const byHandWindow = byHand && windowOf(byHand, alone);
    if (byHandWindow !== undefined)
      findings.push(
        atMost(
          `${result.title}: p50 on one connection, ms, against ${byHand!.title}`,
          windowOf(result, alone)!.p50Ms,
          byHandWindow.p50Ms,
        ),
      );
    return findings;
  });
}

const atMost = (title: string, value: number, most: number): Finding => ({
  title,
  value: value.toFixed(3),
  bar: `≤ ${most.toFixed(3)}`,
  isMet: value <= most,
});
