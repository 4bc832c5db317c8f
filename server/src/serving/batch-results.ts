import { createHash } from 'node:crypto';
import { open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { AddedColumn } from '../delta/delta-messages.ts';
import type { DeltaProcesses } from '../delta/delta-processes.ts';
import { appendToFolderTable } from '../delta/folder-tables.ts';
import type { Clock } from '../kernel/clock.ts';
import { invalidArgument } from '../kernel/errors.ts';
import type { BatchChunk, BatchSource } from './batch-sources.ts';
import { sliceObject } from './json-slices.ts';

/**
 * What a model answered, beside the rows that it was asked, in a file that appears when it is complete. Until then it
 * grows beside its place, and a note tells how far it is: whoever begins anew goes on from there.
 */
export interface BatchResults {
  /** Where the input goes on, and how many rows are done. */
  readonly done: { readonly place: number; readonly rows: number };
  /**
   * Adds the answers to a chunk, as JSON texts; what it resolved for survives a crash.
   * @throws AppError InvalidArgument for answers of another form than those before
   */
  add(chunk: BatchChunk, predictions: readonly string[]): Promise<void>;
  /** Puts the whole file into its place. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

/** What decides whether earlier work can be gone on with. */
export interface BatchTask {
  readonly source: BatchSource;
  readonly out: string;
  /** Of the model's files, or of who answers. */
  readonly scorer: string;
}

interface Note {
  readonly format: 1;
  readonly input: string;
  readonly scorer: string;
  place: number;
  rows: number;
  /** Of the growing file. */
  bytes: number;
  columns: AddedColumn[] | undefined;
}

type Cell = readonly [name: string, value: string];
type ColumnType = AddedColumn['type'];

/** @throws AppError InvalidArgument for a place that is taken, or of another format than the input */
export async function openBatchResults(
  task: BatchTask,
  { processes, clock }: { readonly processes: DeltaProcesses; readonly clock: Clock },
): Promise<BatchResults> {
  const { source, out } = task;
  // Without an ending it is the folder of a Delta table, which may have rows already.
  const isTable = source.kind === 'parquet' && path.extname(out) === '';
  if (!isTable && !out.toLowerCase().endsWith(`.${source.kind}`))
    throw invalidArgument(
      source.kind === 'csv'
        ? `The output of rows from CSV ends in .csv; got ${out}.`
        : `The output of rows from Parquet ends in .parquet, or has no ending and is a Delta table; got ${out}.`,
    );
  if (!isTable && (await stat(out).catch(absent)) !== undefined)
    throw invalidArgument(`${out} is there already: name another place, or remove it.`);
  const growing = `${out}.partial`;
  const notePlace = `${out}.progress.json`;
  const note = (await readNote(notePlace, task)) ?? {
    format: 1,
    input: source.identity,
    scorer: task.scorer,
    place: 0,
    rows: 0,
    bytes: 0,
    columns: undefined,
  };
  const file = await open(growing, note.bytes === 0 ? 'w' : 'r+');
  // A chunk that was cut off by a crash is done again.
  await file.truncate(note.bytes);

  async function append(text: string, next: Partial<Note>): Promise<void> {
    const bytes = Buffer.from(text);
    await file.write(bytes, 0, bytes.length, note.bytes);
    await file.datasync();
    Object.assign(note, next);
    note.bytes += bytes.length;
    await writeFile(`${notePlace}.new`, JSON.stringify(note));
    await rename(`${notePlace}.new`, notePlace);
  }

  async function writeRows(into: string, timesInUtc: boolean): Promise<void> {
    const columns = note.columns ?? [{ name: PREDICTION, type: 'VARCHAR' }];
    const spillFolder = path.dirname(growing);
    const { parts } = source;
    const job = {
      kind: 'add-columns',
      parts,
      lines: growing,
      columns,
      into,
      spillFolder,
      timesInUtc,
    } as const;
    await processes.run(job, 'done');
  }

  /** Once: the same input and model would be the same work. */
  async function addToTable(): Promise<void> {
    const appId = createHash('sha256').update(
      JSON.stringify([source.identity, task.scorer, path.resolve(out)]),
    );
    await appendToFolderTable(
      out,
      {
        appId: `slipway-batch/${appId.digest('hex').slice(0, 32)}`,
        async write(file) {
          await writeRows(file, true);
          const parts = [{ files: [file], constants: [] }];
          return processes.run({ kind: 'describe-rows', parts }, 'described');
        },
      },
      { processes, clock },
    );
  }

  return {
    get done() {
      return { place: note.place, rows: note.rows };
    },

    async add(chunk, predictions) {
      const cells = predictions.map(cellsOf);
      const columns = mergeColumns(note.columns, cells);
      const first = note.columns === undefined && source.kind === 'csv';
      const header = first
        ? `${[source.header[0], ...columns.map(({ name }) => csvCell(name))].join(',')}\n`
        : '';
      const lines = cells.map((values, index) =>
        source.kind === 'csv' ? csvLine(chunk.records[index]!, values) : jsonLine(values),
      );
      await append(header + lines.join(''), { columns, place: chunk.end, rows: note.rows + chunk.rows });
    },

    async finish() {
      await file.sync();
      if (source.kind === 'parquet') {
        if (isTable) await addToTable();
        else {
          await writeRows(`${out}.new`, false);
          await rename(`${out}.new`, out);
        }
        await rm(growing, { force: true });
      } else {
        if (note.columns === undefined) await append(`${source.header[0]},${PREDICTION}\n`, {});
        await rename(growing, out);
      }
      await rm(notePlace, { force: true });
    },

    close: () => file.close(),
  };
}

async function readNote(place: string, { source, scorer }: BatchTask): Promise<Note | undefined> {
  const text = await readFile(place, 'utf8').catch(absent);
  if (text === undefined) return undefined;
  const note = JSON.parse(text) as Note;
  const same = note.format === 1 && note.input === source.identity && note.scorer === scorer;
  if (same) return note;
  throw invalidArgument(
    `${place} tells of other work: the input or the model has changed since. Remove it to begin anew.`,
  );
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}

// ---- what an answer looks like beside its row

const PREDICTION = 'prediction';

/** One value is a column; a record of a DataFrame is a column for each of its members. */
function cellsOf(prediction: string): readonly Cell[] {
  if (!prediction.startsWith('{')) return [[PREDICTION, prediction]];
  return sliceObject(prediction).map(([key, value]) => [`${PREDICTION}_${key}`, value]);
}

function mergeColumns(
  known: readonly AddedColumn[] | undefined,
  rows: readonly (readonly Cell[])[],
): AddedColumn[] {
  const columns =
    known?.map((column) => ({ ...column })) ??
    rows[0]!.map(([name, value]) => ({ name, type: typeOf(value) ?? 'BIGINT' }));
  for (const cells of rows) {
    if (cells.length !== columns.length || cells.some(([name], i) => columns[i]!.name !== name))
      throw invalidArgument(
        `The model answers rows in different forms: ${names(columns)} before, and now ${names(cells.map(([name]) => ({ name })))}.`,
      );
    for (const [index, [, value]] of cells.entries()) {
      const type = typeOf(value);
      if (type !== undefined) columns[index]!.type = joined(columns[index]!.type, type);
    }
  }
  return columns;
}

const names = (columns: readonly { readonly name: string }[]): string =>
  columns.map(({ name }) => `'${name}'`).join(', ');

/** Undefined for null. */
function typeOf(value: string): ColumnType | undefined {
  if (value === 'null') return undefined;
  if (value === 'true' || value === 'false') return 'BOOLEAN';
  if (value.startsWith('"')) return 'VARCHAR';
  if (/^-?\d{1,18}$/.test(value)) return 'BIGINT';
  return /^[-\dNI]/.test(value) ? 'DOUBLE' : 'JSON';
}

function joined(one: ColumnType, other: ColumnType): ColumnType {
  if (one === other) return one;
  const both = [one, other];
  return both.every((type) => type === 'BIGINT' || type === 'DOUBLE') ? 'DOUBLE' : 'JSON';
}

/** As the value was in the answer; texts without their quotes. */
function csvLine(record: string, cells: readonly Cell[]): string {
  const values = cells.map(([, value]) => {
    if (value === 'null') return '';
    return csvCell(value.startsWith('"') ? (JSON.parse(value) as string) : value);
  });
  return `${[record, ...values].join(',')}\n`;
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Bare words that JSON does not have are texts, which a column of numbers takes. */
function jsonLine(cells: readonly Cell[]): string {
  const members = cells.map(([name, value]) => {
    const isWord = /^(?:NaN|-?Infinity)$/.test(value);
    return `${JSON.stringify(name)}: ${isWord ? JSON.stringify(value) : value}`;
  });
  return `{${members.join(', ')}}\n`;
}
