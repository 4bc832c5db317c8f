import type { Database } from '../db/port.ts';
import { nextTurn } from '../kernel/turns.ts';
import type { RunKeys } from './run-keys.ts';
import type { RunListQuery, RunLists } from './run-lists.ts';
import { type Cell, type CellColumn, readCells, seenIn } from './run-table-cells.ts';
import { type Column, parseColumns } from './run-table-columns.ts';
import type { SeesModel } from './seen-models.ts';

export interface ExportQuery extends RunListQuery {
  /** None: every metric and param, and every tag that no client writes by itself. */
  readonly columns: readonly string[];
  /** Which registered models may be named; all without it. */
  readonly sees?: SeesModel;
}

const MAX_COLUMNS = 2000;
/** Cells read in one go while the event loop waits. */
const CELLS_AT_ONCE = 20_000;
/** Longer than any value. */
const WHOLE = 100_000;

const FIRST: readonly string[] = ['attributes.run_id', 'attributes.run_name'];
const ATTRIBUTES: readonly string[] = [
  'attributes.experiment_id',
  'attributes.status',
  'attributes.start_time',
  'attributes.end_time',
  'attributes.user_id',
];

/** Runs that match as a table of comma-separated values (RFC 4180), one line a run. */
export function createRunExport({
  db,
  lists,
  keys,
}: {
  readonly db: Database;
  readonly lists: RunLists;
  readonly keys: RunKeys;
}) {
  async function allColumns(experimentNos: readonly number[]): Promise<readonly string[]> {
    const found = await keys.list({
      experimentNos,
      kinds: ['metrics', 'params', 'tags'],
      limit: Math.floor((MAX_COLUMNS - FIRST.length - ATTRIBUTES.length) / 3),
    });
    const named = [...found].flatMap(([kind, { keys: ofKind }]) => ofKind.map(({ key }) => `${kind}.${key}`));
    return [...ATTRIBUTES, ...named.filter((name) => !name.startsWith('tags.mlflow.'))];
  }

  return {
    /**
     * The table in pieces of text. Times are in ISO 8601, UTC; NaN and infinities are words.
     * @throws AppError InvalidArgument for a bad filter, order or column, before the first piece.
     */
    async csv(query: ExportQuery): Promise<AsyncGenerator<string>> {
      const names = query.columns.length > 0 ? query.columns : await allColumns(query.experimentNos);
      const columns = parseColumns([...FIRST, ...names], MAX_COLUMNS + FIRST.length);
      const { runs } = await lists.find(query);
      return writeTable(db, runs.runNos, { columns, sees: query.sees ?? (() => true) });
    },
  };
}

export type RunExport = ReturnType<typeof createRunExport>;

async function* writeTable(
  db: Database,
  runNos: Float64Array,
  { columns, sees }: { readonly columns: readonly Column[]; readonly sees: SeesModel },
): AsyncGenerator<string> {
  yield `${columns.map(({ name }) => quote(harmless(name))).join(',')}\r\n`;
  const rows = Math.max(1, Math.floor(CELLS_AT_ONCE / columns.length));
  for (let at = 0; at < runNos.length; at += rows) {
    const some = Array.from(runNos.subarray(at, at + rows));
    const cells = await db.read((sql) => readCells(sql, { runNos: some, columns, chars: WHOLE }));
    yield some.map((_, row) => writeLine(cells, row, sees)).join('');
    await nextTurn();
  }
}

function writeLine(columns: readonly CellColumn[], row: number, sees: SeesModel): string {
  return `${columns.map(({ column, cells }) => quote(writeCell(column, cells[row]!, sees))).join(',')}\r\n`;
}

function writeCell({ scope, key }: Column, cell: Cell, sees: SeesModel): string {
  if (cell === null) return '';
  if (scope === 'attribute' && (key === 'start_time' || key === 'end_time')) return writeTime(cell as number);
  if (typeof cell === 'string') return harmless(cell);
  if (typeof cell === 'number' || typeof cell === 'bigint') return String(cell);
  return harmless(
    seenIn(cell, sees)
      .map((item) =>
        'digest' in item
          ? `${item.name} (${item.digest})`
          : [item.name, ...item.versions.map(({ name, version }) => `${name} v${version}`)].join(' = '),
      )
      .join('; '),
  );
}

/** Times that no calendar has stay numbers. */
function writeTime(time: number | bigint): string {
  const date = new Date(Number(time));
  return Number.isNaN(date.getTime()) ? String(time) : date.toISOString();
}

/**
 * Spreadsheets calculate what begins like a formula, whoever wrote it: an apostrophe makes it a text. What is a number
 * may begin with a sign. Source: OWASP, "CSV Injection".
 */
function harmless(text: string): string {
  if (!/^[=+\-@\t\r\n]/.test(text)) return text;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? text : `'${text}`;
}

const quote = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
