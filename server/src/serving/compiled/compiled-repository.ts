import type { Sql, Transaction } from '../../db/port.ts';
import type { NumberedVersion } from '../../registry/version-contents.ts';

export type CompiledState = 'compiling' | 'proven' | 'refused' | 'failed';

export interface CompiledRow {
  readonly state: CompiledState;
  readonly reason: string;
  /** JSON, see `evidence.ts`; null before there is any. */
  readonly evidence: string | null;
  readonly file_sha256: string | null;
  readonly tries: number;
  readonly updated_at: number;
}

export interface RecipeOfVersion extends NumberedVersion {
  readonly recipe: string;
}

const WHERE = 'model_no = ? AND version = ? AND recipe = ?';
const keyOf = ({ modelNo, version, recipe }: RecipeOfVersion) => [modelNo, version, recipe];

export async function findCompiled(sql: Sql, of: RecipeOfVersion): Promise<CompiledRow | undefined> {
  return sql.get(
    `SELECT state, reason, evidence, file_sha256, tries, updated_at FROM compiled_models WHERE ${WHERE}`,
    keyOf(of),
  );
}

/**
 * Takes the work of compiling, where nobody has it and it is to be done.
 * @returns whether it is this process's now
 */
export async function takeLease(
  tx: Transaction,
  of: RecipeOfVersion,
  lease: {
    readonly nodeId: string;
    readonly untilMs: number;
    readonly nowMs: number;
    readonly maxTries: number;
  },
): Promise<boolean> {
  const { nodeId, untilMs, nowMs, maxTries } = lease;
  const inserted = await tx.insertNew(
    'compiled_models',
    {
      model_no: 'bigint',
      version: 'bigint',
      recipe: 'text',
      state: 'text',
      reason: 'text',
      tries: 'bigint',
      lease_node: 'text',
      lease_until: 'bigint',
      updated_at: 'bigint',
    },
    [[of.modelNo, of.version, of.recipe, 'compiling', '', 1, nodeId, untilMs, nowMs]],
    'recipe',
  );
  if (inserted.length > 0) return true;
  const taken = await tx.run(
    `UPDATE compiled_models SET state = 'compiling', tries = tries + 1, lease_node = ?, lease_until = ?, updated_at = ?
      WHERE ${WHERE} AND tries < ? AND (state = 'failed' OR (state = 'compiling' AND lease_until < ?))`,
    [nodeId, untilMs, nowMs, ...keyOf(of), maxTries, nowMs],
  );
  return taken > 0;
}

/** What became of it; nothing where another process has taken the work over since. */
export async function finishCompiled(
  tx: Transaction,
  of: RecipeOfVersion,
  result: {
    readonly nodeId: string;
    readonly state: CompiledState;
    readonly reason: string;
    readonly evidence: string | null;
    readonly sha256: string | null;
    readonly nowMs: number;
  },
): Promise<void> {
  const { nodeId, state, reason, evidence, sha256, nowMs } = result;
  await tx.run(
    `UPDATE compiled_models SET state = ?, reason = ?, evidence = ?, file_sha256 = ?, lease_until = 0, updated_at = ?
      WHERE ${WHERE} AND lease_node = ?`,
    [state, reason, evidence, sha256, nowMs, ...keyOf(of), nodeId],
  );
}

/** A file that was proven is not what this machine's runtime makes of it, or failed on a request. */
export async function refuseCompiled(
  tx: Transaction,
  of: RecipeOfVersion,
  { reason, nowMs }: { readonly reason: string; readonly nowMs: number },
): Promise<void> {
  await tx.run(
    `UPDATE compiled_models SET state = 'refused', reason = ?, file_sha256 = NULL, updated_at = ? WHERE ${WHERE}`,
    [reason, nowMs, ...keyOf(of)],
  );
}

/** The work is given back: whoever comes next may begin it at once, and it counts as no try. */
export async function giveBackLease(tx: Transaction, of: RecipeOfVersion, nodeId: string): Promise<void> {
  await tx.run(
    `UPDATE compiled_models SET tries = tries - 1, lease_until = 0 WHERE ${WHERE} AND lease_node = ?`,
    [...keyOf(of), nodeId],
  );
}
