import type { Transaction } from '../db/port.ts';
import type { Principal } from './access.ts';
import type { Securable } from './privileges.ts';

/** Rights on what other folders create, rename and delete: part of their own transactions. */
export interface Ownership {
  /** Makes the principal the owner; nothing for the local user. In force when the write resolves. */
  claim(tx: Transaction, on: Securable, owner: Pick<Principal, 'id'>): Promise<void>;
  /** Of many at once. */
  claimAll(tx: Transaction, on: readonly Securable[], owner: Pick<Principal, 'id'>): Promise<void>;
  /** After a rename: everybody keeps what they had. */
  move(tx: Transaction, from: Securable, to: Securable): Promise<void>;
  /** After a deletion: whoever makes a thing of the same name starts anew. */
  drop(tx: Transaction, on: readonly Securable[]): Promise<void>;
}
