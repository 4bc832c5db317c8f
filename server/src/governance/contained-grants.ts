import type { Transaction } from '../db/port.ts';
import type { NoteChange } from './governed-writes.ts';
import * as repository from './grants-repository.ts';

/** Beyond it the snapshots read everything again: one entry instead of thousands. */
const MAX_NOTED = 500;
const LEAVES = ['model', 'table', 'volume'] as const;

/** Where grants on what lies in a catalog, or in a schema, are kept; the names are in lower case. */
const prefixesOf = ({
  catalog,
  schema,
}: {
  readonly catalog: string;
  readonly schema?: string;
}): readonly string[] =>
  schema === undefined
    ? ['schema', ...LEAVES].map((type) => `${type}:${catalog}.`)
    : LEAVES.map((type) => `${type}:${catalog}.${schema}.`);

interface Place {
  readonly catalog: string;
  readonly schema?: string;
}

const keyOfPlace = ({ catalog, schema }: Place): string =>
  schema === undefined ? `catalog:${catalog}` : `schema:${catalog}.${schema}`;

/** The grants on a catalog or schema and on all in it go to its new name. */
export async function moveContainedGrants(
  tx: Transaction,
  changed: NoteChange,
  { from, to }: { readonly from: Place; readonly to: Place },
): Promise<void> {
  const moves: [string, string][] = [[keyOfPlace(from), keyOfPlace(to)]];
  const [fromPrefixes, toPrefixes] = [prefixesOf(from), prefixesOf(to)];
  for (const [i, prefix] of fromPrefixes.entries()) {
    for (const securable of await repository.listSecurables(tx, [prefix]))
      moves.push([securable, toPrefixes[i]! + securable.slice(prefix.length)]);
  }
  // Nothing has the new name yet; what was granted on it all the same says nothing about what comes there.
  await repository.dropGrants(
    tx,
    moves.map(([, after]) => after),
  );
  for (const [before, after] of moves) await repository.moveGrants(tx, before, after);
  note(changed, moves.flat());
}

/** Nothing is left of the rights on a catalog or schema, nor on what lay in it. */
export async function dropContainedGrants(tx: Transaction, changed: NoteChange, place: Place): Promise<void> {
  const securables = [keyOfPlace(place), ...(await repository.listSecurables(tx, prefixesOf(place)))];
  await repository.dropGrants(tx, securables);
  note(changed, securables);
}

function note(changed: NoteChange, securables: readonly string[]): void {
  if (securables.length > MAX_NOTED) changed('everything', '');
  else for (const securable of securables) changed('grants', securable);
}
