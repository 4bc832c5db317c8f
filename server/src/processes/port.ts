/**
 * The port "run this somewhere": sets of equal replicas of a program that has loaded one model and answers batches.
 * It knows nothing of what stands in a batch: payloads are bytes that its user packs and the program unpacks.
 *
 * What an engine guarantees (`conformance/engine-suite.ts` holds each adapter to it):
 * 1. `ensure` is idempotent by key: the same key gives the same set until that has been closed.
 * 2. No call reaches a channel after `close` of its set has resolved, and none of its processes is left.
 * 3. A channel that was reported gone never answers again; whoever waited for it has been refused.
 * 4. Whatever the code in a replica does, nothing outside its folder, memory, number of processes and time is touched
 *    where isolation is 'jail'.
 * 5. Errors are AppErrors; those of `Channel.send` bear a `SendFailure` as their reason.
 */
export interface Engine {
  readonly kind: 'local' | 'ray';
  facts(): Promise<EngineFacts>;
  /** @throws AppError InvalidArgument for a resource class that the engine does not have, or a key of another form. */
  ensure(spec: SetSpec): ReplicaSet;
  /** Keeps `want` interpreters of this environment ready, without a model, so that the next start is quick. */
  warm(environment: EnvironmentRef, want: number): void;
  /** Keys of the sets that run already, for adoption after a crash. Local processes end with the server: none. */
  list(): Promise<readonly string[]>;
  /** Ends every process that it started. */
  close(): Promise<void>;
}

export interface EngineFacts {
  /** 'cpu', 'gpu-small' …: what `SetSpec.resourceClass` may name. */
  readonly resourceClasses: readonly string[];
  readonly isolation: Isolation;
  /** Why isolation is no more than 'process'; for the start-up warning and the endpoint's page. */
  readonly isolationLack: string | undefined;
  readonly memoryBudgetBytes: number;
  /** Of all replicas and interpreters that live. */
  readonly memoryUsedBytes: number;
}

/** 'jail': own mounts, processes, network and user. 'process': limits and a clean environment alone. */
export type Isolation = 'jail' | 'process';

/** A Python environment that is complete and will not change. */
export interface EnvironmentRef {
  /** Of equal environments equal, of others different. */
  readonly key: string;
  /** Absolute path of its interpreter. */
  readonly python: string;
  /** Modules that an interpreter imports before there is a model; those that are missing are passed over. */
  readonly preload: readonly string[];
  /** Its Python and its distributions by normalised name, where other machines must be able to make it anew. */
  readonly pythonVersion?: string;
  readonly versions?: Readonly<Record<string, string>>;
}

export interface SetSpec {
  /** `[a-z0-9-]{1,60}` */
  readonly key: string;
  readonly program: 'python' | 'onnx-process';
  /** Undefined only for programs other than 'python'. */
  readonly environment: EnvironmentRef | undefined;
  readonly model: ModelFiles;
  readonly load: LoadOptions;
  /** Set in the program's environment before the model is loaded; their values are masked in its logs. */
  readonly variables: Readonly<Record<string, string>>;
  readonly limits: ReplicaLimits;
  readonly network: 'none' | 'open';
  readonly resourceClass: string;
  /** Folders that the program may read besides its environment's and the model's. */
  readonly readable?: readonly string[];
  /** How far it stands back behind others, as `nice` has it; 0 if left out. */
  readonly nice?: number;
  /** Whether the engine may end the set's idle replicas when memory is short; its user is told by `SetChange` 'evicted'. */
  readonly evictable: boolean;
}

export interface ModelFiles {
  /** Absolute, read only, on this machine. */
  readonly folder: string;
  /** Of all its files; names the copy where the engine keeps its own. */
  readonly digest: string;
}

export interface LoadOptions {
  /** How the model is called; 'auto' takes the quickest that gives the same on the input example. */
  readonly path: 'auto' | PredictPath;
  /** Whether rows of different requests may be joined: 'prove' tries it on the input example. */
  readonly rowWise: 'prove' | 'on' | 'off';
  readonly modelConfig: Readonly<Record<string, unknown>> | undefined;
  /**
   * The program compiles the model instead of answering for it: its batches are jobs (`serving/compiled`). Where the
   * compiler lies, and the packages that it needs besides the model's.
   */
  readonly compiler?: { readonly programs: string; readonly packages: string };
}

/** 'array': one numeric matrix to the native model. 'frame': one DataFrame. 'raw': the body as it came, parsed there. */
export type PredictPath = 'array' | 'frame' | 'raw';

export interface ReplicaLimits {
  /** Resident memory of a replica with all its children; killed beyond. */
  readonly memoryBytes: number;
  readonly processes: number;
  readonly openFiles: number;
  /** Of its temporary folder, and of any one file. */
  readonly temporaryBytes: number;
  /** From the start of the process until the model is loaded. */
  readonly startMs: number;
  readonly answerBytes: number;
}

export const DEFAULT_REPLICA_LIMITS: ReplicaLimits = {
  memoryBytes: 2 * 2 ** 30,
  processes: 256,
  openFiles: 1024,
  temporaryBytes: 2 ** 30,
  startMs: 120_000,
  answerBytes: 16 * 2 ** 20,
};

export interface ReplicaSet {
  readonly key: string;
  /** 0…n; returns at once. A set that failed to load tries again when it is scaled anew. */
  scale(want: number): void;
  /** Those that have loaded and live. */
  readonly channels: readonly Channel[];
  readonly status: SetStatus;
  /** The returned function ends it. */
  onChange(listener: (change: SetChange) => void): () => void;
  /** What the set prints from now on, the last lines of before first; ends when the set is closed. */
  logs(): AsyncIterable<LogChunk>;
  usage(): Promise<readonly ReplicaUsage[]>;
  /** Lets what runs end within `drainMs`, then kills. */
  close(options: { readonly drainMs: number }): Promise<void>;
}

export interface SetStatus {
  readonly want: number;
  readonly starting: number;
  readonly ready: number;
  /** Replicas that wait for their next try. */
  readonly backingOff: number;
  /** Whether a start waits for memory that others use. */
  readonly waitsForMemory: boolean;
  /** After three deaths while loading, until `scale` is called again. */
  readonly failure: SetFailure | undefined;
}

export interface SetFailure {
  readonly reason: GoneReason;
  /** For users: what the program said, with the last lines of its log. */
  readonly message: string;
}

export type SetChange =
  | { readonly kind: 'starting' | 'waits-for-memory'; readonly replica: string }
  | { readonly kind: 'ready' | 'draining'; readonly replica: string; readonly channel: Channel }
  | {
      readonly kind: 'gone';
      readonly replica: string;
      /** Undefined if it had not loaded. */
      readonly channel: Channel | undefined;
      readonly reason: GoneReason;
      readonly message: string;
    }
  | { readonly kind: 'failed'; readonly failure: SetFailure }
  /** Idle replicas were told to end for want of memory; `status.want` is less by them. */
  | { readonly kind: 'evicted' }
  | { readonly kind: 'event'; readonly replica: string; readonly event: ReplicaEvent };

/** 'closed': it was told to end. */
export type GoneReason =
  | 'closed'
  | 'exit'
  | 'signal'
  | 'start-timeout'
  | 'load-failed'
  | 'out-of-memory'
  | 'hung'
  | 'protocol';

export interface ReplicaEvent {
  readonly kind: 'not-row-wise' | 'warning' | 'children-left';
  readonly text: string;
}

export interface LogChunk {
  readonly replica: string;
  readonly stream: 'out' | 'err' | 'load';
  readonly text: string;
  /** Bytes that were thrown away before this text because too much was printed. */
  readonly dropped: number;
}

export interface ReplicaUsage {
  readonly replica: string;
  /** With its children; memory shared with others counted in part where the system tells. */
  readonly memoryBytes: number;
  /** User and system time since its start. */
  readonly cpuMs: number;
}

export interface Channel {
  readonly id: string;
  /** Batches at once: 1 for a local process. */
  readonly capacity: number;
  /** Batches that are with it. */
  readonly inFlight: number;
  readonly loaded: Loaded;
  /**
   * Sends a batch and gives the answer, both in the format of the program (`payload` starts on a multiple of 8 bytes in
   * its buffer). With the deadline over, or the signal aborted, the promise is refused; the replica is ended at the
   * deadline, since running Python cannot be interrupted, and goes on after an abort.
   * @throws AppError with a `SendFailure` as its reason
   */
  send(payload: Uint8Array, options: SendOptions): Promise<Answer>;
}

export interface SendOptions {
  /** From now. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
}

export interface Answer {
  readonly payload: Uint8Array;
  /** What the model itself took. */
  readonly modelMicros: number;
}

/**
 * Why a batch was not answered, as `AppError.reason`, with the error's code:
 * - `not-sent` Unavailable: it never reached the program, so another may have it
 * - `replica-gone` Unavailable: the program died with it
 * - `deadline` DeadlineExceeded
 * - `aborted` Unavailable: by the caller's signal
 * - `model-raised` InvalidArgument: the message is for the log alone, where the traceback stands too
 * - `input-unusable` InvalidArgument: on the raw path, where mlflow refused the input; the message says why, and
 *   `details.error` has mlflow's own words: `{errorCode, sqlState?, errorClass?}`
 * - `answer-unusable` Internal: the answer cannot be rendered
 * - `answer-too-large` LimitExceeded
 */
export type SendFailure =
  | 'not-sent'
  | 'replica-gone'
  | 'deadline'
  | 'aborted'
  | 'model-raised'
  | 'input-unusable'
  | 'answer-unusable'
  | 'answer-too-large';

/** What a program says of itself once it has loaded its model. */
export interface Loaded {
  readonly path: PredictPath;
  readonly rowWise: { readonly state: 'proven' | 'refused' | 'off' | 'forced'; readonly why: string };
  /** 'json' on the raw path: the text of the predictions as it is to be sent. */
  readonly output: 'columns' | 'json';
  /** Of Python and the model's libraries, by name. */
  readonly versions: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
  readonly loadMs: number;
  readonly memoryBytes: number;
  readonly isolation: readonly string[];
}
