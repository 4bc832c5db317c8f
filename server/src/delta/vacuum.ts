import type { Clock } from '../kernel/clock.ts';
import type { FilePath, NamedFiles } from '../objects/named-files.ts';
import { LOG_FOLDER } from './log-entry.ts';
import { KEPT_MS, type Snapshot } from './log-replay.ts';
import { madeAtMs } from './part-names.ts';
import type { DeltaTable } from './table.ts';

/** A file that no version names may be on its way into one for this long. */
export const UNNAMED_MS = 24 * 60 * 60 * 1000;
const LIST_LIMIT = 1000;

/** Whether nobody can want a file any more: neither a reader of an earlier version nor a writer that will name it. */
export function isNeedless(name: string, snapshot: Snapshot, nowMs: number): boolean {
  if (snapshot.files.has(name)) return false;
  const removed = snapshot.removed.get(name);
  if (removed !== undefined && (removed.deletionTimestamp ?? nowMs) > nowMs - KEPT_MS) return false;
  const made = madeAtMs(name);
  // A file of another program is its own business.
  if (made === undefined) return false;
  return made < nowMs - Math.max(UNNAMED_MS, removed === undefined ? 0 : KEPT_MS);
}

/** Removes all of a folder, in the order of its files' names: the log of a table comes before its parts. */
export async function removeFolder(files: NamedFiles, folder: string): Promise<void> {
  for (;;) {
    const page = await files.list(`${folder}/`, { limit: LIST_LIMIT });
    for (const { path } of page.files) await files.delete(path as FilePath);
    if (page.next === undefined) return;
  }
}

/** Removes files that are no part of the table any more; how many. */
export async function vacuum(
  table: DeltaTable,
  { files, clock }: { readonly files: NamedFiles; readonly clock: Clock },
): Promise<number> {
  let removed = 0;
  let after: string | undefined;
  do {
    const page = await files.list(`${table.folder}/`, {
      limit: LIST_LIMIT,
      ...(after !== undefined && { after }),
    });
    // Looked at behind the listing: what was named meanwhile is seen.
    const snapshot = await table.refresh();
    const needless = page.files.filter(({ path }) => {
      const name = path.slice(table.folder.length + 1);
      return !name.startsWith(`${LOG_FOLDER}/`) && isNeedless(name, snapshot, clock.nowMs());
    });
    for (const { path } of needless) await files.delete(path as FilePath);
    removed += needless.length;
    after = page.next;
  } while (after !== undefined);
  return removed;
}
