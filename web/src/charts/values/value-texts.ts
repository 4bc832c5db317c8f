import { renderDuration, renderNumber, renderTime } from '../../ui/numbers.ts';
import type { ChartTable } from '../chart-handle.ts';
import type { RunValues, ValueColumn } from '../data/run-values.ts';
import { keyOf } from './axis-values.ts';

/** A value as it was logged; undefined for a run without one. */
function valueAt(column: ValueColumn | undefined, run: number): number | string | undefined {
  if (column === undefined) return undefined;
  if (column.kind === 'text') return column.codes[run]! < 0 ? undefined : column.values[column.codes[run]!];
  return column.known[run] === 1 ? column.values[run]! : undefined;
}

function renderValue(value: number | string | undefined, column: string): string {
  if (value === undefined) return '–';
  if (typeof value === 'string') return value;
  if (column === 'attributes.start_time' || column === 'attributes.end_time') return renderTime(value);
  return column === 'attributes.duration' ? renderDuration(value) : renderNumber(value);
}

/** The rows of a tooltip for a run. */
export function valueRows(
  values: RunValues,
  run: number,
  columns: readonly string[],
): readonly (readonly [string, string])[] {
  return [...new Set(columns)].map((name) => [
    keyOf(name),
    renderValue(valueAt(values.columns.get(name), run), name),
  ]);
}

/** A row a run. */
export function tableOfValues(values: RunValues, columns: readonly string[]): ChartTable {
  const names = [...new Set(columns)];
  return {
    columns: ['Run', 'Run ID', ...names.map(keyOf)],
    rows: values.runIds.map((id, run) => [
      values.runNames[run],
      id,
      ...names.map((name) => valueAt(values.columns.get(name), run)),
    ]),
  };
}
