import { cpus, totalmem } from 'node:os';
import type { Measured, ScenarioResult, SubjectName } from './measure.ts';
import type { Finding } from './scenarios/alone.ts';

export interface Report {
  readonly command: string;
  readonly facts: readonly string[];
  readonly results: readonly ScenarioResult[];
  readonly findings: readonly Finding[];
}

/** The machine on which, and the command by which, the numbers came about. */
export function describeMachine(versions: Readonly<Record<string, string>>): string[] {
  const [cpu] = cpus();
  return [
    `${cpus().length} cores (${cpu?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB`,
    ...Object.entries(versions).map(([name, version]) => `${name} ${version}`),
  ];
}

const HEAD = [
  '| | unit | mlflow server | Slipway | bare program | × peer | bar | % of bare | bar | p50 / p99 ms | met |',
  '|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---|',
];

export function renderRow({ scenario, measured, difference }: ScenarioResult): string {
  const { peer, slipway, bare } = measured;
  const toPeer = ratio(slipway, peer);
  const toBare = ratio(slipway, bare);
  const cells = [
    scenario.title,
    scenario.unit,
    number(peer?.rate),
    number(slipway?.rate),
    number(bare?.rate),
    toPeer === undefined ? '–' : `${toPeer >= 10 ? toPeer.toFixed(0) : toPeer.toFixed(1)}×`,
    scenario.bar.peer === undefined ? '–' : `${scenario.bar.peer}×`,
    toBare === undefined ? '–' : `${(toBare * 100).toFixed(0)} %`,
    `${scenario.bar.bare * 100} %`,
    slipway === undefined ? '–' : `${slipway.p50Ms.toFixed(1)} / ${slipway.p99Ms.toFixed(1)}`,
    verdict({ scenario, measured, difference }, toPeer, toBare),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** A bar counts as met only when the other side was measured, nothing failed, and the answers said the same. */
function verdict(
  { scenario, measured, difference }: ScenarioResult,
  toPeer: number | undefined,
  toBare: number | undefined,
): string {
  if (difference !== undefined) return '**answers differ**';
  if ((measured.slipway?.failed ?? 1) > 0 || (measured.bare?.failed ?? 0) > 0) return '**failures**';
  const sides = [
    { got: toPeer, bar: scenario.bar.peer },
    { got: toBare, bar: scenario.bar.bare },
  ];
  if (sides.some(({ got, bar }) => got !== undefined && bar !== undefined && got < bar)) return '**not met**';
  const isWhole = sides.every(({ got, bar }) => got !== undefined || bar === undefined);
  return isWhole ? 'met' : 'met as far as measured';
}

/** What went wrong in a scenario, by subject. */
export function remarks({ scenario, measured, difference }: ScenarioResult): string[] {
  const lines = difference === undefined ? [] : [`${scenario.name}: ${difference}`];
  for (const name of ['peer', 'slipway', 'bare'] as const satisfies readonly SubjectName[]) {
    const of = measured[name];
    if (of !== undefined && of.failed > 0) {
      lines.push(
        `${scenario.name}: ${of.failed} requests failed on ${name}, the first with: ${of.firstFailure}`,
      );
    }
  }
  return lines;
}

export function renderFinding({ title, value, bar, isMet }: Finding): string {
  const met = isMet === undefined ? '–' : isMet ? 'met' : '**not met**';
  return `| ${title} | ${value} | ${bar} | ${met} |`;
}

export function renderReport({ command, facts, results, findings }: Report): string {
  const [first] = results;
  const notes = results.flatMap(remarks);
  return [
    '# Benchmark results',
    '',
    `Written by \`${command}\` on ${new Date().toISOString().slice(0, 10)}.`,
    '',
    ...facts.map((fact) => `- ${fact}`),
    ...(first === undefined
      ? []
      : [
          `- medians of ${first.measured.slipway?.rounds.length} rounds, the servers in turn; 16 connections unless a row says otherwise`,
          '',
          ...HEAD,
          ...results.map(renderRow),
        ]),
    '',
    ...(findings.length === 0
      ? []
      : [
          '| on Slipway alone | measured | bar | met |',
          '|---|---:|---:|---|',
          ...findings.map(renderFinding),
          '',
        ]),
    ...(notes.length === 0 ? [] : ['Remarks:', '', ...notes.map((note) => `- ${note}`), '']),
    'Rows that miss their bar: [PROFILES.md](PROFILES.md) says where their time goes and what was tried.',
    '',
  ].join('\n');
}

function ratio(one: Measured | undefined, other: Measured | undefined): number | undefined {
  return one === undefined || other === undefined || other.rate === 0 ? undefined : one.rate / other.rate;
}

function number(rate: number | undefined): string {
  if (rate === undefined) return '–';
  return rate.toLocaleString('en-US', { maximumFractionDigits: rate < 100 ? 1 : 0 });
}
