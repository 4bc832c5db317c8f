import { invalidState } from '../kernel/errors.ts';
import type { Action, AddFile, Metadata, Protocol, RemoveFile, Txn } from './log-entry.ts';

/** What a table consists of at a version. */
export interface Snapshot {
  readonly version: number;
  readonly protocol: Protocol;
  readonly metadata: Metadata;
  /** By their paths in the log. */
  readonly files: ReadonlyMap<string, AddFile>;
  /** Files that are no longer part of it, for as long as readers of earlier versions may want them. */
  readonly removed: ReadonlyMap<string, RemoveFile>;
  readonly txns: ReadonlyMap<string, Txn>;
  /** Of the checkpoint that the log can be read from; undefined where there is none. */
  readonly checkpointVersion: number | undefined;
}

const READER_VERSION = 1;
export const WRITER_VERSION = 2;

export interface Draft {
  version: number;
  protocol: Protocol | undefined;
  metadata: Metadata | undefined;
  readonly files: Map<string, AddFile>;
  readonly removed: Map<string, RemoveFile>;
  readonly txns: Map<string, Txn>;
  checkpointVersion: number | undefined;
}

export const newDraft = (): Draft => ({
  version: -1,
  protocol: undefined,
  metadata: undefined,
  files: new Map(),
  removed: new Map(),
  txns: new Map(),
  checkpointVersion: undefined,
});

export const draftOf = (snapshot: Snapshot): Draft => ({
  ...snapshot,
  files: new Map(snapshot.files),
  removed: new Map(snapshot.removed),
  txns: new Map(snapshot.txns),
});

/** The actions of one commit, or of a checkpoint, on top of what is there. */
export function replay(draft: Draft, version: number, actions: readonly Action[]): void {
  for (const action of actions) {
    if ('add' in action && action.add) {
      draft.files.set(action.add.path, action.add);
      draft.removed.delete(action.add.path);
    } else if ('remove' in action && action.remove) {
      draft.files.delete(action.remove.path);
      draft.removed.set(action.remove.path, action.remove);
    } else if ('txn' in action && action.txn) {
      draft.txns.set(action.txn.appId, action.txn);
    } else if ('metaData' in action && action.metaData) {
      draft.metadata = action.metaData;
    } else if ('protocol' in action && action.protocol) {
      draft.protocol = action.protocol;
    }
  }
  draft.version = version;
}

/** @throws AppError InvalidState for a log without a beginning, and for a table that a newer program made. */
export function finish(draft: Draft): Snapshot {
  const { protocol, metadata } = draft;
  if (protocol === undefined || metadata === undefined)
    throw invalidState('The log of a Delta table has no beginning.');
  if (protocol.minReaderVersion > READER_VERSION)
    throw invalidState(
      `The Delta table needs readers of version ${protocol.minReaderVersion}: another program has changed it.`,
    );
  return { ...draft, protocol, metadata };
}

/** How long readers of an earlier version may take, and how long a version can be gone back to. */
export const KEPT_MS = 7 * 24 * 60 * 60 * 1000;
/** After this time a writer's number is forgotten; none takes so long for one commit. */
const TXN_MS = 90 * 24 * 60 * 60 * 1000;

/** All that a checkpoint holds. */
export function checkpointActions(snapshot: Snapshot, nowMs: number): Action[] {
  const isKept = ({ deletionTimestamp = 0 }: RemoveFile) => deletionTimestamp > nowMs - KEPT_MS;
  const isKnown = ({ lastUpdated = nowMs }: Txn) => lastUpdated > nowMs - TXN_MS;
  return [
    { protocol: snapshot.protocol },
    { metaData: snapshot.metadata },
    ...[...snapshot.txns.values()].filter(isKnown).map((txn) => ({ txn })),
    ...[...snapshot.files.values()].map((add) => ({ add: { ...add, dataChange: false } })),
    ...[...snapshot.removed.values()]
      .filter(isKept)
      .map((remove) => ({ remove: { ...remove, dataChange: false } })),
  ];
}
