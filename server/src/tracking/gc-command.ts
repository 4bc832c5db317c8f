import type { Collected, Garbage } from '../artifacts/garbage.ts';
import { invalidArgument } from '../kernel/errors.ts';
import { parseTimeSpan } from '../kernel/time-span.ts';
import { parseExperimentId } from './experiment-rules.ts';
import type { ExperimentReport, Trash, TrashReport } from './trash.ts';
import { BYTES_GRACE_MS } from './trash-sweeper.ts';

export const GC_FLAGS = ['older-than', 'grace', 'experiment-ids', 'run-ids'] as const;

export interface GcCommand {
  readonly undoWindowMs: number;
  readonly graceMs: number;
  readonly experimentNos: readonly number[] | undefined;
  readonly runIds: readonly string[] | undefined;
  readonly dryRun: boolean;
}

type Flags = Partial<Record<(typeof GC_FLAGS)[number], string>>;

const DEFAULT_UNDO_WINDOW = '30d';

/** @throws AppError InvalidArgument naming the flag. */
export function readGcCommand(flags: Flags, { dryRun }: { readonly dryRun: boolean }): GcCommand {
  const runIds = list(flags['run-ids']);
  const experimentIds = list(flags['experiment-ids']);
  // Who names what is to go has made up their mind.
  const isNamed = runIds !== undefined || experimentIds !== undefined;
  return {
    undoWindowMs: span('older-than', flags['older-than'] ?? (isNamed ? '0' : DEFAULT_UNDO_WINDOW)),
    graceMs: flags.grace === undefined ? BYTES_GRACE_MS : span('grace', flags.grace),
    experimentNos: experimentIds?.map((id) => parseExperimentId(id, 'experiment-ids')),
    runIds,
    dryRun,
  };
}

export interface GcServices {
  readonly trash: Trash;
  readonly garbage: Garbage;
  write(text: string): void;
}

/** Empties the trash, frees the bytes, and tells what went, or with `dryRun` what would. */
export async function runGcCommand({ trash, garbage, write }: GcServices, command: GcCommand): Promise<void> {
  const { dryRun, graceMs } = command;
  write(renderTrash(await trash.empty(command), dryRun));
  const freed = await garbage.collect(graceMs, { dryRun });
  write(renderCollected(dryRun ? 'Could be freed' : 'Freed', 'contents that no file uses', freed));
  const orphans = await garbage.collectOrphans({ dryRun });
  write(renderCollected(dryRun ? 'Could be freed' : 'Freed', 'objects that nothing names', orphans));
}

function renderTrash({ experiments, reasons }: TrashReport, dryRun: boolean): string {
  const verb = dryRun ? 'Would remove' : 'Removed';
  const lines = experiments.map((entry) => `${verb} ${renderExperiment(entry)}\n`);
  if (lines.length === 0) lines.push('Nothing in the trash is old enough to go.\n');
  return [...lines, ...reasons.map((reason) => `${reason}\n`)].join('');
}

function renderExperiment(entry: ExperimentReport): string {
  const what = `experiment ${entry.experimentNo} '${entry.name}'`;
  const counts = `${entry.runs} runs, ${entry.loggedModels} logged models, ${entry.files} files of ${bytes(entry.sizeBytes)}`;
  const kept = entry.kept > 0 ? `; ${entry.kept} stay` : '';
  return entry.removed ? `${what} with ${counts}${kept}` : `from ${what}: ${counts}${kept}`;
}

const renderCollected = (verb: string, what: string, { count, sizeBytes }: Collected): string =>
  `${verb}: ${bytes(sizeBytes)} in ${count} ${what}\n`;

const bytes = (count: number): string => `${count.toLocaleString('en')} bytes`;

function span(flag: string, text: string): number {
  const ms = parseTimeSpan(text);
  if (ms === undefined)
    throw invalidArgument(`--${flag} ${text}: expected a time like 30d, 12h or 1d6h.`, { field: flag });
  return ms;
}

const list = (text: string | undefined): readonly string[] | undefined =>
  text
    ?.split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
