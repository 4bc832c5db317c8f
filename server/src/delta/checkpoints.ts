import { createReadStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../kernel/clock.ts';
import { type FilePath, type NamedFiles, readNamedFile } from '../objects/named-files.ts';
import type { DeltaProcesses } from './delta-processes.ts';
import type { FileCache } from './file-cache.ts';
import {
  type Action,
  checkpointName,
  LAST_CHECKPOINT,
  LOG_FOLDER,
  parseActions,
  renderCommit,
  versionOf,
} from './log-entry.ts';
import { checkpointActions, KEPT_MS } from './log-replay.ts';
import type { DeltaTable } from './table.ts';
import type { WorkFolder } from './work-folder.ts';

export interface CheckpointDependencies {
  readonly files: NamedFiles;
  readonly processes: DeltaProcesses;
  readonly cache: FileCache;
  readonly work: WorkFolder;
  readonly clock: Clock;
}

const EVERY_COMMITS = 20;
const LIST_LIMIT = 1000;

/** Checkpoints of tables, so that a long log need not be read from its beginning. */
export function createCheckpoints({ files, processes, cache, work, clock }: CheckpointDependencies) {
  return {
    /** The actions of a checkpoint, whoever wrote it. @throws AppError NotFound, Unavailable */
    read: (file: FilePath): Promise<readonly Action[]> =>
      work.use(async (folder) => {
        const held = await cache.hold(file);
        try {
          const into = path.join(folder, 'actions');
          await processes.run({ kind: 'read-checkpoint', file: held.place, into }, 'written');
          return parseActions(await readFile(into, 'utf8'));
        } finally {
          held.release();
        }
      }),

    /** Writes one where enough has been committed since the last. Two that do so write the same. */
    async writeWhenDue(table: DeltaTable): Promise<boolean> {
      const snapshot = await table.refresh();
      if (snapshot.version - (snapshot.checkpointVersion ?? 0) < EVERY_COMMITS) return false;
      await work.use(async (folder) => {
        const lines = path.join(folder, 'actions');
        const into = path.join(folder, 'checkpoint.parquet');
        const actions = checkpointActions(snapshot, clock.nowMs());
        await writeFile(lines, renderCommit(actions), { mode: 0o600 });
        const { rows } = await processes.run({ kind: 'write-checkpoint', lines, into }, 'written');
        await files.put(table.pathOf(checkpointName(snapshot.version)), createReadStream(into));
        const last = Buffer.from(JSON.stringify({ version: snapshot.version, size: rows }));
        await files.put(table.pathOf(LAST_CHECKPOINT), once(last));
      });
      table.checkpointed(snapshot.version);
      return true;
    },

    /** Removes commits and checkpoints that a checkpoint of a week ago made needless; how many. */
    async removeOldLog(table: DeltaTable): Promise<number> {
      const beforeMs = clock.nowMs() - KEPT_MS;
      const found: { version: number; kind: 'commit' | 'checkpoint'; path: FilePath }[] = [];
      let after: string | undefined;
      do {
        const page = await files.list(`${table.folder}/${LOG_FOLDER}/`, {
          limit: LIST_LIMIT,
          ...(after !== undefined && { after }),
        });
        for (const { path: file } of page.files) {
          const named = versionOf(file.slice(table.folder.length + 1));
          if (named !== undefined) found.push({ ...named, path: file });
        }
        after = page.next;
      } while (after !== undefined);
      const commits = new Map(
        found.flatMap((each) => (each.kind === 'commit' ? [[each.version, each]] : [])),
      );
      const checkpoints = found
        .filter(({ kind }) => kind === 'checkpoint')
        .sort((a, b) => b.version - a.version);
      for (const { version } of checkpoints) {
        const commit = commits.get(version);
        if (commit === undefined || (await madeAt(files, commit.path)) > beforeMs) continue;
        const needless = found.filter((each) => each.version < version);
        for (const each of needless) await files.delete(each.path);
        return needless.length;
      }
      return 0;
    },
  };
}

export type Checkpoints = ReturnType<typeof createCheckpoints>;

/** When a commit was made; now, where it does not say. */
async function madeAt(files: NamedFiles, commit: FilePath): Promise<number> {
  const actions = parseActions((await readNamedFile(files, commit)).toString('utf8'));
  for (const action of actions) {
    if ('commitInfo' in action && typeof action.commitInfo.timestamp === 'number')
      return action.commitInfo.timestamp;
  }
  return Number.POSITIVE_INFINITY;
}

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}
