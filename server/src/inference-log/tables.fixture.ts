import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { pythonEnv } from '../../../tools/python-env.mjs';
import { systemClock } from '../kernel/clock.ts';
import { unavailable } from '../kernel/errors.ts';
import { openLocalNamedFiles } from '../objects/local/local-named-files.ts';
import type { NamedFiles } from '../objects/named-files.ts';
import { openPipeline, type Pipeline, type PipelineOptions } from './pipeline.ts';

const temporaryFolder = (): string => mkdtempSync(path.join(tmpdir(), 'slipway-tables-'));

/** Tables and a journal, which any number of pipelines may share; the tables in a local folder unless said otherwise. */
export async function openPlace(elsewhere?: NamedFiles) {
  const folder = temporaryFolder();
  const files =
    elsewhere ?? (await openLocalNamedFiles({ folder: path.join(folder, 'tables'), clock: systemClock }));
  const errors: unknown[] = [];
  const failed: string[] = [];
  const opened: Pipeline[] = [];
  return {
    folder,
    files,
    errors,
    failed,
    placeOf: (tableId: string) => path.join(folder, 'tables', tableId),
    async open(options: Partial<PipelineOptions> = {}): Promise<Pipeline> {
      const pipeline = await openPipeline({
        journal: path.join(folder, 'journal'),
        files,
        clock: systemClock,
        isNodeAlive: async () => false,
        async onFailed(tableId, error) {
          failed.push(`${tableId}: ${error.message}`);
        },
        isKept: async () => true,
        onError: (error) => errors.push(error),
        ...options,
      });
      opened.push(pipeline);
      return pipeline;
    },
    async remove() {
      for (const pipeline of opened) await pipeline.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface Fault {
  /** Which of the writes, from 1, fails, and whether it has happened then. */
  readonly at: number;
  readonly when: 'before' | 'after';
  /** Whether nothing works from then on, as in a process that ends there. */
  readonly forever: boolean;
}

/** Files whose store fails at one write. */
export function faultyFiles(
  files: NamedFiles,
  { at, when, forever }: Fault,
): NamedFiles & { writes(): number } {
  let writes = 0;
  let down = false;
  const lost = () => unavailable('The store went away.');

  async function write<T>(doing: () => Promise<T>): Promise<T> {
    if (down) throw lost();
    writes++;
    if (writes !== at) return doing();
    down = forever;
    if (when === 'after') await doing();
    throw lost();
  }

  const read = <T>(doing: () => Promise<T>): Promise<T> => (down ? Promise.reject(lost()) : doing());

  return {
    ...files,
    writes: () => writes,
    put: (...args) => write(() => files.put(...args)),
    putIfAbsent: (...args) => write(() => files.putIfAbsent(...args)),
    get: (...args) => read(() => files.get(...args)),
  };
}

const READER = `
import json, os, sys, deltalake
options = json.loads(sys.argv[2]) if len(sys.argv) > 2 else None
table = deltalake.DeltaTable(sys.argv[1], storage_options=options)
rows = table.to_pyarrow_table()
print(json.dumps({"version": table.version(), "files": len(table.file_uris()),
  "schema": {field.name: str(field.type) for field in rows.schema}, "rows": rows.to_pylist()}, default=str), flush=True)
# Its threads sometimes abort the interpreter while it takes itself apart.
os._exit(0)
`;

export interface DeltaRead {
  readonly version: number;
  readonly files: number;
  readonly schema: Readonly<Record<string, string>>;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** A table as the Python package deltalake reads it. */
export async function readWithDeltalake(
  place: string,
  storageOptions?: Readonly<Record<string, string>>,
): Promise<DeltaRead> {
  const more = storageOptions === undefined ? [] : [JSON.stringify(storageOptions)];
  const python = await pythonEnv('tables');
  const { stdout } = await promisify(execFile)(python, ['-c', READER, place, ...more], {
    maxBuffer: 2 ** 28,
  });
  return JSON.parse(stdout) as DeltaRead;
}

const SCANNER = `
import json, os, sys, pathlib, duckdb, duckdb_extension_delta
[extension] = pathlib.Path(duckdb_extension_delta.__file__).parent.rglob("*.duckdb_extension")
connection = duckdb.connect()
connection.execute(f"LOAD '{extension}'")
connection.execute("SET TimeZone = 'UTC'")
result = connection.execute(sys.argv[2].replace("TABLE", f"delta_scan('{sys.argv[1]}')"))
print(json.dumps(result.fetchall(), default=str), flush=True)
os._exit(0)
`;

/** What DuckDB answers to a query over \`TABLE\`, by its own reader of the format. */
export async function scanWithDuckDb(place: string, query: string): Promise<unknown> {
  const python = await pythonEnv('tables');
  const { stdout } = await promisify(execFile)(python, ['-c', SCANNER, place, query]);
  return JSON.parse(stdout);
}
