import type { Database, Sql } from '../db/port.ts';
import type { OwnedRow } from './owners-repository.ts';
import * as repository from './owners-repository.ts';

/** Ids kept in memory: some 20 MB. */
const CAPACITY = 100_000;

/**
 * Which experiment a run or a logged model belongs to. That never changes, so what was asked once is answered from
 * memory: deciding about one point of a metric costs no query.
 */
export function createOwners({
  db,
  capacity = CAPACITY,
}: {
  readonly db: Database;
  readonly capacity?: number;
}) {
  const runs = createKnown(db, capacity, repository.listRunOwners);
  const loggedModels = createKnown(db, capacity, repository.listLoggedModelOwners);
  return {
    /** The number of the run's experiment; undefined for no such run. */
    ofRun: runs.find,
    /** Of those that are there. */
    ofRuns: runs.findAll,
    ofLoggedModel: loggedModels.find,
    ofLoggedModels: loggedModels.findAll,

    /**
     * The experiments that a path of the artifact proxy belongs to: the one whose number it begins with, or those that
     * were given a folder on the way to it.
     */
    async ofPath(path: string): Promise<readonly number[]> {
      const parts = path.split('/');
      const [first = ''] = parts;
      if (/^(?:0|[1-9]\d{0,14})$/.test(first)) return [Number(first)];
      const places = parts.map((_, i) => `mlflow-artifacts:/${parts.slice(0, i + 1).join('/')}`);
      return db.read((sql) => repository.listLocationOwners(sql, places));
    },
  };
}

export type Owners = ReturnType<typeof createOwners>;

function createKnown(
  db: Database,
  capacity: number,
  list: (sql: Sql, ids: readonly string[]) => Promise<OwnedRow[]>,
) {
  // Two halves: the older one goes as a whole when the newer one is full, and what is asked for moves to the newer.
  let recent = new Map<string, number>();
  let older = new Map<string, number>();

  function keep(id: string, experimentNo: number): void {
    if (recent.size >= capacity / 2) {
      older = recent;
      recent = new Map();
    }
    recent.set(id, experimentNo);
  }

  function recall(id: string): number | undefined {
    const known = recent.get(id);
    if (known !== undefined) return known;
    const before = older.get(id);
    if (before !== undefined) keep(id, before);
    return before;
  }

  async function findAll(ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const found = new Map<string, number>();
    const unknown = new Set<string>();
    for (const id of ids) {
      const known = recall(id);
      if (known === undefined) unknown.add(id);
      else found.set(id, known);
    }
    if (unknown.size === 0) return found;
    for (const row of await db.read((sql) => list(sql, [...unknown]))) {
      keep(row.id, row.experiment_no);
      found.set(row.id, row.experiment_no);
    }
    return found;
  }

  return {
    findAll,
    find: (id: string): number | Promise<number | undefined> =>
      recall(id) ?? findAll([id]).then((found) => found.get(id)),
  };
}
