import type { Sql, Transaction } from '../db/port.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Principal } from './access.ts';
import { insertChanges, takeTurn } from './changes-repository.ts';
import * as repository from './grants-repository.ts';
import { parsePrincipalNo } from './principal-rules.ts';
import { keyOf, type Securable } from './privileges.ts';
import { forgetBeginnings, noteBeginnings } from './securable-ages.ts';
import type { OpenSnapshot } from './snapshot.ts';

/** Rights on what other folders create, rename and delete: part of their own transactions. */
export interface Ownership {
  /**
   * Makes the principal the owner; nothing for the local user. In force when the write resolves. What was granted on a
   * thing of the same name before it counts no more.
   */
  claim(tx: Transaction, on: Securable, owner: Pick<Principal, 'id'>): Promise<void>;
  /** Of many at once. */
  claimAll(tx: Transaction, on: readonly Securable[], owner: Pick<Principal, 'id'>): Promise<void>;
  /**
   * As the database has it now: for what a moment ago, perhaps through another process, became the principal's.
   * @returns the places in `on` of those that are the principal's own.
   */
  ownedAmong(sql: Sql, on: readonly Securable[], owner: Pick<Principal, 'id'>): Promise<number[]>;
  /** After a rename: everybody keeps what they had. */
  move(tx: Transaction, from: Securable, to: Securable): Promise<void>;
  /** After a deletion: whoever makes a thing of the same name starts anew. */
  drop(tx: Transaction, on: readonly Securable[]): Promise<void>;
}

export interface OwnershipDependencies {
  readonly clock: Clock;
  readonly snapshot: Pick<OpenSnapshot, 'state'>;
}

/**
 * This process knows by itself what it has just committed, so that whoever created a thing can use it at once; the other
 * processes read it.
 */
export function createOwnership({ clock, snapshot: { state } }: OwnershipDependencies): Ownership {
  async function noteGrants(tx: Transaction, securables: readonly string[]): Promise<void> {
    await insertChanges(
      tx,
      securables.map((subject) => ({ kind: 'grants', subject })),
      clock.nowMs(),
    );
  }

  async function claimAll(
    tx: Transaction,
    on: readonly Securable[],
    owner: Pick<Principal, 'id'>,
  ): Promise<void> {
    await noteBeginnings(tx, on, clock.nowMs());
    const ownerNo = parsePrincipalNo(owner.id);
    if (ownerNo === undefined || on.length === 0) return;
    const securables = on.map(keyOf);
    await takeTurn(tx);
    await repository.dropGrants(tx, securables);
    await repository.insertGrants(
      tx,
      securables.map((securable) => [securable, ownerNo, 'OWNER'] as const),
    );
    await noteGrants(tx, securables);
    tx.afterCommit(() => {
      for (const securable of securables) {
        state.dropGrants(securable);
        state.addOwner(securable, ownerNo);
      }
    });
  }

  return {
    claimAll,
    claim: (tx, on, owner) => claimAll(tx, [on], owner),

    async ownedAmong(sql, on, owner) {
      const ownerNo = parsePrincipalNo(owner.id);
      if (ownerNo === undefined || on.length === 0) return [];
      const securables = on.map(keyOf);
      const owners = await repository.listOwners(sql, securables);
      const owned = new Set(
        owners.filter((row) => row.principal_no === ownerNo).map(({ securable }) => securable),
      );
      return securables.flatMap((securable, i) => (owned.has(securable) ? [i] : []));
    },

    async move(tx, from, to) {
      const [fromKey, toKey] = [keyOf(from), keyOf(to)];
      if (fromKey === toKey) return;
      await takeTurn(tx);
      await noteBeginnings(tx, [to], clock.nowMs());
      await repository.dropGrants(tx, [toKey]);
      await repository.moveGrants(tx, fromKey, toKey);
      await noteGrants(tx, [fromKey, toKey]);
      tx.afterCommit(() => {
        state.dropGrants(toKey);
        state.moveGrants(fromKey, toKey);
      });
    },

    async drop(tx, on) {
      if (on.length === 0) return;
      const securables = on.map(keyOf);
      await takeTurn(tx);
      await repository.dropGrants(tx, securables);
      await forgetBeginnings(tx, on);
      await noteGrants(tx, securables);
      tx.afterCommit(() => {
        for (const securable of securables) state.dropGrants(securable);
      });
    },
  };
}
