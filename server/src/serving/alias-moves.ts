import type { Database, Transaction } from '../db/port.ts';
import type { Clock } from '../kernel/clock.ts';
import { insertConfigVersion } from './configs.ts';
import * as configs from './configs-repository.ts';
import type { EndpointConfig } from './endpoint-config.ts';
import * as endpoints from './endpoints-repository.ts';

export interface AliasMovesDependencies {
  readonly db: Database;
  readonly clock: Clock;
  /** Whether whoever configured an endpoint may still load the model. */
  readonly mayServe: (makerId: string, modelNo: number) => Promise<boolean>;
  /** What kept one endpoint from following its alias: another alias of it that is gone, say. It stays as it is. */
  readonly onStuck: (endpointNo: number, error: unknown) => void;
}

/**
 * Gives each endpoint whose alias points elsewhere now a new configuration for that, in the name of whoever made the
 * last one. What could not be brought up, or may not be, is not tried again until the alias moves once more.
 * @returns whether there was any
 */
export async function rollMovedAliases(dependencies: AliasMovesDependencies): Promise<boolean> {
  const moved = await dependencies.db.read((sql) => configs.listMovedAliases(sql));
  for (const { endpoint_no: endpointNo, config_version: active } of moved) {
    try {
      await rollEndpoint(dependencies, { endpointNo, active });
    } catch (error) {
      // It is this endpoint's alone: all others go on.
      dependencies.onStuck(endpointNo, error);
    }
  }
  return moved.length > 0;
}

async function rollEndpoint(
  { db, clock, mayServe }: AliasMovesDependencies,
  { endpointNo, active }: { readonly endpointNo: number; readonly active: number },
): Promise<void> {
  const row = await db.read((sql) => configs.findConfig(sql, endpointNo, active));
  if (row === undefined) return;
  const entities = await db.read((sql) => configs.listEntities(sql, [row]));
  const rights = await Promise.all(entities.map(({ model_no: no }) => mayServe(row.made_by_id, no)));
  const refusedEntity = entities.find((_, i) => !rights[i])?.name;
  await db.write((tx) => roll(tx, { endpointNo, active, refusedEntity, nowMs: clock.nowMs() }));
}

async function roll(
  tx: Transaction,
  input: {
    readonly endpointNo: number;
    readonly active: number;
    readonly refusedEntity: string | undefined;
    readonly nowMs: number;
  },
): Promise<void> {
  const { endpointNo, active, refusedEntity, nowMs } = input;
  const endpoint = await endpoints.holdByNo(tx, endpointNo);
  if (endpoint?.active_version !== active || endpoint.pending_version !== null) return;
  const current = (await configs.findConfig(tx, endpointNo, active))!;
  const last = await configs.lastVersion(tx, endpointNo);
  const version = last + 1;
  await insertConfigVersion(tx, {
    endpointNo,
    version,
    config: JSON.parse(current.body) as EndpointConfig,
    by: { id: current.made_by_id, name: current.made_by },
    cause: 'alias',
    nowMs,
  });
  if (last !== active && (await meansTheSame(tx, { endpointNo, a: last, b: version }))) {
    await configs.deleteConfig(tx, { endpointNo, version });
    return;
  }
  const message =
    'The alias has moved, and whoever configured the endpoint may not load the model any more: it stays as it is.';
  if (refusedEntity !== undefined)
    await configs.moveConfig(
      tx,
      { endpointNo, version },
      { from: 'ROLLING', to: 'FAILED', message, failedEntity: refusedEntity, nowMs },
    );
  await endpoints.changeVersions(tx, endpointNo, {
    active_version: active,
    pending_version: refusedEntity === undefined ? version : null,
    last_update: refusedEntity === undefined ? 'none' : 'failed',
    last_message: refusedEntity === undefined ? '' : message,
    updated_at: nowMs,
  });
}

/** Whether two configurations came from aliases that pointed at the same versions. */
async function meansTheSame(
  tx: Transaction,
  { endpointNo, a, b }: { readonly endpointNo: number; readonly a: number; readonly b: number },
): Promise<boolean> {
  const before = await configs.findConfig(tx, endpointNo, a);
  if (before?.cause !== 'alias') return false;
  const rows = await configs.listEntities(tx, [
    { endpoint_no: endpointNo, config_version: a },
    { endpoint_no: endpointNo, config_version: b },
  ]);
  const versionsOf = (version: number) =>
    JSON.stringify(
      rows
        .filter((row) => row.config_version === version)
        .map((row) => [row.name, row.model_no, row.version]),
    );
  return versionsOf(a) === versionsOf(b);
}
