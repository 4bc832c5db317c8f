import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Access } from '../governance/access.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError, notFound } from '../kernel/errors.ts';
import type { ResultFormat } from './results.ts';
import {
  type Outcome,
  readOutcome,
  renderOutcome,
  type StoredPart,
  type StoredResult,
} from './statement-results.ts';
import {
  createStatementRunner,
  type StatementRequest,
  type StatementRunnerDependencies,
} from './statement-runner.ts';
import type { StatementRow, StatementState } from './statements-repository.ts';
import * as repository from './statements-repository.ts';

export interface StatementWait {
  readonly waitMs: number;
  readonly onTimeout: 'CONTINUE' | 'CANCEL';
}

/** A statement as its maker sees it. */
export interface StatementView {
  readonly id: string;
  readonly state: StatementState | 'PENDING';
  readonly format: ResultFormat;
  readonly error?: { readonly code: AppError['code']; readonly message: string; readonly reason?: string };
  readonly result?: StoredResult;
  /** Whether the first part, which is the only one, goes with the answer; links otherwise. */
  readonly inline: boolean;
}

export interface StatementsDependencies extends StatementRunnerDependencies {
  readonly clock: Clock;
  /** What all results together may take; the oldest of who has most make room. */
  readonly maxKeptBytes?: number;
}

const MIB = 2 ** 20;
const HYBRID_BYTES = 2 * MIB;
const DEFAULT_KEPT_BYTES = 4096 * MIB;
const MAX_AT_ONCE = 200;
/** Of one principal, where callers have identities. */
const MAX_OF_ONE = 50;
const LEASE_MS = 15_000;
const RENEW_EVERY_MS = 1000;
/** A statement that never finishes is forgotten after this time, and the result of one that did after the other. */
const UNFINISHED_MS = 2 * 60 * 60 * 1000;
const KEPT_MS = 60 * 60 * 1000;
const SWEEP_EVERY_MS = 60_000;
const SWEPT_AT_ONCE = 100;

const CANCELED = Symbol('canceled');

interface Running {
  readonly principalId: string;
  readonly controller: AbortController;
  readonly done: Promise<void>;
}

/**
 * Statements of SQL, each run on its own and kept with its result for a while, for whoever made it. Any process answers
 * for the statements of all.
 */
export function createStatements(dependencies: StatementsDependencies) {
  const { db, clock, processes, results, onError } = dependencies;
  const runner = createStatementRunner(dependencies);
  const running = new Map<string, Running>();
  let renewing: NodeJS.Timeout | undefined;
  let sweeping: NodeJS.Timeout | undefined;

  async function run(
    id: string,
    request: StatementRequest,
    access: Access,
    signal: AbortSignal,
  ): Promise<void> {
    let state: StatementState = 'SUCCEEDED';
    let outcome: Outcome;
    try {
      outcome = { kind: 'result', ...(await runner.perform(request, access, signal)) };
    } catch (error) {
      const isCanceled = signal.aborted && signal.reason === CANCELED;
      state = isCanceled ? 'CANCELED' : 'FAILED';
      outcome = isCanceled
        ? { kind: 'error', code: 'Conflict', message: 'The statement was canceled.' }
        : describeError(error);
      if (outcome.kind === 'error' && outcome.code === 'Internal') onError(error);
    }
    const parts = outcome.kind === 'result' ? outcome.parts : [];
    const finished = await db.write(async (tx) => {
      const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0);
      const expiresAt = clock.nowMs() + KEPT_MS;
      return repository.finishStatement(tx, {
        id,
        state,
        outcome: renderOutcome(outcome),
        sizeBytes,
        expiresAt,
      });
    });
    // Somebody closed it meanwhile.
    if (!finished) await results.remove(parts);
  }

  /** @throws AppError NotFound, also for another's. */
  async function find(id: string, access: Access): Promise<StatementRow> {
    const row = await db.read((sql) => repository.findStatement(sql, id));
    if (row === undefined || row.principal_id !== access.principal.id) throw statementNotFound(id);
    return row;
  }

  function view(row: StatementRow): StatementView {
    const common = { id: row.statement_id, format: row.format };
    if (row.state === 'RUNNING') {
      if (running.has(row.statement_id) || row.lease_until >= clock.nowMs())
        return { ...common, state: 'RUNNING', inline: false };
      const message = 'The server that ran the statement has ended; send it again.';
      return { ...common, state: 'FAILED', error: { code: 'Unavailable', message }, inline: false };
    }
    const outcome = row.outcome === null ? undefined : readOutcome(row.outcome);
    if (outcome?.kind === 'error') return { ...common, state: row.state, error: outcome, inline: false };
    if (outcome === undefined) return { ...common, state: row.state, inline: false };
    const [first] = outcome.parts;
    // The kernel of one official client finds no columns in an attachment without rows.
    const isRead = row.format === 'JSON_ARRAY' || first!.rows > 0;
    const isSmall = outcome.parts.length === 1 && first!.sizeBytes <= HYBRID_BYTES && isRead;
    const inline =
      row.disposition === 'INLINE' || (row.disposition === 'INLINE_OR_EXTERNAL_LINKS' && isSmall);
    return { ...common, state: row.state, result: outcome, inline };
  }

  function renewLeases(): void {
    const ids = [...running.keys()];
    if (ids.length === 0) {
      clearInterval(renewing);
      renewing = undefined;
      return;
    }
    db.write((tx) => repository.renewLeases(tx, ids, clock.nowMs() + LEASE_MS)).then((ended) => {
      for (const id of ended) running.get(id)?.controller.abort(CANCELED);
    }, onError);
  }

  async function sweep(): Promise<void> {
    const nowMs = clock.nowMs();
    const expired = await db.write(async (tx) => {
      await repository.expireBeyond(tx, {
        maxBytes: dependencies.maxKeptBytes ?? DEFAULT_KEPT_BYTES,
        nowMs,
        limit: SWEPT_AT_ONCE,
      });
      return repository.takeExpired(tx, nowMs, SWEPT_AT_ONCE);
    });
    for (const row of expired) await results.remove(partsOf(row));
  }

  return {
    /**
     * Runs a statement, and waits for its end for a while.
     * @throws AppError LimitExceeded when too many run; NotFound for an unknown session. What is wrong with the
     *   statement itself is in the answer.
     */
    async execute(
      request: StatementRequest,
      access: Access,
      { waitMs, onTimeout }: StatementWait,
    ): Promise<StatementView> {
      if (running.size >= MAX_AT_ONCE)
        throw new AppError('LimitExceeded', `${MAX_AT_ONCE} statements run already; try again in a moment.`);
      const { id: principalId, kind } = access.principal;
      const own = running.values().filter((each) => each.principalId === principalId);
      if (kind !== 'local' && own.toArray().length >= MAX_OF_ONE)
        throw new AppError(
          'LimitExceeded',
          `${MAX_OF_ONE} of your statements run already; try again in a moment.`,
        );
      await runner.placeOf(request, access);
      const id = randomUUID();
      const nowMs = clock.nowMs();
      const statement = {
        id,
        principalId,
        format: request.format,
        disposition: request.disposition,
        leaseUntil: nowMs + LEASE_MS,
        expiresAt: nowMs + UNFINISHED_MS,
      };
      await db.write((tx) => repository.insertStatement(tx, statement));
      const controller = new AbortController();
      const done = run(id, request, access, controller.signal)
        .catch(onError)
        .finally(() => running.delete(id));
      running.set(id, { principalId, controller, done });
      renewing ??= setInterval(renewLeases, RENEW_EVERY_MS).unref();
      // A change of rights is done when the call is answered, so that whoever records the call knows how it ended.
      if (runner.isQuick(request.text)) {
        await done;
        return view(await find(id, access));
      }
      if (waitMs === 0) return { id, state: 'PENDING', format: request.format, inline: false };
      const waited = new AbortController();
      await Promise.race([done, wait(waitMs, undefined, { signal: waited.signal }).catch(() => undefined)]);
      waited.abort();
      if (running.has(id) && onTimeout === 'CANCEL') {
        controller.abort(CANCELED);
        await done;
      }
      return view(await find(id, access));
    },

    /** @throws AppError NotFound, also for another's. */
    async get(id: string, access: Access): Promise<StatementView> {
      return view(await find(id, access));
    },

    /** Nothing for what has ended already. @throws AppError NotFound */
    async cancel(id: string, access: Access): Promise<void> {
      await find(id, access);
      const here = running.get(id);
      if (here === undefined) {
        await db.write((tx) => repository.requestCancel(tx, id));
        return;
      }
      here.controller.abort(CANCELED);
      await here.done;
    },

    /** Ends it, and removes its result. @throws AppError NotFound */
    async close(id: string, access: Access): Promise<void> {
      const here = running.get(id);
      await find(id, access);
      here?.controller.abort(CANCELED);
      await here?.done;
      await find(id, access);
      const row = await db.write((tx) => repository.closeStatement(tx, id));
      if (row !== undefined) await results.remove(partsOf(row));
    },

    /**
     * The bytes of a part, for whoever has a link to it.
     * @throws AppError NotFound once the result is gone.
     */
    async readPart(
      id: string,
      index: number,
    ): Promise<{
      readonly format: ResultFormat;
      /** The id of whose statement it is. */
      readonly principalId: string;
      readonly part: StoredPart;
      readonly bytes: AsyncIterable<Uint8Array>;
    }> {
      const row = await db.read((sql) => repository.findStatement(sql, id));
      const part = row === undefined ? undefined : partsOf(row)[index];
      if (row === undefined || part === undefined) throw statementNotFound(id);
      return { format: row.format, principalId: row.principal_id, part, bytes: await results.read(part) };
    },

    /** Removes expired results from time to time. */
    start(): void {
      sweeping ??= setInterval(() => void sweep().catch(onError), SWEEP_EVERY_MS).unref();
    },

    /** Ends what runs. */
    async stop(): Promise<void> {
      clearInterval(renewing);
      clearInterval(sweeping);
      const all = [...running.values()];
      for (const { controller } of all)
        controller.abort(new AppError('Unavailable', 'The server is shutting down.'));
      processes.close();
      await Promise.all(all.map(({ done }) => done));
    },

    sweep,
  };
}

export type Statements = ReturnType<typeof createStatements>;

function partsOf({ outcome: text }: StatementRow): readonly StoredPart[] {
  const outcome = text === null ? undefined : readOutcome(text);
  return outcome?.kind === 'result' ? outcome.parts : [];
}

function describeError(error: unknown): Outcome & { readonly kind: 'error' } {
  if (!(error instanceof AppError) || error.code === 'Internal')
    return {
      kind: 'error',
      code: 'Internal',
      message: 'The statement failed within the server; its log says more.',
    };
  const { code, message, reason } = error;
  return { kind: 'error', code, message, ...(reason !== undefined && { reason }) };
}

const statementNotFound = (id: string) => notFound(`The statement ${id.slice(0, 100)} does not exist.`);
