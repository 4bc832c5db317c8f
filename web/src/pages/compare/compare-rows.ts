import type { Run } from '@slipway/client';
import { renderNumber } from '../../ui/numbers.ts';

export interface CompareRow {
  readonly key: string;
  readonly cells: readonly CompareCell[];
  /** Not the same in all runs: another value, or none. */
  readonly isDifferent: boolean;
}

export interface CompareCell {
  /** Undefined for a run without it. */
  readonly text: string | undefined;
  /** All digits, for hover and copies. */
  readonly full: string | undefined;
  /** To the base, where both are numbers that differ. */
  readonly delta: string | undefined;
  /** Whether it is another value than the base's. */
  readonly isChanged: boolean;
}

export interface CompareGroup {
  readonly title: string;
  readonly isNumeric: boolean;
  /** Where nearly everything differs, colour would say nothing. */
  readonly marksChanges: boolean;
  readonly rows: readonly CompareRow[];
}

type Value = string | number | undefined;

/** Metrics, params and tags of runs side by side. @param base the place of the run that the others are measured against */
export function compareRows(runs: readonly Run[], base: number): readonly CompareGroup[] {
  const group = (
    title: string,
    isNumeric: boolean,
    records: readonly Readonly<Record<string, Value>>[],
  ): CompareGroup => ({
    title,
    isNumeric,
    marksChanges: !isNumeric,
    rows: keysOf(records).map((key) =>
      compareRow(
        key,
        records.map((record) => (Object.hasOwn(record, key) ? record[key] : undefined)),
        base,
      ),
    ),
  });
  return [
    group(
      'Metrics',
      true,
      runs.map(({ metrics }) =>
        Object.fromEntries(Object.entries(metrics).map(([key, { value }]) => [key, value])),
      ),
    ),
    group(
      'Params',
      false,
      runs.map(({ params }) => params),
    ),
    group(
      'Tags',
      false,
      runs.map(({ tags }) => Object.fromEntries(Object.entries(tags).filter(([key]) => isTelling(key)))),
    ),
  ].filter(({ rows }) => rows.length > 0);
}

/** The client's own bookkeeping differs between any two runs and says nothing. */
const isTelling = (key: string) =>
  !/^mlflow\.(runName|log-model\.history|user|note\.content|parentRunId|rootRunId)$/.test(key);

function keysOf(records: readonly object[]): readonly string[] {
  const compare = new Intl.Collator('en', { numeric: true }).compare;
  return [...new Set(records.flatMap((record) => Object.keys(record)))].sort(compare);
}

export function compareRow(key: string, values: readonly Value[], base: number): CompareRow {
  const against = values[base];
  return {
    key,
    isDifferent: values.some((value) => !Object.is(value, values[0])),
    cells: values.map((value, i) => ({
      text: typeof value === 'number' ? renderNumber(value) : value,
      full: value === undefined ? undefined : String(value),
      delta: i === base ? undefined : deltaOf(value, against),
      isChanged: i !== base && !Object.is(value, against),
    })),
  };
}

/** `+0.012`, `−3.1 %` is left to the reader; nothing where one of the two is no finite number, or both are equal. */
function deltaOf(value: Value, base: Value): string | undefined {
  if (typeof value !== 'number' || typeof base !== 'number') return undefined;
  const delta = value - base;
  if (!Number.isFinite(delta) || delta === 0) return undefined;
  return `${delta > 0 ? '+' : ''}${renderNumber(delta)}`;
}
