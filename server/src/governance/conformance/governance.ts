import type { Database } from '../../db/port.ts';
import { createGovernance, type Governance } from '../governance.ts';
import type { SchemaContents } from '../schemas.ts';

export interface GovernanceFixtureOptions {
  readonly contents?: readonly SchemaContents[];
  readonly nowMs?: () => number;
  readonly monotonicMs?: () => number;
}

/** The folder put together over a database, as a process with identities has it, and started. */
export async function startGovernance(
  db: Database,
  { contents = [], nowMs = Date.now, monotonicMs = () => performance.now() }: GovernanceFixtureOptions = {},
): Promise<Governance> {
  const governance = createGovernance({
    db,
    clock: { nowMs },
    monotonicMs,
    hasIdentities: true,
    contents,
    guardCatalogName: async () => undefined,
    onError: () => undefined,
  });
  await governance.start();
  return governance;
}
