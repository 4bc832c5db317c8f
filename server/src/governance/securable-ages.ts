import type { Database, Transaction } from '../db/port.ts';
import { keyOf, parentOf, type Securable, type SecurableType } from './privileges.ts';
import * as repository from './securable-ages-repository.ts';

/** What is known by a name, which can come to mean another thing. Numbers and ids are given once. */
const NAMED: ReadonlySet<SecurableType> = new Set([
  'catalog',
  'schema',
  'model',
  'table',
  'volume',
  'secret-scope',
]);

/** From now on these keys mean what is being made, or has just got its name. */
export async function noteBeginnings(
  tx: Transaction,
  on: readonly Securable[],
  nowMs: number,
): Promise<void> {
  const named = on.filter(({ type }) => NAMED.has(type));
  if (named.length > 0) await repository.putAges(tx, named.map(keyOf), nowMs);
}

/** Of what is gone: whatever gets its name begins anew. */
export async function forgetBeginnings(tx: Transaction, on: readonly Securable[]): Promise<void> {
  const named = on.filter(({ type }) => NAMED.has(type));
  if (named.length > 0) await repository.dropAges(tx, named.map(keyOf));
}

export interface SecurableAges {
  /**
   * Since when the key of the securable means the thing that has it now, in milliseconds since 1970: what is told of the
   * key from before may be about another one. 0 for what has its key for ever.
   */
  sinceOf(on: Securable): Promise<number>;
}

export const createSecurableAges = ({ db }: { readonly db: Database }): SecurableAges => ({
  async sinceOf(on) {
    if (!NAMED.has(on.type)) return 0;
    // What lies in something that got its name later is named so no longer than that.
    const keys: string[] = [];
    for (let each: Securable | undefined = on; each !== undefined; each = parentOf(each))
      keys.push(keyOf(each));
    const ages = await db.read((sql) => repository.listAges(sql, [...keys, repository.OLDER]));
    const own = ages.get(keys[0]!) ?? ages.get(repository.OLDER) ?? 0;
    return Math.max(own, ...keys.map((key) => ages.get(key) ?? 0));
  },
});
