import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RowPart } from '../delta/delta-messages.ts';
import type { DeltaProcesses } from '../delta/delta-processes.ts';
import { readFolderTable } from '../delta/folder-tables.ts';
import { invalidArgument, notFound } from '../kernel/errors.ts';
import type { ContentKind } from './scoring/columns.ts';
import { readCsv } from './scoring/csv.ts';

/** Rows that are to be given to a model, in chunks, from any place on where an earlier chunk ended. */
export interface BatchSource {
  /** Delta tables consist of Parquet files. */
  readonly kind: 'csv' | 'parquet';
  /** Changes when the input does: of names, sizes and times of its files. */
  readonly identity: string;
  /** Where it ends, in the unit of places: bytes or rows. */
  readonly end: number;
  chunks(from: number, maxRows: number): AsyncIterable<BatchChunk>;
  /** CSV: its first record as it stands there. Parquet: the names of its columns. */
  readonly header: readonly string[];
  /** Parquet: where the rows are, for whoever writes them anew. */
  readonly parts: readonly RowPart[];
}

export interface BatchChunk {
  readonly rows: number;
  /** The place behind it. */
  readonly end: number;
  readonly content: ContentKind;
  /** As it would be sent to an endpoint. */
  readonly body: Buffer;
  /** CSV: the records as they stand there, without line ends. */
  readonly records: readonly string[];
}

const MAX_CHUNK_BYTES = 8 * 2 ** 20;
const MAX_RECORD_BYTES = 16 * 2 ** 20;
/** Rows of Parquet files that are brought into lines at once. */
const ROWS_AT_ONCE = 65_536;

export interface BatchSourceOptions {
  readonly processes: DeltaProcesses;
  /** A JSON object that every request brings along; undefined where the model's own values are meant. */
  readonly params?: string | undefined;
}

/** @throws AppError NotFound; InvalidArgument for what is neither CSV nor Parquet */
export async function openBatchSource(place: string, options: BatchSourceOptions): Promise<BatchSource> {
  const { processes } = options;
  const found = await stat(place).catch((cause: unknown) => {
    throw notFound(`There is no input at ${place}.`, { cause });
  });
  if (found.isDirectory()) {
    const table = await readFolderTable(place, { processes });
    if (table !== undefined)
      return openParquet(table.parts, {
        ...options,
        identity: JSON.stringify([path.resolve(place), table.snapshot.metadata.id, table.snapshot.version]),
      });
    const names = (await readdir(place)).filter((name) => /\.parquet$/i.test(name)).sort();
    if (names.length === 0) throw invalidArgument(`There are no Parquet files in ${place}.`);
    const files = names.map((name) => path.join(place, name));
    return openParquet([{ files, constants: [] }], { ...options, identity: await identityOf(files) });
  }
  if (/\.parquet$/i.test(place)) {
    const parts = [{ files: [place], constants: [] }];
    return openParquet(parts, { ...options, identity: await identityOf([place]) });
  }
  if (/\.csv$/i.test(place)) return openCsv(place, options.params);
  throw invalidArgument(
    `The input ends in .csv or .parquet, or is a folder with a Delta table or Parquet files; got ${place}.`,
  );
}

async function identityOf(files: readonly string[]): Promise<string> {
  const facts = await Promise.all(
    files.map(async (file) => {
      const { size, mtimeMs } = await stat(file);
      return [path.resolve(file), size, mtimeMs];
    }),
  );
  return JSON.stringify(facts);
}

// ---- CSV

interface CsvRecord {
  readonly text: string;
  readonly end: number;
}

async function openCsv(file: string, params: string | undefined): Promise<BatchSource> {
  const { size } = await stat(file);
  let header: CsvRecord | undefined;
  for await (const record of readRecords(file, 0)) {
    header = record;
    break;
  }
  if (header === undefined) throw invalidArgument(`${file} is empty: its first line names the columns.`);
  const { text, end: rowsBegin } = header;
  return {
    kind: 'csv',
    identity: await identityOf([file]),
    end: size,
    header: [text],
    parts: [],
    async *chunks(from, maxRows) {
      let records: string[] = [];
      let bytes = 0;
      let end = Math.max(from, rowsBegin);
      const chunk = (): BatchChunk => {
        const csv = `${text}\n${records.join('\n')}\n`;
        const asked =
          params === undefined
            ? { content: 'csv' as const, body: Buffer.from(csv) }
            : { content: 'json' as const, body: textsWithParams(csv, params) };
        return { rows: records.length, end, records, ...asked };
      };
      for await (const record of readRecords(file, end)) {
        if (
          records.length > 0 &&
          (records.length >= maxRows || bytes + record.text.length > MAX_CHUNK_BYTES)
        ) {
          yield chunk();
          records = [];
          bytes = 0;
        }
        records.push(record.text);
        bytes += record.text.length;
        end = record.end;
      }
      if (records.length > 0) yield chunk();
    },
  };
}

/**
 * CSV has no place for params. The values stay texts in JSON: a signature converts them as it does those of CSV.
 */
function textsWithParams(csv: string, params: string): Buffer {
  const { names, rows, column } = readCsv(csv);
  const columns = names.map((_, index) => column(index));
  const data = Array.from({ length: rows }, (_, row) => columns.map((values) => values[row]));
  return Buffer.from(`{"dataframe_split": ${JSON.stringify({ columns: names, data })}, "params": ${params}}`);
}

const QUOTE = 0x22;
const LINE_FEED = 0x0a;

/** Records as RFC 4180 has them: a line break inside quotes belongs to the value. Empty lines are no records. */
async function* readRecords(file: string, from: number): AsyncGenerator<CsvRecord> {
  let rest: Buffer = Buffer.alloc(0);
  let restBegins = from;
  let looked = 0;
  let inQuotes = false;
  for await (const piece of createReadStream(file, { start: from }) as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    let begin = 0;
    for (let at = looked; at < rest.length; at += 1) {
      const byte = rest[at];
      if (byte === QUOTE) inQuotes = !inQuotes;
      else if (byte === LINE_FEED && !inQuotes) {
        const text = withoutEnd(rest.toString('utf8', begin, at));
        begin = at + 1;
        if (text !== '') yield { text, end: restBegins + begin };
      }
    }
    rest = rest.subarray(begin);
    restBegins += begin;
    looked = rest.length;
    if (rest.length > MAX_RECORD_BYTES)
      throw invalidArgument(
        `A record of ${file} has more than ${MAX_RECORD_BYTES} bytes, from byte ${restBegins} on: is a quote not closed?`,
      );
  }
  if (inQuotes) throw invalidArgument(`${file} ends inside quotes that begin after byte ${restBegins}.`);
  const text = withoutEnd(rest.toString('utf8'));
  if (text !== '') yield { text, end: restBegins + rest.length };
}

const withoutEnd = (text: string): string => (text.endsWith('\r') ? text.slice(0, -1) : text);

// ---- Parquet

async function openParquet(
  parts: readonly RowPart[],
  { processes, params, identity }: BatchSourceOptions & { readonly identity: string },
): Promise<BatchSource> {
  if (parts.length === 0) throw invalidArgument('The Delta table has no rows.');
  const { columns, rows } = await processes.run({ kind: 'describe-rows', parts }, 'described');
  const names = columns.map(({ name }) => name);
  const head = `{"dataframe_split": {"columns": ${JSON.stringify(names)}, "data": [`;
  const tail = params === undefined ? ']}}' : `]}, "params": ${params}}`;
  const ready = (lines: readonly string[], end: number): BatchChunk => ({
    rows: lines.length,
    end,
    content: 'json',
    body: Buffer.from(head + lines.join(',') + tail),
    records: [],
  });
  return {
    kind: 'parquet',
    identity,
    end: rows,
    header: names,
    parts,
    async *chunks(from, maxRows) {
      const folder = await mkdtemp(path.join(tmpdir(), 'slipway-rows-'));
      const into = path.join(folder, 'rows.jsonl');
      try {
        for (let at = from; at < rows; at += ROWS_AT_ONCE) {
          const job = { kind: 'write-row-lines', parts, from: at, count: ROWS_AT_ONCE, into } as const;
          await processes.run(job, 'done');
          const lines = (await readFile(into, 'utf8')).split('\n').filter((line) => line !== '');
          let begin = 0;
          let bytes = 0;
          for (const [index, line] of lines.entries()) {
            if (index > begin && (index - begin >= maxRows || bytes + line.length > MAX_CHUNK_BYTES)) {
              yield ready(lines.slice(begin, index), at + index);
              begin = index;
              bytes = 0;
            }
            bytes += line.length;
          }
          if (lines.length > begin) yield ready(lines.slice(begin), at + lines.length);
        }
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}
