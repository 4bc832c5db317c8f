import type { Database, Transaction } from '../db/port.ts';
import type { Principal } from '../governance/access.ts';
import type { Clock } from '../kernel/clock.ts';
import { homeAt, homeOf, placeOf, placesTo, SHARED, type WorkspacePath } from './workspace-paths.ts';
import * as repository from './workspace-repository.ts';

export interface HomesDependencies {
  readonly db: Database;
  readonly clock: Clock;
  /** The number of the principal that has exactly this name now. */
  numberOf(name: string): Promise<number | undefined>;
}

export const FOLDER = {
  kind: 'DIRECTORY',
  language: null,
  format: null,
  content_id: null,
  size_bytes: 0,
} as const;

/**
 * Everybody's own folder. It is called by its owner's name and belongs to the owner's number: it follows its owner to
 * another name, and whoever gets a name that somebody had before begins with an empty one.
 */
export function createHomes({ db, clock, numberOf }: HomesDependencies) {
  let isSharedThere = false;

  async function insertFolders(
    tx: Transaction,
    path: WorkspacePath,
    of: { readonly by: string; readonly owner: number | null },
  ): Promise<void> {
    const nowMs = clock.nowMs();
    const home = homeAt(path);
    await repository.insertObjects(
      tx,
      placesTo(path).map((place) => ({
        ...place,
        ...FOLDER,
        created_at: nowMs,
        created_by: of.by,
        modified_at: nowMs,
        owner_no: place.parent === home?.parent ? of.owner : null,
      })),
    );
  }

  /** Makes room for the own folder where somebody else's has its name: that one stays, for administrators to look at. */
  async function settle(tx: Transaction, principal: Principal, home: WorkspacePath): Promise<void> {
    const no = Number(principal.id);
    const { name } = placeOf(home);
    const own = await repository.holdHome(tx, no);
    if (own?.name === name) return;
    const there = await repository.holdObject(tx, placeOf(home));
    // Another call of theirs has made it since.
    if (there?.owner_no === no) return;
    if (there !== undefined && there.owner_no === null && own === undefined) {
      await repository.setOwner(tx, there.object_id, no);
      return;
    }
    if (there !== undefined) await repository.renameObject(tx, there, `${name} (former ${there.object_id})`);
    if (own !== undefined) await repository.renameObject(tx, own, name);
    else await insertFolders(tx, home, { by: name, owner: no });
  }

  return {
    /** Everybody's folder is there when they look, and theirs. Asked with every call: names change hands. */
    async house(principal: Principal): Promise<void> {
      const home = homeOf(principal);
      if (!isSharedThere) {
        await db.write((tx) => insertFolders(tx, SHARED, { by: 'system', owner: null }));
        isSharedThere = true;
      }
      if (home === undefined) return;
      const known = await db.read((sql) => repository.findObject(sql, placeOf(home)));
      if (known?.owner_no !== Number(principal.id)) await db.write((tx) => settle(tx, principal, home));
    },

    /**
     * What makes the folders on the way to a path and it itself, as far as they are missing. The home of somebody else is
     * theirs from the beginning; that of a name which nobody has waits for its first owner.
     */
    async folderMaker(path: WorkspacePath, by: Principal): Promise<(tx: Transaction) => Promise<void>> {
      const home = homeAt(path);
      const owner = home === undefined ? undefined : await numberOf(home.name);
      return (tx) => insertFolders(tx, path, { by: by.name, owner: owner ?? null });
    },

    /** The id of whose home a path lies in; undefined for what lies in none, or in one that nobody has yet. */
    async ownerOf(path: WorkspacePath): Promise<string | undefined> {
      const home = homeAt(path);
      const row = home && (await db.read((sql) => repository.findObject(sql, home)));
      return row?.owner_no === undefined || row.owner_no === null ? undefined : String(row.owner_no);
    },
  };
}
