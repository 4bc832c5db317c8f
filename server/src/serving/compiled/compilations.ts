import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '../../db/port.ts';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import { parseObjectKey } from '../../objects/object-key.ts';
import type { ObjectStore } from '../../objects/port.ts';
import type { NumberedVersion } from '../../registry/version-contents.ts';
import { MAX_ONNX_BYTES } from '../onnx/onnx-allow-list.ts';
import * as repository from './compiled-repository.ts';
import { COMPILE_MS, type Compile, type ModelToCompile } from './compiler.ts';
import { type Evidence, readEvidence } from './evidence.ts';

/** How models are compiled and compared; counts up when either changes what comes out. */
const RECIPE = 'exact-1';

/** What became of compiling a version, as everybody who serves it knows it. */
export interface Compilation {
  readonly state: 'none' | repository.CompiledState;
  /** Why it is not proven: a sentence for people. */
  readonly reason: string;
  readonly evidence: Evidence | undefined;
  /** Of the compiled file; also of one that was seen to differ. */
  readonly sha256: string | undefined;
  readonly updatedAtMs: number | undefined;
}

export interface CompilationsDependencies {
  readonly db: Database;
  readonly clock: Clock;
  readonly nodeId: string;
  readonly store: Pick<ObjectStore, 'put' | 'get'>;
  readonly compile: Compile;
}

const MAX_TRIES = 2;
/** Longer than one takes: a process that has not ended it by then is dead. */
const LEASE_MS = COMPILE_MS + 5 * 60_000;
const LOOK_AGAIN_MS = 2_000;

export const NOT_COMPILED: Compilation = {
  state: 'none',
  reason: '',
  evidence: undefined,
  sha256: undefined,
  updatedAtMs: undefined,
};

export type Compilations = ReturnType<typeof createCompilations>;

/** Each version is compiled once, by one of the processes on this database; the file lies beside the artifacts. */
export function createCompilations({ db, clock, nodeId, store, compile }: CompilationsDependencies) {
  const recipeOf = (of: NumberedVersion) => ({ modelNo: of.modelNo, version: of.version, recipe: RECIPE });

  async function find(of: NumberedVersion): Promise<Compilation> {
    const row = await db.read((sql) => repository.findCompiled(sql, recipeOf(of)));
    return row === undefined ? NOT_COMPILED : compilationOf(row);
  }

  async function finish(
    of: NumberedVersion,
    result: { state: repository.CompiledState; reason: string; evidence?: string; sha256?: string },
  ): Promise<void> {
    const { state, reason, evidence = null, sha256 = null } = result;
    await db.write((tx) =>
      repository.finishCompiled(tx, recipeOf(of), {
        nodeId,
        state,
        reason,
        evidence,
        sha256,
        nowMs: clock.nowMs(),
      }),
    );
  }

  async function work(model: ModelToCompile, signal: AbortSignal): Promise<void> {
    const { of } = model;
    try {
      const { evidence, text, file } = await compile(model, signal);
      const fits = file !== undefined && file.bytes.length <= MAX_ONNX_BYTES;
      if (fits) await store.put(keyOf(file.sha256), Readable.from([Buffer.from(file.bytes)]));
      const tooLarge = file !== undefined && !fits;
      await finish(of, {
        state: tooLarge ? 'refused' : evidence.state,
        reason: tooLarge ? 'its compiled form is too large to be held in the server' : evidence.reason,
        evidence: text,
        ...(fits && { sha256: file.sha256 }),
      });
    } catch (error) {
      if (signal.aborted) {
        await db.write((tx) => repository.giveBackLease(tx, recipeOf(of), nodeId));
        throw error;
      }
      await finish(of, { state: 'failed', reason: error instanceof Error ? error.message : String(error) });
    }
  }

  return {
    find,

    /**
     * Resolves when it is known what became of the version; compiles it where nobody does.
     * @throws the signal's reason
     */
    async ensure(model: ModelToCompile, signal: AbortSignal): Promise<Compilation> {
      for (;;) {
        signal.throwIfAborted();
        const nowMs = clock.nowMs();
        const lease = { nodeId, untilMs: nowMs + LEASE_MS, nowMs, maxTries: MAX_TRIES };
        const isMine = await db.write((tx) => repository.takeLease(tx, recipeOf(model.of), lease));
        if (isMine) await work(model, signal);
        const row = await db.read((sql) => repository.findCompiled(sql, recipeOf(model.of)));
        if (row !== undefined && isOver(row)) return compilationOf(row);
        await pause(LOOK_AGAIN_MS, undefined, { signal });
      }
    },

    /** Nobody tries what cannot be compiled. */
    async refuseUntried(of: NumberedVersion, reason: string): Promise<Compilation> {
      const nowMs = clock.nowMs();
      const lease = { nodeId, untilMs: nowMs, nowMs, maxTries: 0 };
      const isMine = await db.write((tx) => repository.takeLease(tx, recipeOf(of), lease));
      if (isMine) await finish(of, { state: 'refused', reason });
      return find(of);
    },

    /** What was proven elsewhere does not hold here, or failed on a request: nobody uses it from now on. */
    async refuse(of: NumberedVersion, reason: string): Promise<void> {
      await db.write((tx) => repository.refuseCompiled(tx, recipeOf(of), { reason, nowMs: clock.nowMs() }));
    },

    /** @throws AppError Unavailable, NotFound; InvalidState where the bytes are not those that were compared */
    async readFile(sha256: string): Promise<Uint8Array> {
      const { stream } = await store.get(keyOf(sha256));
      const pieces: Buffer[] = [];
      let size = 0;
      for await (const piece of stream as AsyncIterable<Buffer>) {
        size += piece.length;
        if (size > MAX_ONNX_BYTES) throw new AppError('InvalidState', 'The compiled file has grown.');
        pieces.push(piece);
      }
      const bytes = Buffer.concat(pieces);
      if (createHash('sha256').update(bytes).digest('hex') === sha256) return new Uint8Array(bytes);
      throw new AppError('InvalidState', 'The compiled file is not the one that was compared.');
    },
  };
}

const keyOf = (sha256: string) => parseObjectKey(`compiled/${sha256}`);

const isOver = ({ state, tries }: repository.CompiledRow): boolean =>
  state === 'proven' || state === 'refused' || (state === 'failed' && tries >= MAX_TRIES);

const compilationOf = (row: repository.CompiledRow): Compilation => ({
  state: row.state,
  reason: row.reason,
  evidence: row.evidence === null ? undefined : readEvidence(row.evidence),
  sha256: row.file_sha256 ?? undefined,
  updatedAtMs: row.updated_at,
});
