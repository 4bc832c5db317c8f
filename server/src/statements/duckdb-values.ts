import {
  DuckDBArrayType,
  DuckDBArrayValue,
  DuckDBBlobValue,
  DuckDBDecimalType,
  DuckDBListType,
  DuckDBListValue,
  DuckDBMapType,
  DuckDBMapValue,
  DuckDBStructType,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBValue,
} from '@duckdb/node-api';
import type { ResultColumn } from './results.ts';

/** Databricks' names for the types that have a counterpart; the others are shown as texts. */
const NAMES: Readonly<Partial<Record<DuckDBTypeId, readonly [typeName: string, typeText: string]>>> = {
  [DuckDBTypeId.BOOLEAN]: ['BOOLEAN', 'BOOLEAN'],
  [DuckDBTypeId.TINYINT]: ['BYTE', 'TINYINT'],
  [DuckDBTypeId.SMALLINT]: ['SHORT', 'SMALLINT'],
  [DuckDBTypeId.UTINYINT]: ['SHORT', 'SMALLINT'],
  [DuckDBTypeId.INTEGER]: ['INT', 'INT'],
  [DuckDBTypeId.USMALLINT]: ['INT', 'INT'],
  [DuckDBTypeId.BIGINT]: ['LONG', 'BIGINT'],
  [DuckDBTypeId.UINTEGER]: ['LONG', 'BIGINT'],
  [DuckDBTypeId.FLOAT]: ['FLOAT', 'FLOAT'],
  [DuckDBTypeId.DOUBLE]: ['DOUBLE', 'DOUBLE'],
  [DuckDBTypeId.DATE]: ['DATE', 'DATE'],
  [DuckDBTypeId.TIMESTAMP]: ['TIMESTAMP', 'TIMESTAMP'],
  [DuckDBTypeId.TIMESTAMP_TZ]: ['TIMESTAMP', 'TIMESTAMP'],
  [DuckDBTypeId.BLOB]: ['BINARY', 'BINARY'],
};

/** Integers beyond 64 bits have no type there but this one. */
const WHOLE_DECIMAL: Readonly<Partial<Record<DuckDBTypeId, number>>> = {
  [DuckDBTypeId.UBIGINT]: 20,
  [DuckDBTypeId.HUGEINT]: 38,
  [DuckDBTypeId.UHUGEINT]: 38,
};

export function describeColumn(name: string, type: DuckDBType): ResultColumn {
  const known = NAMES[type.typeId];
  if (known !== undefined) return { name, typeName: known[0], typeText: known[1] };
  const precision = type instanceof DuckDBDecimalType ? type.width : WHOLE_DECIMAL[type.typeId];
  if (precision !== undefined) {
    const scale = type instanceof DuckDBDecimalType ? type.scale : 0;
    return { name, typeName: 'DECIMAL', typeText: `DECIMAL(${precision},${scale})`, precision, scale };
  }
  const text = (inner: DuckDBType) => describeColumn('', inner).typeText;
  if (type instanceof DuckDBListType || type instanceof DuckDBArrayType)
    return { name, typeName: 'ARRAY', typeText: `ARRAY<${text(type.valueType)}>` };
  if (type instanceof DuckDBMapType)
    return { name, typeName: 'MAP', typeText: `MAP<${text(type.keyType)},${text(type.valueType)}>` };
  if (type instanceof DuckDBStructType) {
    const fields = type.entryNames.map((field, i) => `${field}:${text(type.entryTypes[i]!)}`);
    return { name, typeName: 'STRUCT', typeText: `STRUCT<${fields.join(',')}>` };
  }
  return { name, typeName: 'STRING', typeText: 'STRING' };
}

/** A value as text: what the JSON and CSV formats show. */
export function renderValue(value: DuckDBValue): string | null {
  if (value === null) return null;
  if (typeof value === 'string') return value;
  if (value instanceof DuckDBTimestampTZValue) return renderTimestamp(value.micros, value.toString(), 'Z');
  if (value instanceof DuckDBTimestampValue) return renderTimestamp(value.micros, value.toString(), '');
  if (value instanceof DuckDBBlobValue) return Buffer.from(value.bytes).toString('hex');
  if (isNested(value)) return JSON.stringify(renderNested(value));
  return String(value);
}

type NestedValue = DuckDBListValue | DuckDBArrayValue | DuckDBStructValue | DuckDBMapValue;

const isNested = (value: DuckDBValue): value is NestedValue =>
  value instanceof DuckDBListValue ||
  value instanceof DuckDBArrayValue ||
  value instanceof DuckDBStructValue ||
  value instanceof DuckDBMapValue;

function renderNested(value: DuckDBValue): unknown {
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue)
    return value.items.map(renderNested);
  if (value instanceof DuckDBStructValue)
    return Object.fromEntries(
      Object.entries(value.entries).map(([name, field]) => [name, renderNested(field)]),
    );
  if (value instanceof DuckDBMapValue)
    return Object.fromEntries(
      value.entries.map(({ key, value: of }) => [renderValue(key) ?? 'null', renderNested(of)]),
    );
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  return renderValue(value);
}

const LAST_DATE_MICROS = 8_640_000_000_000_000_000n;

/** ISO 8601; what no calendar of ours has stays as DuckDB writes it. */
function renderTimestamp(micros: bigint, text: string, zone: string): string {
  if (micros > LAST_DATE_MICROS || micros < -LAST_DATE_MICROS) return text;
  const below = ((micros % 1000n) + 1000n) % 1000n;
  const iso = new Date(Number((micros - below) / 1000n)).toISOString().slice(0, -1);
  return iso + (below === 0n ? '' : String(below).padStart(3, '0')) + zone;
}
