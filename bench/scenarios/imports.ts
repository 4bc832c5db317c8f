import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { serverNodeFlags } from '../../tools/setup.mjs';
import { slipwayEntry } from '../targets/servers.ts';
import type { Finding } from './alone.ts';

export interface ImportOptions {
  /** The database that MLflow's server wrote, as `slipway import` takes it. */
  readonly from: string;
  /** An empty folder of its own. */
  readonly home: string;
  /** A database beside SQLite in `home`. */
  readonly databaseUrl: string | undefined;
  /** How many runs it holds, for the title. */
  readonly runs: number;
}

/** MLflow's own store imported and compared entity by entity, twice: the second time nothing may change. */
export async function measureImport({ from, home, databaseUrl, runs }: ImportOptions): Promise<Finding[]> {
  mkdirSync(home, { recursive: true });
  const first = await importOnce({ from, home, databaseUrl });
  const again = await importOnce({ from, home, databaseUrl });
  const isEqual = first.code === 0 && again.code === 0 && first.compared === again.compared;
  return [
    {
      title: `MLflow's store of ${runs.toLocaleString('en-US')} runs imported and verified, and once more`,
      value: `${seconds(first.ms)}, ${seconds(again.ms)}, ${isEqual ? 'equal both times' : 'NOT EQUAL'}`,
      bar: 'equal, twice without change',
      isMet: isEqual,
    },
  ];
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

interface Imported {
  readonly code: number;
  readonly ms: number;
  /** The table of kinds with counts and digests on both sides. */
  readonly compared: string;
}

async function importOnce({ from, home, databaseUrl }: Omit<ImportOptions, 'runs'>): Promise<Imported> {
  const startedAt = performance.now();
  const database = databaseUrl === undefined ? [] : ['--database', databaseUrl];
  const child = spawn(
    process.execPath,
    [
      ...serverNodeFlags,
      slipwayEntry(),
      'import',
      'mlflow',
      '--from',
      from,
      '--artifacts',
      'none',
      '--home',
      home,
      ...database,
    ],
    { cwd: home, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  const compared = output.split('\n').filter((line) => /\bequal$|differ$/.test(line));
  return { code: code ?? 1, ms: performance.now() - startedAt, compared: compared.join('\n') };
}
