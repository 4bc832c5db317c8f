import type pg from 'pg';
import type { InsertOptions, KeyRelation, Sql, SqlParam, Transaction } from '../port.ts';
import { postgresDialect } from './postgres-dialect.ts';

/** Statements that are prepared by name; searches make new texts without end, and those stay unnamed. */
const MAX_NAMED = 500;
const NO_PARAMS: readonly SqlParam[] = [];

interface Prepared {
  readonly text: string;
  readonly name: string | undefined;
}

const prepared = new Map<string, Prepared>();

/** `?` becomes `$1`, `$2` …; the result is remembered, with a bound. */
function prepare(text: string): Prepared {
  const known = prepared.get(text);
  if (known !== undefined) return known;
  let count = 0;
  const numbered = text.replace(/\?/g, () => {
    count += 1;
    return `$${count}`;
  });
  if (prepared.size >= MAX_NAMED) return { text: numbered, name: undefined };
  const entry = { text: numbered, name: `s${prepared.size}` };
  prepared.set(text, entry);
  return entry;
}

async function query<Row extends pg.QueryResultRow>(
  client: pg.ClientBase,
  text: string,
  params: readonly unknown[],
) {
  const { text: numbered, name } = prepare(text);
  return client.query<Row>({
    text: numbered,
    values: params as unknown[],
    ...(name !== undefined && { name }),
  });
}

export function createPostgresSql(client: pg.ClientBase): Sql {
  return {
    dialect: postgresDialect,
    async all<Row>(text: string, params = NO_PARAMS) {
      return (await query(client, text, params)).rows as Row[];
    },
    async get<Row>(text: string, params = NO_PARAMS) {
      return (await query(client, text, params)).rows[0] as Row | undefined;
    },
    async rows<Row extends readonly unknown[]>(text: string, params = NO_PARAMS) {
      const { text: numbered, name } = prepare(text);
      const result = await client.query<unknown[]>({
        text: numbered,
        values: params as unknown[],
        rowMode: 'array',
        ...(name !== undefined && { name }),
      });
      return result.rows as unknown as Row[];
    },
    async allFor<Row>(keys: KeyRelation, text: string, params = NO_PARAMS) {
      const columns = keys.columns.map((_, i) => keys.tuples.map((tuple) => tuple[i]));
      return (await query(client, relation(keys) + text, [...columns, ...params])).rows as Row[];
    },
  };
}

export function createPostgresTransaction(client: pg.ClientBase, committed: (() => void)[]): Transaction {
  return {
    ...createPostgresSql(client),
    async run(text, params = NO_PARAMS) {
      return (await query(client, text, params)).rowCount ?? 0;
    },
    async insertMany(table, columns, rows, options = {}) {
      if (rows.length === 0) return 0;
      const names = Object.keys(columns);
      const arrays = names.map((_, i) => rows.map((row) => row[i]));
      return (await query(client, insertText(table, columns, options), arrays)).rowCount ?? 0;
    },
    async insertNew(table, columns, rows, returning) {
      if (rows.length === 0) return [];
      const arrays = Object.keys(columns).map((_, i) => rows.map((row) => row[i]));
      const text = `${insertText(table, columns, { onConflict: 'ignore' })} RETURNING ${returning} AS value`;
      const result = await query(client, text, arrays);
      return result.rows.map((row) => row.value);
    },
    afterCommit(action) {
      committed.push(action);
    },
  };
}

const arrayType = { text: 'text[]', bigint: 'bigint[]', double: 'double precision[]' } as const;

function relation(keys: KeyRelation): string {
  const arrays = keys.types.map((type) => `?::${arrayType[type]}`).join(', ');
  return `WITH keys(${keys.columns.join(', ')}) AS (SELECT * FROM unnest(${arrays})) `;
}

function insertText(
  table: string,
  columns: Readonly<Record<string, keyof typeof arrayType>>,
  options: InsertOptions,
): string {
  const arrays = Object.values(columns).map((type) => `?::${arrayType[type]}`);
  const head = `INSERT INTO ${table} (${Object.keys(columns).join(', ')}) SELECT * FROM unnest(${arrays.join(', ')})`;
  if (options.onConflict === undefined) return head;
  if (options.onConflict === 'ignore') return `${head} ON CONFLICT DO NOTHING`;
  const { key, update } = options.onConflict;
  return `${head} ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${update.map((c) => `${c} = excluded.${c}`).join(', ')}`;
}
