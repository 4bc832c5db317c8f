import type { DuckDBValue } from '@duckdb/node-api';
import { AppError } from '../kernel/errors.ts';
import { renderValue } from './duckdb-values.ts';
import {
  type ResultColumn,
  type ResultFormat,
  type ResultLimits,
  writeCsvRow,
  writeJsonRow,
} from './results.ts';

/** Takes a result as it comes; resolves when it can take more. */
export interface PartSink {
  columns(columns: readonly ResultColumn[]): void;
  part(rows: number, bytes: Uint8Array): Promise<void>;
}

export interface ResultWriter {
  /** Rows by column. Whether the result ends here, by a limit of the caller's, though there was more. */
  write(columns: readonly (readonly DuckDBValue[])[]): Promise<boolean>;
  /** Hands on what is left; a result without rows has one part. */
  end(): Promise<void>;
}

interface Options {
  readonly columns: readonly ResultColumn[];
  readonly format: ResultFormat;
  readonly limits: ResultLimits;
  readonly sink: PartSink;
}

/** Writes rows in a format, cut into parts. */
export async function createResultWriter({ columns, format, limits, sink }: Options): Promise<ResultWriter> {
  // Arrow costs memory and time at its first use: nobody pays who does not ask for it.
  const arrow = format === 'ARROW_STREAM' ? await import('./arrow-encoding.ts') : undefined;
  let texts: string[] = [];
  let values: DuckDBValue[][] = columns.map(() => []);
  let partRows = 0;
  let partBytes = 0;
  let parts = 0;
  let rows = 0;
  let bytes = 0;

  async function flush(): Promise<void> {
    const part = arrow === undefined ? Buffer.from(wrap(texts)) : arrow.encodeArrow(columns, values);
    await sink.part(partRows, part);
    parts += 1;
    partRows = 0;
    partBytes = 0;
    texts = [];
    values = columns.map(() => []);
  }

  function wrap(lines: readonly string[]): string {
    if (format === 'JSON_ARRAY') return `[${lines.join(',')}]`;
    const head = parts === 0 ? writeCsvRow(columns.map(({ name }) => name)) : '';
    return head + lines.join('');
  }

  function add(row: readonly DuckDBValue[]): number {
    if (arrow === undefined) {
      const shown = row.map(renderValue);
      const text = format === 'CSV' ? writeCsvRow(shown) : writeJsonRow(shown);
      texts.push(text);
      return Buffer.byteLength(text);
    }
    let size = 0;
    for (const [i, value] of row.entries()) {
      values[i]!.push(value);
      size += sizeOf(value);
    }
    return size;
  }

  return {
    async write(some) {
      const count = some[0]?.length ?? 0;
      for (let i = 0; i < count; i += 1) {
        if (rows === limits.rowLimit || (limits.byteLimit !== undefined && bytes >= limits.byteLimit)) {
          if (partRows > 0 || parts === 0) await flush();
          return true;
        }
        const size = add(some.map((column) => column[i]!));
        rows += 1;
        bytes += size;
        partRows += 1;
        partBytes += size;
        if (bytes > limits.maxBytes) throw tooLarge(limits);
        if (limits.partBytes !== 'whole' && partBytes >= limits.partBytes) await flush();
      }
      return false;
    },
    async end() {
      if (partRows > 0 || parts === 0) await flush();
    },
  };
}

function sizeOf(value: DuckDBValue): number {
  if (typeof value === 'string') return value.length + 4;
  return typeof value === 'object' && value !== null ? (renderValue(value)?.length ?? 0) + 8 : 8;
}

const tooLarge = ({ partBytes, maxBytes }: ResultLimits) =>
  new AppError(
    'LimitExceeded',
    `The result is larger than ${Math.round(maxBytes / 2 ** 20)} MiB${
      partBytes === 'whole'
        ? ': ask for it with disposition EXTERNAL_LINKS, which gives it in parts, or with a row_limit.'
        : '.'
    }`,
  );
