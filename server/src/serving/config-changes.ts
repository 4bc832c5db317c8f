import type { Transaction } from '../db/port.ts';
import { moveConfig } from './configs-repository.ts';
import * as endpoints from './endpoints-repository.ts';

interface Change {
  readonly endpointNo: number;
  readonly version: number;
  readonly nowMs: number;
}

/** The pending configuration is the one that answers from now on; of racing processes one does it. */
export async function activate(tx: Transaction, { endpointNo, version, nowMs }: Change): Promise<void> {
  const row = await endpoints.holdByNo(tx, endpointNo);
  if (row?.pending_version !== version) return;
  const move = { message: '', nowMs };
  if (!(await moveConfig(tx, { endpointNo, version }, { ...move, from: 'ROLLING', to: 'ACTIVE' }))) return;
  if (row.active_version !== null)
    await moveConfig(
      tx,
      { endpointNo, version: row.active_version },
      { ...move, from: 'ACTIVE', to: 'RETIRED' },
    );
  await endpoints.changeVersions(tx, endpointNo, {
    active_version: version,
    pending_version: null,
    last_update: 'none',
    last_message: '',
    updated_at: nowMs,
  });
}

/** The pending configuration cannot be brought up: the one before it answers on. */
export async function fail(
  tx: Transaction,
  change: Change & { readonly message: string; readonly entity: string | undefined },
): Promise<void> {
  const { endpointNo, version, nowMs, message, entity } = change;
  const row = await endpoints.holdByNo(tx, endpointNo);
  if (row?.pending_version !== version) return;
  await moveConfig(
    tx,
    { endpointNo, version },
    { from: 'ROLLING', to: 'FAILED', message, failedEntity: entity, nowMs },
  );
  await endpoints.changeVersions(tx, endpointNo, {
    active_version: row.active_version,
    pending_version: null,
    last_update: 'failed',
    last_message: message,
    updated_at: nowMs,
  });
}
