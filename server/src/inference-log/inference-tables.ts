import { randomUUID } from 'node:crypto';
import type { Database, Sql, Transaction } from '../db/port.ts';
import { catalogTypeOf } from '../delta/schema.ts';
import type { Principal } from '../governance/access.ts';
import type { TableName, Tables } from '../governance/tables.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError, alreadyExists, internal } from '../kernel/errors.ts';
import { FEEDBACK_SCHEMA } from './feedback-schema.ts';
import type { InferenceTable, InferenceTables, WantedTable } from './inference-table.ts';
import type { InferenceTableRow } from './inference-tables-repository.ts';
import * as repository from './inference-tables-repository.ts';
import { PAYLOAD_SCHEMAS, type PayloadSchema, storedColumns } from './payload-schemas.ts';
import type { Pipeline } from './pipeline.ts';
import type { InferenceTableKind } from './recorder.ts';

/** Besides those with requests, the one with what was told of them later. */
export type TableKind = InferenceTableKind | 'feedback';

export interface InferenceTablesDependencies {
  readonly db: Database;
  readonly clock: Clock;
  readonly catalog: Pick<Tables, 'register' | 'find' | 'known'>;
  readonly pipeline: Pick<Pipeline, 'createTable' | 'locationOf' | 'removeTable'>;
}

/** Tables of all kinds, for those who write them. */
export interface KeptTables extends InferenceTables {
  /**
   * The table for feedback beside an endpoint's inference table, made where it is not there.
   * @throws AppError AlreadyExists, NotFound, Unavailable
   */
  ensureFeedback(endpointNo: number, beside: InferenceTable): Promise<KeptTable>;
  /** One that lies in the catalog under this id. */
  find(tableId: string): Promise<KeptTable | undefined>;
  fail(tableId: string, message: string): Promise<void>;
  /** Whether anything that is still on its way to the table can come into it. */
  keepsFiles(tableId: string): Promise<boolean>;
  /** Finds out which tables are no longer in the catalog as they were made. */
  checkAll(): Promise<void>;
  /** Removes the files of tables that were dropped a week ago. */
  removeDropped(): Promise<void>;
}

export interface KeptTable extends Omit<InferenceTable, 'kind' | 'endpointNo'> {
  readonly kind: TableKind;
  readonly endpointNo: number | undefined;
  readonly owner: Owner;
}

type Owner = Pick<Principal, 'id' | 'name'>;

type Wanted = Omit<WantedTable, 'kind'> & { readonly kind: TableKind };

/** What another try does not mend. */
const FINAL: ReadonlySet<AppError['code']> = new Set([
  'AlreadyExists',
  'NotFound',
  'InvalidState',
  'InvalidArgument',
]);

const SUFFIXES: Readonly<Record<TableKind, string>> = {
  legacy: '_payload',
  gateway: '_payload',
  feedback: '_feedback',
};
const CHECKED_AT_ONCE = 200;
/** How long the files of a dropped table stay, for whoever dropped it by mistake. */
const DROPPED_KEPT_MS = 7 * 24 * 60 * 60 * 1000;

export const schemaOf = (
  kind: TableKind,
): Pick<PayloadSchema, 'columns' | 'partitionColumn' | 'timeColumn' | 'boundOf'> =>
  kind === 'feedback' ? { ...FEEDBACK_SCHEMA, boundOf: (timeMs) => timeMs } : PAYLOAD_SCHEMAS[kind];

/** What the keeper of a table's files needs to know of it. */
export const shapeOf = (kind: TableKind) => ({ ...schemaOf(kind), columns: storedColumns(schemaOf(kind)) });

export function createInferenceTables(dependencies: InferenceTablesDependencies): KeptTables {
  const { db, clock, catalog, pipeline } = dependencies;

  async function take(tx: Transaction, wanted: Wanted, by: Owner): Promise<InferenceTableRow> {
    const { endpointNo, kind, prefix, enabled } = wanted;
    const name = prefix + SUFFIXES[kind];
    const known = await ofKind(tx, endpointNo, kind);
    if (known !== undefined && known.status !== 'FAILED' && isSame(known, { ...wanted, name })) {
      if ((known.enabled === 1) !== enabled) await repository.setEnabled(tx, known.table_id, enabled);
      return { ...known, enabled: enabled ? 1 : 0 };
    }
    if (known !== undefined) await repository.releaseTable(tx, known.table_id);
    await repository.insertTable(tx, {
      table_id: randomUUID(),
      endpoint_no: endpointNo,
      kind,
      catalog_name: wanted.catalog,
      schema_name: wanted.schema,
      prefix,
      name,
      enabled: enabled ? 1 : 0,
      status: 'PENDING',
      message: '',
      owner_id: by.id,
      owner: by.name,
      created_at: clock.nowMs(),
    });
    const row = await ofKind(tx, endpointNo, kind);
    if (row === undefined) throw internal('An inference table is gone in the transaction that made it.');
    return row;
  }

  /** Every step may have been done before, by whoever. */
  async function make(row: InferenceTableRow): Promise<InferenceTableRow> {
    const { columns, partitionColumn } = schemaOf(kindOf(row));
    await pipeline.createTable(row.table_id, { columns, partitionColumn });
    try {
      await catalog.register(
        {
          id: row.table_id,
          catalog: row.catalog_name,
          schema: row.schema_name,
          name: row.name,
          type: 'MANAGED',
          format: 'DELTA',
          location: pipeline.locationOf(row.table_id),
          comment: COMMENTS[kindOf(row)],
          columns: columns.map(({ name, type, comment }) => ({
            name,
            ...catalogTypeOf(type),
            nullable: true,
            comment,
          })),
          properties: {},
        },
        { id: row.owner_id, kind: 'user', name: row.owner, isAdmin: false },
      );
    } catch (error) {
      const there = await describedAs(error, row);
      if (there === undefined) throw error;
      if (there !== row.table_id)
        throw alreadyExists(
          `The table '${row.catalog_name}.${row.schema_name}.${row.name}' exists already and is not the endpoint's: choose another prefix.`,
        );
    }
    const ready = { status: 'READY', message: '' } as const;
    await db.write((tx) => repository.setStatus(tx, row.table_id, ready));
    return { ...row, ...ready };
  }

  /** The id of the table that has the name, where that is why it could not be registered. */
  async function describedAs(error: unknown, row: InferenceTableRow): Promise<string | undefined> {
    if (!(error instanceof AppError) || error.code !== 'AlreadyExists') return undefined;
    return (await catalog.find(nameOf(row)))?.id;
  }

  /** What can never be made says so. @throws AppError Unavailable */
  async function makeOrFail(row: InferenceTableRow): Promise<void> {
    try {
      await make(row);
    } catch (error) {
      if (!(error instanceof AppError) || !FINAL.has(error.code)) throw error;
      await fail(row.table_id, error.message);
    }
  }

  const fail = (tableId: string, message: string): Promise<void> =>
    db.write((tx) => repository.setStatus(tx, tableId, { status: 'FAILED', message }));

  const payloadTables = (rows: readonly InferenceTableRow[], endpointNo: number): InferenceTable[] =>
    rows.flatMap((row) => {
      const kind = kindOf(row);
      return kind === 'feedback' ? [] : [{ ...describe(row), kind, endpointNo }];
    });

  return {
    async want(tx, wanted, by) {
      await take(tx, wanted, by);
    },

    async prepare(endpointNo) {
      const rows = await db.read((sql) => repository.tablesOfEndpoint(sql, endpointNo));
      const pending = rows.filter(({ status }) => status === 'PENDING');
      for (const row of pending) await makeOrFail(row);
      const now =
        pending.length === 0 ? rows : await db.read((sql) => repository.tablesOfEndpoint(sql, endpointNo));
      return payloadTables(now, endpointNo);
    },

    async ensureFeedback(endpointNo, { catalog: catalogName, schema, prefix, owner }) {
      const wanted = {
        endpointNo,
        kind: 'feedback',
        catalog: catalogName,
        schema,
        prefix,
        enabled: true,
      } as const;
      const known = await db.read((sql) => ofKind(sql, endpointNo, 'feedback'));
      const isFailed =
        known?.status === 'FAILED' && isSame(known, { ...wanted, name: prefix + SUFFIXES.feedback });
      const row = isFailed ? known : await db.write((tx) => take(tx, wanted, owner));
      if (row.status === 'PENDING') await makeOrFail(row);
      return describe((await db.read((sql) => repository.findTable(sql, row.table_id))) ?? row);
    },

    async ofEndpoint(endpointNo) {
      return payloadTables(await db.read((sql) => repository.tablesOfEndpoint(sql, endpointNo)), endpointNo);
    },

    async release(tx, endpointNo, only) {
      for (const { table_id, kind } of await repository.tablesOfEndpoint(tx, endpointNo))
        if (only === undefined || kind === only) await repository.releaseTable(tx, table_id);
    },

    async find(tableId) {
      const row = await db.read((sql) => repository.findTable(sql, tableId));
      return row && describe(row);
    },

    fail,

    keepsFiles: (tableId) => db.read((sql) => repository.keepsFiles(sql, tableId)),

    async removeDropped() {
      for (let after = ''; ; ) {
        const rows = await db.read((sql) => repository.tablesWithFiles(sql, after, CHECKED_AT_ONCE));
        const known = await catalog.known(rows.map(({ table_id: id }) => id));
        const nowMs = clock.nowMs();
        for (const { table_id: tableId, dropped_at: droppedAtMs } of rows) {
          const isKnown = known.has(tableId);
          if (isKnown !== (droppedAtMs === null))
            await db.write((tx) => repository.setDropped(tx, tableId, isKnown ? undefined : nowMs));
          if (isKnown || droppedAtMs === null || droppedAtMs > nowMs - DROPPED_KEPT_MS) continue;
          await pipeline.removeTable(tableId);
          await db.write((tx) => repository.endTable(tx, tableId));
        }
        if (rows.length < CHECKED_AT_ONCE) return;
        after = rows.at(-1)!.table_id;
      }
    },

    async checkAll() {
      for (let after = ''; ; ) {
        const rows = await db.read((sql) => repository.tablesInUse(sql, after, CHECKED_AT_ONCE));
        for (const row of rows) {
          const found = await catalog.find(nameOf(row));
          if (found?.id === row.table_id) continue;
          const message = `The table '${row.catalog_name}.${row.schema_name}.${row.name}' was dropped or renamed.`;
          await fail(row.table_id, message);
        }
        if (rows.length < CHECKED_AT_ONCE) return;
        after = rows.at(-1)!.table_id;
      }
    },
  };
}

const COMMENTS: Readonly<Record<TableKind, string>> = {
  legacy: 'What a serving endpoint was asked and answered.',
  gateway: 'What a serving endpoint was asked and answered.',
  feedback: 'Labels and measures that were told of requests later.',
};

const ofKind = async (
  sql: Sql,
  endpointNo: number,
  kind: TableKind,
): Promise<InferenceTableRow | undefined> =>
  (await repository.tablesOfEndpoint(sql, endpointNo)).find((row) => row.kind === kind);

const kindOf = (row: InferenceTableRow): TableKind => row.kind as TableKind;
const nameOf = (row: InferenceTableRow): TableName => ({
  catalog: row.catalog_name,
  schema: row.schema_name,
  name: row.name,
});

const isSame = (row: InferenceTableRow, { catalog, schema, name }: TableName): boolean =>
  [row.catalog_name, row.schema_name, row.name].join('.').toLowerCase() ===
  [catalog, schema, name].join('.').toLowerCase();

const describe = (row: InferenceTableRow): KeptTable => ({
  tableId: row.table_id,
  endpointNo: row.endpoint_no ?? undefined,
  kind: kindOf(row),
  catalog: row.catalog_name,
  schema: row.schema_name,
  prefix: row.prefix,
  name: row.name,
  enabled: row.enabled === 1,
  status: row.status as InferenceTable['status'],
  message: row.message,
  owner: { id: row.owner_id, name: row.owner },
});
