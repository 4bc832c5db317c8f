import type { Database, Sql } from '../db/port.ts';
import { unavailable } from '../kernel/errors.ts';
import type { Access } from './access.ts';
import type { ChangeKind, NumberedChange } from './changes-repository.ts';
import * as changesRepository from './changes-repository.ts';
import { createSnapshotAccess } from './snapshot-access.ts';
import * as repository from './snapshot-repository.ts';
import { createState, type State } from './snapshot-state.ts';

/** Who may do what, in memory: no request waits for the database to be judged. */
export interface Snapshot {
  /** Undefined for a principal that is not there or inactive. @throws AppError Unavailable when out of date for 5 s. */
  accessOf(principalId: string): Access | undefined;
  /** Whether the catalog exists, in any case; also where the server runs without identities. */
  hasCatalog(name: string): boolean;
  /** Catalogs and schemas as they are spelled, or undefined. */
  spelling(name: {
    readonly catalog: string;
    readonly schema: string;
  }): { catalog: string; schema: string } | undefined;
  /** Brings in what has changed, of every process; awaited by writers before they answer. */
  refresh(): Promise<void>;
  /** As `refresh`, where there can be other processes: not there on SQLite. */
  readonly catchUp: (() => Promise<void>) | undefined;
}

/** What only this folder and the door ask. */
export interface OpenSnapshot extends Snapshot {
  /** @throws AppError Unavailable when out of date for 5 s. */
  current(): State;
  /**
   * The look that a process owes which had no time for it, because it was paused or starved: it is behind, and has not
   * lost its database. Undefined where nothing is owed, and where it has.
   */
  overdueLook(): Promise<void> | undefined;
  /** Writes what this process knows ahead of the next look at the database. */
  readonly state: State;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface SnapshotDependencies {
  readonly db: Database;
  /** Milliseconds that no change of the machine's time moves. */
  monotonicMs(): number;
  /** Whether answers are refused when out of date: where the server has identities. */
  readonly refusesWhenStale: boolean;
  onError(error: unknown): void;
}

const POLL_MS = 200;
const STALE_AFTER_MS = 5000;
/** More changes than this at once are read as everything. */
const PAGE = 1000;
const MAX_ACCESSES = 1000;

export function createSnapshot({
  db,
  monotonicMs,
  refusesWhenStale,
  onError,
}: SnapshotDependencies): OpenSnapshot {
  const state = createState();
  const accesses = new Map<string, Access>();
  let lastSeen = -1;
  let freshAtMs = Number.NEGATIVE_INFINITY;
  /** Whether the last look failed. */
  let isLost = false;
  let running: Promise<void> | undefined;
  let queued: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const isStale = (): boolean => refusesWhenStale && monotonicMs() - freshAtMs > STALE_AFTER_MS;

  function current(): State {
    if (isStale()) {
      throw unavailable(
        'The server has lost its database and cannot tell who may do what: try again in a moment.',
      );
    }
    return state;
  }

  async function read(): Promise<void> {
    const startedAtMs = monotonicMs();
    await db.read(async (sql) => {
      const changes = await changesRepository.listChanges(sql, lastSeen, PAGE);
      const newest = changes.at(-1);
      if (lastSeen >= 0 && newest === undefined) return;
      const isWhole =
        lastSeen < 0 ||
        changes.length === PAGE ||
        changes.some(({ kind }) => kind === 'everything') ||
        // Others have forgotten what this process had not read.
        (await changesRepository.findBounds(sql)).first > lastSeen + 1;
      // Rows read after the number are at least as new as it; what is newer still is read once more.
      if (isWhole) lastSeen = await loadAll(sql, state);
      else {
        await loadChanged(sql, state, changes);
        lastSeen = newest!.changeNo;
      }
    });
    freshAtMs = startedAtMs;
  }

  /** A look that began before the call may have missed what the caller wrote: the next one has not. */
  function refresh(): Promise<void> {
    if (running === undefined) {
      running = read()
        .then(
          () => {
            isLost = false;
          },
          (error: unknown) => {
            isLost = true;
            throw error;
          },
        )
        .finally(() => {
          running = undefined;
        });
      return running;
    }
    queued ??= running
      .catch(() => undefined)
      .then(() => {
        queued = undefined;
        return refresh();
      });
    return queued;
  }

  const catchUp = db.dialect.name === 'sqlite' ? undefined : refresh;

  function poll(): void {
    if (stopped) return;
    timer = setTimeout(() => {
      refresh().catch(onError).finally(poll);
    }, POLL_MS).unref();
  }

  return {
    state,
    current,
    refresh,
    catchUp,

    overdueLook() {
      if (isLost || !isStale()) return undefined;
      // Where it fails, whoever asks for the state is told.
      return refresh().catch(() => undefined);
    },

    accessOf(principalId) {
      const no = Number(principalId);
      const known = current().principals.get(no);
      if (known === undefined || !known.active || known.kind === 'group') return undefined;
      let access = accesses.get(principalId);
      if (access === undefined) {
        if (accesses.size >= MAX_ACCESSES) accesses.clear();
        access = createSnapshotAccess(no, current, catchUp);
        accesses.set(principalId, access);
      }
      return access;
    },

    hasCatalog: (name) => state.catalogs.has(name.toLowerCase()),

    spelling({ catalog, schema }) {
      const known = state.catalogs.get(catalog.toLowerCase());
      const spelled = known?.schemas.get(schema.toLowerCase());
      return known === undefined || spelled === undefined
        ? undefined
        : { catalog: known.name, schema: spelled };
    },

    async start() {
      await refresh();
      poll();
    },

    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running?.catch(() => undefined);
    },
  };
}

/** @returns the number of the last change that it is sure to hold. */
async function loadAll(sql: Sql, state: State): Promise<number> {
  const { last } = await changesRepository.findBounds(sql);
  const principals = await repository.listPrincipals(sql, undefined);
  const memberships = await repository.listMemberships(sql, undefined);
  const tokens = await repository.listTokens(sql, undefined);
  const sessions = await repository.listSessions(sql, undefined);
  const grants = await repository.listGrants(sql, undefined);
  const schemas = await repository.listSchemas(sql, undefined);
  // All at once and without waiting: nobody sees a half.
  state.putPrincipals([...state.principals.keys()], principals);
  state.putMembers(
    principals.filter(({ kind }) => kind === 'group').map(({ principal_no }) => principal_no),
    memberships,
  );
  state.putTokens([...state.tokens.keys()], tokens);
  state.putSessions([...state.sessions.keys()], sessions);
  state.putGrants([...state.grants.keys()], grants);
  state.putCatalogs([...state.catalogs.keys()], schemas);
  return last;
}

async function loadChanged(sql: Sql, state: State, changes: readonly NumberedChange[]): Promise<void> {
  const subjects = (wanted: ChangeKind): readonly string[] => [
    ...new Set(changes.filter(({ kind }) => kind === wanted).map(({ subject }) => subject)),
  ];
  const principalNos = subjects('principal').map(Number);
  const groupNos = subjects('members').map(Number);
  const tokenHashes = subjects('token');
  const sessionHashes = subjects('session');
  const securables = subjects('grants');
  const catalogKeys = subjects('catalog');
  const some = <T>(keys: readonly unknown[], read: () => Promise<T[]>): Promise<T[]> =>
    keys.length === 0 ? Promise.resolve([]) : read();
  const principals = await some(principalNos, () => repository.listPrincipals(sql, principalNos));
  const memberships = await some(groupNos, () => repository.listMemberships(sql, groupNos));
  const tokens = await some(tokenHashes, () => repository.listTokens(sql, tokenHashes));
  const sessions = await some(sessionHashes, () => repository.listSessions(sql, sessionHashes));
  const grants = await some(securables, () => repository.listGrants(sql, securables));
  const schemas = await some(catalogKeys, () => repository.listSchemas(sql, catalogKeys));
  if (principalNos.length > 0) state.putPrincipals(principalNos, principals);
  if (groupNos.length > 0) state.putMembers(groupNos, memberships);
  if (tokenHashes.length > 0) state.putTokens(tokenHashes, tokens);
  if (sessionHashes.length > 0) state.putSessions(sessionHashes, sessions);
  if (securables.length > 0) state.putGrants(securables, grants);
  if (catalogKeys.length > 0) state.putCatalogs(catalogKeys, schemas);
}
