import { invalidArgument } from '../kernel/errors.ts';
import type { QueryParameter } from './query-messages.ts';

/** A value for a marker of the statement, as a caller gives it. */
export interface StatementParameter {
  /** Undefined, or an ordinal number from 1 on, for `?`. */
  readonly name: string | undefined;
  readonly value: string | null;
  /** Databricks' word; STRING where undefined. */
  readonly type: string | undefined;
}

const TYPES: Readonly<Record<string, string>> = {
  STRING: 'VARCHAR',
  VARCHAR: 'VARCHAR',
  CHAR: 'VARCHAR',
  BOOLEAN: 'BOOLEAN',
  BYTE: 'TINYINT',
  TINYINT: 'TINYINT',
  SHORT: 'SMALLINT',
  SMALLINT: 'SMALLINT',
  INT: 'INTEGER',
  INTEGER: 'INTEGER',
  LONG: 'BIGINT',
  BIGINT: 'BIGINT',
  FLOAT: 'FLOAT',
  REAL: 'FLOAT',
  DOUBLE: 'DOUBLE',
  DATE: 'DATE',
  TIMESTAMP: 'TIMESTAMPTZ',
  TIMESTAMP_LTZ: 'TIMESTAMPTZ',
  TIMESTAMP_NTZ: 'TIMESTAMP',
  INTERVAL: 'INTERVAL',
  VOID: 'VARCHAR',
  NULL: 'VARCHAR',
};
/** DuckDB's own width where none is given is another. */
const DECIMAL = /^(?:DECIMAL|DEC|NUMERIC)(?:\((\d{1,2})(?:,(\d{1,2}))?\))?$/;
const MAX_PRECISION = 38;
const MAX_PARAMETERS = 1000;

/** @throws AppError InvalidArgument for a type that is none, and for a name that is given twice. */
export function readParameters(parameters: readonly StatementParameter[]): readonly QueryParameter[] {
  if (parameters.length > MAX_PARAMETERS) {
    throw invalidArgument(`A statement has at most ${MAX_PARAMETERS} parameters.`, { field: 'parameters' });
  }
  const names = new Set<string>();
  return parameters.map(({ name, value, type }, i) => {
    const shown = name === undefined || name === '' ? String(i + 1) : name;
    if (names.has(shown))
      throw invalidArgument(`The parameter ${shown} is given twice.`, { field: 'parameters' });
    names.add(shown);
    return { name: shown, value, type: readType(type ?? 'STRING', shown) };
  });
}

function readType(text: string, name: string): string {
  const word = text.toUpperCase().replaceAll(' ', '');
  const known = Object.hasOwn(TYPES, word) ? TYPES[word] : undefined;
  if (known !== undefined) return known;
  const [decimal, precision = '10', scale = '0'] = DECIMAL.exec(word) ?? [];
  if (decimal !== undefined && Number(precision) <= MAX_PRECISION && Number(scale) <= Number(precision))
    return `DECIMAL(${precision},${scale})`;
  throw invalidArgument(
    `The parameter ${name.slice(0, 100)} has the type '${text.slice(0, 100)}', which is none.`,
    {
      field: 'parameters',
    },
  );
}
