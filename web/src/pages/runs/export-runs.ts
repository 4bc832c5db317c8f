import { askWindow, exportAddress, type RunListQuery, type RunWindow } from '../../data/run-table.ts';
import { notify, notifyFailure } from '../../ui/notices.tsx';
import { countRuns } from './bulk-actions.ts';
import { needsCells, parseColumnCode, serverColumn } from './column-codes.ts';
import { saveFile, writeCsv } from './csv-file.ts';

/** Columns of the server for the columns of the screen. */
const exportColumns = (codes: readonly string[]): readonly string[] => [
  'attributes.run_id',
  'attributes.run_name',
  ...codes.flatMap((id) => {
    const code = parseColumnCode(id);
    return code === undefined || code.kind === 's' || code.key === 'run_id' ? [] : [serverColumn(code)];
  }),
];

/** All matching runs, which the server sends as a file. */
export function exportMatching(query: RunListQuery, codes: readonly string[]): void {
  const link = document.createElement('a');
  link.href = exportAddress(query, exportColumns(codes));
  link.download = 'runs.csv';
  link.click();
}

/** As many ids as one filter names. */
const IDS_AT_ONCE = 200;
const COLUMNS_AT_ONCE = 200;

/** Some runs, by their ids. */
export async function exportSelected(
  query: RunListQuery,
  runIds: readonly string[],
  codes: readonly string[],
): Promise<void> {
  const columns = exportColumns(codes).filter(
    (name) => name !== 'attributes.run_id' && name !== 'attributes.run_name',
  );
  const asked = columns.filter((name) =>
    needsCells(parseColumnCode(`${name[0]}.${name.slice(name.indexOf('.') + 1)}`)!),
  );
  try {
    const rows: (readonly string[])[] = [];
    for (let start = 0; start < runIds.length; start += IDS_AT_ONCE) {
      const ids = runIds.slice(start, start + IDS_AT_ONCE);
      rows.push(...(await readRows(query, ids, columns, asked)));
    }
    saveFile('runs.csv', 'text/csv;charset=utf-8', writeCsv([['run_id', 'run_name', ...columns], ...rows]));
    notify({ text: `${countRuns(rows.length)} exported.` });
  } catch (error) {
    notifyFailure(error);
  }
}

async function readRows(
  query: RunListQuery,
  ids: readonly string[],
  columns: readonly string[],
  asked: readonly string[],
): Promise<readonly (readonly string[])[]> {
  const list = {
    ...query,
    filter: `attributes.run_id IN (${ids.map((id) => `'${id}'`).join(', ')})`,
    viewType: 'ALL' as const,
    isNested: false,
    expanded: [],
  };
  const cells: Record<string, RunWindow['columns'][string]> = {};
  let window: RunWindow | undefined;
  for (let start = 0; start === 0 || start < asked.length; start += COLUMNS_AT_ONCE) {
    window = await askWindow(list, {
      snapshot: window?.snapshot,
      columns: asked.slice(start, start + COLUMNS_AT_ONCE),
      offset: 0,
      limit: IDS_AT_ONCE,
    });
    Object.assign(cells, window.columns);
  }
  const { rows } = window!;
  return rows.run_id.map((runId, i) => [
    runId ?? '',
    rows.run_name[i] ?? '',
    ...columns.map((name) => textOf(cells[name]?.[i] ?? attributeOf(rows, name, i))),
  ]);
}

function attributeOf(rows: RunWindow['rows'], name: string, i: number): string | number | null {
  switch (name) {
    case 'attributes.status':
      return rows.status[i] ?? null;
    case 'attributes.start_time':
      return rows.start_time[i] ?? null;
    case 'attributes.end_time':
      return rows.end_time[i] ?? null;
    case 'attributes.lifecycle_stage':
      return rows.lifecycle_stage[i] ?? null;
    case 'attributes.duration': {
      const [start, end] = [rows.start_time[i], rows.end_time[i]];
      return start == null || end == null ? null : end - start;
    }
  }
  return null;
}

function textOf(cell: unknown): string {
  if (cell === null || cell === undefined) return '';
  return typeof cell === 'object' ? JSON.stringify(cell) : String(cell);
}
