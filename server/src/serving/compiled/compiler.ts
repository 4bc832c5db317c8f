import { createHash } from 'node:crypto';
import type { BuiltEnvironment, Environments } from '../../environments/environments.ts';
import { AppError } from '../../kernel/errors.ts';
import { DEFAULT_REPLICA_LIMITS, type Engine } from '../../processes/port.ts';
import type { NumberedVersion } from '../../registry/version-contents.ts';
import { firstReplica } from '../first-replica.ts';
import type { CompilerJob } from './compiled-input.ts';
import { type Evidence, readEvidence } from './evidence.ts';

export interface CompilerDependencies {
  readonly engine: Engine;
  readonly environments: Pick<Environments, 'beside'>;
  /** Where `model_compiler` lies. */
  readonly programs: string;
  /** What it needs besides the model's packages, with digests. */
  readonly requirementsFile: string;
}

export interface ModelToCompile {
  readonly of: NumberedVersion;
  readonly folder: string;
  readonly digest: string;
  readonly modelConfig: Readonly<Record<string, unknown>> | undefined;
  readonly environment: BuiltEnvironment;
  readonly job: CompilerJob;
  log(line: string): void;
}

export interface CompilerResult {
  readonly evidence: Evidence;
  /** As the compiler wrote it, JSON. */
  readonly text: string;
  /** Undefined where the model is of no kind that is compiled. */
  readonly file: { readonly bytes: Uint8Array; readonly sha256: string } | undefined;
}

export type Compile = ReturnType<typeof createCompiler>;

/** How long a model may take to be compiled and compared. */
export const COMPILE_MS = 10 * 60_000;
const LIMITS = { ...DEFAULT_REPLICA_LIMITS, memoryBytes: 4 * 2 ** 30, answerBytes: 128 * 2 ** 20 };
/** Behind all that answers requests. */
const NICE = 10;

/**
 * Compiles models in processes of their own environment, shut in as those that answer, one at a time.
 * @throws AppError Unavailable where it may help to try again, InvalidArgument or InvalidState for what the compiler or the
 *   model's own loader says
 */
export function createCompiler({ engine, environments, programs, requirementsFile }: CompilerDependencies) {
  let turn: Promise<unknown> = Promise.resolve();
  let made = 0;

  async function compile(model: ModelToCompile, signal: AbortSignal): Promise<CompilerResult> {
    signal.throwIfAborted();
    const { of, folder, digest, environment, job, modelConfig, log } = model;
    const packages = await environments.beside(environment, requirementsFile, { log, signal });
    made += 1;
    const set = engine.ensure({
      key: `compile-${of.modelNo}-${of.version}-${made}`,
      program: 'python',
      environment,
      model: { folder, digest },
      load: { path: 'frame', rowWise: 'off', modelConfig, compiler: { programs, packages } },
      // Nothing that is secret: what needs it to be loaded stays in Python.
      variables: {},
      limits: LIMITS,
      network: 'none',
      resourceClass: 'cpu',
      readable: [programs, packages],
      nice: NICE,
      evictable: false,
    });
    const stop = () => void set.close({ drainMs: 0 });
    signal.addEventListener('abort', stop, { once: true });
    try {
      set.scale(1);
      await firstReplica(set);
      const { payload } = await set.channels[0]!.send(new TextEncoder().encode(JSON.stringify(job)), {
        deadlineMs: COMPILE_MS,
        signal,
      });
      return readResult(payload);
    } finally {
      signal.removeEventListener('abort', stop);
      await set.close({ drainMs: 0 });
    }
  }

  return (model: ModelToCompile, signal: AbortSignal): Promise<CompilerResult> => {
    const mine = turn.then(() => compile(model, signal));
    turn = mine.catch(() => undefined);
    return mine;
  };
}

/** Of `scoring_worker/compiling.py`: u32 bytes of the evidence, the evidence, the file. */
function readResult(payload: Uint8Array): CompilerResult {
  const length =
    payload.length < 4 ? -1 : new DataView(payload.buffer, payload.byteOffset).getUint32(0, true);
  if (length < 0 || 4 + length > payload.length)
    throw new AppError('InvalidState', 'The compiler gave an answer that cannot be read.');
  const text = Buffer.from(payload.subarray(4, 4 + length)).toString('utf8');
  const bytes = payload.slice(4 + length);
  const file =
    bytes.length === 0 ? undefined : { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
  return { evidence: readEvidence(text), text, file };
}
