import { AppError } from '../kernel/errors.ts';
import type { EnvironmentRef } from '../processes/port.ts';

/**
 * Python environments from a model's own files, built once with `uv`, kept by a hash of what went into them.
 *
 * Guarantees:
 * 1. The same spec on the same interpreter is built once in a process, however many ask for it, and is then found in
 *    milliseconds; of processes that race, all get the work of the quickest.
 * 2. A key names a whole environment or none: it is built beside its place and moved there when it is complete.
 * 3. No line of a model's file reaches `uv` as it was written: lines are parsed, judged and written anew.
 * 4. Bytecode is compiled; nothing in the folder is written after it is in place.
 * 5. What fails says which requirement, or which Python, and is an `EnvironmentFailure`.
 */
export interface Environments {
  /**
   * What the model in this folder asks for: `python_env.yaml`, else `conda.yaml`, else `requirements.txt`.
   * @throws AppError InvalidArgument, naming the file and the line that is refused
   */
  plan(modelFolder: string): Promise<EnvironmentSpec>;
  /**
   * The environment of the spec, built when it is missing.
   * @param log one line each, without its line break: what is done, and what `uv` says
   * @throws EnvironmentFailure
   */
  ensure(spec: EnvironmentSpec, log: (line: string) => void, signal: AbortSignal): Promise<BuiltEnvironment>;
  /**
   * Every package that the spec comes to on a machine of this kind, with versions and digests: the text of a
   * requirements file, without the spec's wheels. The Python need not be on this machine.
   * @throws EnvironmentFailure
   */
  lock(
    spec: EnvironmentSpec,
    target: LockTarget,
    options: { readonly log: (line: string) => void; readonly signal: AbortSignal },
  ): Promise<LockedEnvironment>;
  /**
   * Packages for a program of ours that runs in a model's environment, in a folder of their own: the environment stays what
   * its model asked for. Installed once for each Python and each requirements file, which names versions and digests.
   * @returns the folder, to be put behind the environment's own packages
   * @throws EnvironmentFailure
   */
  beside(
    environment: BuiltEnvironment,
    requirementsFile: string,
    options: { readonly log: (line: string) => void; readonly signal: AbortSignal },
  ): Promise<string>;
  /** Keeps `collect` off this environment until the returned function is called. */
  inUse(key: string): () => void;
  list(): Promise<readonly KeptEnvironment[]>;
  /** Removes what is not in use, the longest unused first, until the rest is within the bound. Returns the keys. */
  collect(options: { readonly maxBytes: number }): Promise<readonly string[]>;
}

/** One line of a requirements file, judged: a name from the index, never an option, a path or an address. */
export interface Requirement {
  /** As PEP 503 normalises it: `scikit-learn`. */
  readonly name: string;
  readonly extras: readonly string[];
  /** `==1.9.1`, `>=2,<3`, or empty for any version. */
  readonly specifier: string;
  /** `python_version < "3.12"`, as PEP 508 has it. */
  readonly marker: string | undefined;
}

export interface EnvironmentSpec {
  /** The Python that the model was logged with: `3.11.7`; undefined where its files name none. */
  readonly python: string | undefined;
  readonly requirements: readonly Requirement[];
  /** Bounds on versions of what is installed, from a `constraints.txt` in the model. */
  readonly constraints: readonly Requirement[];
  /** Wheels inside the model's folder, by absolute path. */
  readonly wheels: readonly ModelWheel[];
}

export interface ModelWheel {
  readonly path: string;
  readonly sha256: string;
}

/** What an engine starts interpreters from, and what its owner is told. The key has 64 hex digits. */
export interface BuiltEnvironment extends EnvironmentRef {
  /** Folders that its processes must be able to read: the environment, and the installation of its interpreter. */
  readonly roots: readonly string[];
  /** `3.11.7`. */
  readonly pythonVersion: string;
  /** Installed distributions by normalised name. */
  readonly versions: Readonly<Record<string, string>>;
  /** What differs from where the model was logged, in sentences for its owner. */
  readonly warnings: readonly string[];
}

export interface LockTarget {
  readonly machine: 'x86_64' | 'aarch64';
}

export interface LockedEnvironment {
  /** `3.11.7`, or `3.11`. */
  readonly python: string;
  readonly requirements: string;
}

export interface KeptEnvironment {
  readonly key: string;
  readonly folder: string;
  readonly sizeBytes: number;
  readonly usedAt: number;
  readonly inUse: boolean;
}

/**
 * An environment that cannot be had. Its message is for the owner of the model, one or two sentences.
 * The code is `Unavailable` where trying again may help (the index is out of reach, the disk is full, the deadline
 * passed, the caller gave up), else `InvalidArgument`.
 */
export class EnvironmentFailure extends AppError {
  /** The line that cannot be met: `scikit-learn==9.9`. */
  readonly requirement: string | undefined;
  /** The last lines that the build wrote. */
  readonly log: string;

  constructor(
    code: 'InvalidArgument' | 'Unavailable',
    message: string,
    options: { readonly requirement?: string; readonly log?: string; readonly cause?: unknown } = {},
  ) {
    super(code, message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'EnvironmentFailure';
    this.requirement = options.requirement;
    this.log = options.log ?? '';
  }
}
