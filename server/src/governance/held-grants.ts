import type { Database } from '../db/port.ts';
import { listHeldBy } from './held-grants-repository.ts';
import type { Privilege } from './privileges.ts';

/** What one principal holds directly on one securable, ownership included. */
export interface HeldGrant {
  readonly principalId: string;
  /** As `keyOf` has it. */
  readonly securable: string;
  readonly privileges: readonly Privilege[];
}

/** All that principals hold themselves, without their groups: what lists of a person's rights are made of. */
export function createHeldGrants({ db }: { readonly db: Database }) {
  return {
    /** By principal and securable. */
    async of(principalIds: readonly string[]): Promise<readonly HeldGrant[]> {
      if (principalIds.length === 0) return [];
      const rows = await db.read((sql) => listHeldBy(sql, principalIds.map(Number)));
      const grouped = Map.groupBy(rows, (row) => `${row.principal_no} ${row.securable}`);
      return Array.from(grouped.values(), (ofOne) => ({
        principalId: String(ofOne[0]!.principal_no),
        securable: ofOne[0]!.securable,
        privileges: ofOne.map(({ privilege }) => privilege),
      }));
    },
  };
}

export type HeldGrants = ReturnType<typeof createHeldGrants>;
