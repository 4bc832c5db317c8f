import {
  type DuckDBBlobValue,
  type DuckDBDateValue,
  DuckDBDecimalValue,
  type DuckDBValue,
} from '@duckdb/node-api';
import {
  Binary,
  Bool,
  type DataType,
  DateDay,
  Decimal,
  Field,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  makeBuilder,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  TimestampMicrosecond,
  tableToIPC,
  Utf8,
} from 'apache-arrow';
import { renderValue } from './duckdb-values.ts';
import type { ResultColumn } from './results.ts';

interface Encoding {
  readonly type: DataType;
  /** What the builder makes, where it cannot make the type itself: the same bytes under another name. */
  readonly built?: DataType;
  /** The value as the builder takes it. */
  convert(value: DuckDBValue): unknown;
}

const same = (value: DuckDBValue): unknown => value;

/** How the values of a column are written; nested values and all that Arrow has no counterpart for are texts. */
function encodingOf(column: ResultColumn): Encoding {
  switch (column.typeName) {
    case 'BOOLEAN':
      return { type: new Bool(), convert: same };
    case 'BYTE':
      return { type: new Int8(), convert: same };
    case 'SHORT':
      return { type: new Int16(), convert: same };
    case 'INT':
      return { type: new Int32(), convert: same };
    case 'LONG':
      return { type: new Int64(), convert: (value) => BigInt(value as number | bigint) };
    case 'FLOAT':
      return { type: new Float32(), convert: same };
    case 'DOUBLE':
      return { type: new Float64(), convert: same };
    case 'DATE':
      // Milliseconds; the builder makes days of them.
      return {
        type: new DateDay(),
        convert: (value) => new Date((value as DuckDBDateValue).days * 86_400_000),
      };
    case 'TIMESTAMP':
      // Its own builder takes whole milliseconds.
      return {
        type: new TimestampMicrosecond('UTC'),
        built: new Int64(),
        convert: (value) => (value as { micros: bigint }).micros,
      };
    case 'BINARY':
      return { type: new Binary(), convert: (value) => (value as DuckDBBlobValue).bytes };
    case 'DECIMAL':
      return {
        type: new Decimal(column.scale ?? 0, column.precision ?? 38, 128),
        convert: (value) =>
          decimalWords(value instanceof DuckDBDecimalValue ? value.value : (value as bigint)),
      };
    default:
      return { type: new Utf8(), convert: (value) => renderValue(value) };
  }
}

/** 128 bits in two's complement, the lowest word first. */
function decimalWords(value: bigint): Uint32Array {
  const bits = BigInt.asUintN(128, value);
  return Uint32Array.from([0n, 32n, 64n, 96n], (shift) => Number((bits >> shift) & 0xffff_ffffn));
}

/** One Arrow IPC stream of one batch. Names of columns may be equal. */
export function encodeArrow(
  columns: readonly ResultColumn[],
  values: readonly (readonly DuckDBValue[])[],
): Uint8Array {
  const encodings = columns.map(encodingOf);
  const fields = columns.map(({ name }, i) => new Field(name, encodings[i]!.type, true));
  const length = values[0]?.length ?? 0;
  const children = encodings.map(({ type, built, convert }, i) => {
    const builder = makeBuilder({ type: built ?? type, nullValues: [null] });
    for (const value of values[i]!) builder.append(value === null ? null : convert(value));
    const data = builder.finish().flush();
    return built === undefined ? data : data.clone(type);
  });
  const struct = makeData({ type: new Struct(fields), length, nullCount: 0, children });
  const schema = new Schema(fields);
  return tableToIPC(new Table(schema, [new RecordBatch(schema, struct)]), 'stream');
}
