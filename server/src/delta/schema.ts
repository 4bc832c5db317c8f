/** What columns of our tables hold. `timestamp`: microseconds, UTC. */
export type ColumnType =
  | 'string'
  | 'long'
  | 'integer'
  | 'double'
  | 'date'
  | 'timestamp'
  | 'map<string,string>'
  | 'array<string>';

export interface TableColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly comment: string;
}

/** Names of the types in the Delta log, in DuckDB, and in the catalog (as SQL writes it; the name of its kind). */
const TYPES: Readonly<
  Record<
    ColumnType,
    { readonly delta: unknown; readonly duckDb: string; readonly text: string; readonly kind: string }
  >
> = {
  string: { delta: 'string', duckDb: 'VARCHAR', text: 'string', kind: 'STRING' },
  long: { delta: 'long', duckDb: 'BIGINT', text: 'bigint', kind: 'LONG' },
  integer: { delta: 'integer', duckDb: 'INTEGER', text: 'int', kind: 'INT' },
  double: { delta: 'double', duckDb: 'DOUBLE', text: 'double', kind: 'DOUBLE' },
  date: { delta: 'date', duckDb: 'DATE', text: 'date', kind: 'DATE' },
  timestamp: { delta: 'timestamp', duckDb: 'TIMESTAMPTZ', text: 'timestamp', kind: 'TIMESTAMP' },
  'map<string,string>': {
    delta: { type: 'map', keyType: 'string', valueType: 'string', valueContainsNull: true },
    duckDb: 'MAP(VARCHAR, VARCHAR)',
    text: 'map<string,string>',
    kind: 'MAP',
  },
  'array<string>': {
    delta: { type: 'array', elementType: 'string', containsNull: true },
    duckDb: 'VARCHAR[]',
    text: 'array<string>',
    kind: 'ARRAY',
  },
};

/** The `schemaString` of a table's metadata. */
export const renderSchema = (columns: readonly TableColumn[]): string =>
  JSON.stringify({
    type: 'struct',
    fields: columns.map(({ name, type, comment }) => ({
      name,
      type: TYPES[type].delta,
      nullable: true,
      metadata: { comment },
    })),
  });

export const duckDbTypeOf = (type: ColumnType): string => TYPES[type].duckDb;

/** As the catalog describes a column's type. */
export const catalogTypeOf = (
  type: ColumnType,
): { readonly typeText: string; readonly typeName: string } => ({
  typeText: TYPES[type].text,
  typeName: TYPES[type].kind,
});
