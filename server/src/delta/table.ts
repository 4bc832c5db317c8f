import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../kernel/clock.ts';
import { AppError, invalidState, notFound, unavailable } from '../kernel/errors.ts';
import { type FilePath, type NamedFiles, parseFilePath, readNamedFile } from '../objects/named-files.ts';
import {
  type Action,
  checkpointName,
  commitName,
  LAST_CHECKPOINT,
  type Metadata,
  parseActions,
  renderCommit,
} from './log-entry.ts';
import {
  type Draft,
  draftOf,
  finish,
  newDraft,
  replay,
  type Snapshot,
  WRITER_VERSION,
} from './log-replay.ts';
import { renderSchema, type TableColumn } from './schema.ts';

/** What stands in a commit, besides when it was made. */
export interface Commit {
  readonly operation: string;
  readonly isBlindAppend: boolean;
  readonly actions: readonly Action[];
}

/**
 * A table in the Delta format. Any number of processes may write it, and others read it; who commits first wins, and
 * the others look again.
 */
export interface DeltaTable {
  readonly folder: string;
  /** @throws AppError NotFound where there is no such table; InvalidState where other programs made it unreadable. */
  refresh(): Promise<Snapshot>;
  /**
   * Commits what `decide` makes of the state, with a fresh look at it for every try; nothing where it makes nothing. A
   * try whose answer was lost is looked for before the next, so `decide` must know its own work when it sees it: by a
   * txn, or by the files that it adds or removes.
   * @throws AppError Unavailable when the store is out of reach, or too many write at the same time; what `decide` throws.
   */
  commit(decide: (snapshot: Snapshot) => Commit | undefined): Promise<Snapshot>;
  /** The path of a file of the table, by its path in the log. */
  pathOf(file: string): FilePath;
  /** Says which checkpoint there is now. */
  checkpointed(version: number): void;
}

/** The actions of a checkpoint's file. */
export type ReadCheckpoint = (path: FilePath) => Promise<readonly Action[]>;

export interface DeltaTableOptions {
  readonly files: NamedFiles;
  /** Without a slash at its end. */
  readonly folder: string;
  readonly clock: Clock;
  readonly readCheckpoint: ReadCheckpoint;
}

const ENGINE = 'Slipway';
const MAX_TRIES = 50;
const PAUSE_MS = { least: 5, most: 100 };
/** Commits are removed days after a checkpoint has them: who has not looked for this long begins anew. */
const STALE_MS = 24 * 60 * 60 * 1000;

export function openDeltaTable({ files, folder, clock, readCheckpoint }: DeltaTableOptions): DeltaTable {
  let known: Snapshot | undefined;
  let lookedAtMs = 0;
  let queue: Promise<unknown> = Promise.resolve();
  const pathOf = (file: string): FilePath => parseFilePath(`${folder}/${decodeURIComponent(file)}`);

  /** One after another: a look that takes long must not put an older state in place of a newer. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = queue.then(work);
    queue = done.catch(() => undefined);
    return done;
  }

  async function look(): Promise<Snapshot> {
    const nowMs = clock.nowMs();
    const from = known !== undefined && nowMs - lookedAtMs < STALE_MS ? known : undefined;
    let draft: Draft | undefined;
    const begun = from === undefined ? await begin() : undefined;
    for (let version = (from ?? begun)!.version + 1; ; version++) {
      const text = await readIfThere(files, pathOf(commitName(version)));
      if (text === undefined) break;
      draft ??= begun ?? draftOf(from!);
      replay(draft, version, parseActions(text));
    }
    draft ??= begun;
    if (draft !== undefined) {
      if (draft.version < 0) throw notFound('There is no such Delta table.');
      known = finish(draft);
    }
    lookedAtMs = nowMs;
    return known!;
  }

  async function begin(): Promise<Draft> {
    const draft = newDraft();
    const text = await readIfThere(files, pathOf(LAST_CHECKPOINT));
    if (text === undefined) return draft;
    const { version, parts } = JSON.parse(text) as { version: number; parts?: number };
    if (parts !== undefined)
      throw invalidState(
        'Another program has written a checkpoint in several parts, which is not read here.',
      );
    replay(draft, version, await readCheckpoint(pathOf(checkpointName(version))));
    draft.checkpointVersion = version;
    return draft;
  }

  async function commit(decide: (snapshot: Snapshot) => Commit | undefined): Promise<Snapshot> {
    let failure: AppError | undefined;
    for (let attempt = 1; attempt <= MAX_TRIES; attempt++) {
      if (attempt > 1) await sleep(PAUSE_MS.least + Math.random() * (PAUSE_MS.most - PAUSE_MS.least));
      const snapshot = await look();
      const wanted = decide(snapshot);
      if (wanted === undefined) return snapshot;
      if (snapshot.protocol.minWriterVersion > WRITER_VERSION)
        throw invalidState(
          `The Delta table needs writers of version ${snapshot.protocol.minWriterVersion}: another program has changed it.`,
        );
      const content = renderCommit([commitInfo(wanted, clock.nowMs()), ...wanted.actions]);
      try {
        await files.putIfAbsent(pathOf(commitName(snapshot.version + 1)), content);
        return await look();
      } catch (error) {
        // Another was first, or nobody knows whether we were: the next look shows it.
        if (!(error instanceof AppError) || !['AlreadyExists', 'Unavailable'].includes(error.code))
          throw error;
        if (error.code === 'Unavailable' && failure?.code === 'Unavailable') throw error;
        failure = error;
      }
    }
    throw unavailable('Too many write the Delta table at the same time.', { cause: failure });
  }

  return {
    folder,
    refresh: () => inTurn(look),
    commit: (decide) => inTurn(() => commit(decide)),
    pathOf,
    checkpointed(version) {
      if (known !== undefined) known = { ...known, checkpointVersion: version };
    },
  };
}

const commitInfo = ({ operation, isBlindAppend }: Commit, timestamp: number): Action => ({
  commitInfo: { timestamp, operation, operationParameters: {}, isBlindAppend, engineInfo: ENGINE },
});

export interface NewDeltaTable {
  readonly files: NamedFiles;
  readonly folder: string;
  readonly clock: Clock;
  /** A UUID. */
  readonly id: string;
  readonly columns: readonly TableColumn[];
  readonly partitionBy: readonly string[];
}

/** Makes an empty table, if it is not there. @throws AppError Unavailable */
export async function createDeltaTable(table: NewDeltaTable): Promise<void> {
  const { files, folder, clock, id, columns, partitionBy } = table;
  const metaData: Metadata = {
    id,
    format: { provider: 'parquet', options: {} },
    schemaString: renderSchema(columns),
    partitionColumns: partitionBy,
    configuration: {},
    createdTime: clock.nowMs(),
  };
  const actions: Action[] = [
    commitInfo({ operation: 'CREATE TABLE', isBlindAppend: true, actions: [] }, clock.nowMs()),
    { protocol: { minReaderVersion: 1, minWriterVersion: WRITER_VERSION } },
    { metaData },
  ];
  const first = parseFilePath(`${folder}/${commitName(0)}`);
  try {
    await files.putIfAbsent(first, renderCommit(actions));
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'AlreadyExists') throw error;
  }
}

async function readIfThere(files: NamedFiles, path: FilePath): Promise<string | undefined> {
  try {
    return (await readNamedFile(files, path)).toString('utf8');
  } catch (error) {
    if (error instanceof AppError && error.code === 'NotFound') return undefined;
    throw error;
  }
}
