import type { HeldFile } from '../delta/file-cache.ts';
import { duckDbTypeOf } from '../delta/schema.ts';
import { type Tables, tableSecurable } from '../governance/tables.ts';
import { AppError, invalidArgument } from '../kernel/errors.ts';
import type { OpenLakeTable } from '../statements/lake-tables.ts';
import { type KeptTables, schemaOf } from './inference-tables.ts';
import type { Pipeline } from './pipeline.ts';

export interface LakeTablesDependencies {
  readonly catalog: Pick<Tables, 'find'>;
  readonly tables: Pick<KeptTables, 'find'>;
  readonly pipeline: Pick<Pipeline, 'openTable' | 'cache'>;
}

const FETCHED_AT_ONCE = 8;
const MAX_BYTES = 4 * 2 ** 30;

/** Inference tables, for queries. */
export function createLakeTables({ catalog, tables, pipeline }: LakeTablesDependencies): OpenLakeTable {
  return async (name, access, signal) => {
    const described = await catalog.find(name);
    if (described === undefined) return undefined;
    const decision = access.decide('table.read', tableSecurable(described));
    if (decision === 'hidden') return undefined;
    const fullName = `${described.catalog}.${described.schema}.${described.name}`;
    if (decision === 'denied')
      throw new AppError(
        'PermissionDenied',
        `Permission denied: ${access.principal.name} must have SELECT on the table ${fullName}.`,
      );
    const kept = await tables.find(described.id);
    if (kept === undefined) throw invalidArgument(`The rows of the table ${fullName} are not kept here.`);
    const table = pipeline.openTable(kept.tableId);
    const { files } = await table.refresh();
    const { columns, partitionColumn } = schemaOf(kept.kind);
    const wanted = [...files.values()];
    if (wanted.reduce((sum, { size }) => sum + size, 0) > MAX_BYTES)
      throw new AppError(
        'LimitExceeded',
        `The table ${fullName} is larger than a query may read: use a reader of Delta tables at its location.`,
      );
    const held: HeldFile[] = [];
    const release = () => {
      for (const each of held) each.release();
    };
    try {
      const found: { place: string; partition: string }[] = [];
      for (let at = 0; at < wanted.length; at += FETCHED_AT_ONCE) {
        signal.throwIfAborted();
        const some = wanted.slice(at, at + FETCHED_AT_ONCE);
        const fetched = await Promise.allSettled(
          some.map(({ path }) => pipeline.cache.hold(table.pathOf(path))),
        );
        for (const each of fetched) if (each.status === 'fulfilled') held.push(each.value);
        for (const [i, each] of fetched.entries()) {
          if (each.status === 'rejected') throw each.reason;
          found.push({ place: each.value.place, partition: some[i]!.partitionValues[partitionColumn] ?? '' });
        }
      }
      return {
        columns: columns.map((column) => ({ name: column.name, type: duckDbTypeOf(column.type) })),
        partitionColumn,
        files: found,
        release,
      };
    } catch (error) {
      release();
      throw error;
    }
  };
}
