import type { Database } from '../../db/port.ts';
import type { Askers } from '../askers.ts';
import { createGovernance, type Governance } from '../governance.ts';
import type { SchemaContents } from '../schemas.ts';

export interface GovernanceFixtureOptions {
  readonly contents?: readonly SchemaContents[];
  readonly nowMs?: () => number;
  readonly monotonicMs?: () => number;
  readonly askers?: Pick<Askers, 'current'>;
}

const NOBODY_ASKS: Pick<Askers, 'current'> = { current: () => undefined };

/** The folder put together over a database, as a process with identities has it, and started. */
export async function startGovernance(
  db: Database,
  {
    contents = [],
    nowMs = Date.now,
    monotonicMs = () => performance.now(),
    askers = NOBODY_ASKS,
  }: GovernanceFixtureOptions = {},
): Promise<Governance> {
  const governance = createGovernance({
    db,
    clock: { nowMs },
    monotonicMs,
    hasIdentities: true,
    contents,
    askers,
    guardCatalogName: async () => undefined,
    onError: () => undefined,
  });
  await governance.start();
  return governance;
}
