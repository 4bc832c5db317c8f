import type { InferenceLog } from '../../inference-log/recorder.ts';
import type { AppError } from '../../kernel/errors.ts';
import type { InputDomain, PackedAnswer, PackedBatch, Signature } from '../scoring/columns.ts';

/**
 * One thing that answers batches: a replica of a Python program, a thread with a compiled model.
 *
 * What a lane promises:
 * 1. `run` settles once for every call, within the deadline and a moment; it is called only while `free() > 0`.
 * 2. A batch is answered or refused whole; answers have the batch's segments in its order.
 * 3. It refuses with an AppError whose reason is a `SendFailure` (processes/port.ts). `not-sent` means that the
 *    model has seen nothing of the batch, so that another lane may have it; after any other the batch is over.
 */
export interface Lane {
  readonly id: string;
  readonly kind: LaneKind;
  /** Batches that it takes now, beside those that it has. */
  free(): number;
  run(batch: PackedBatch, limit: LaneLimit): Promise<PackedAnswer>;
}

export type LaneKind = 'python' | 'compiled' | 'onnx';

export interface LaneLimit {
  /** From now, until the last of the batch's requests is overdue: then the program may be ended. */
  readonly deadlineMs: number;
  /** Aborted when the gateway closes and waits no longer. */
  readonly signal: AbortSignal;
}

/** The lanes of one deployment on this process: replicas come and go, also to none. */
export interface LaneSet {
  /** Those that live and have loaded, free or not. */
  readonly lanes: readonly Lane[];
  /**
   * Why no request can be answered now, and none of those that wait soon: the start failed. Undefined while there is
   * hope. The error (Unavailable) is what callers get.
   */
  readonly failure: AppError | undefined;
  /** Asks for a lane because a request waits and none lives; returns at once, and may be called again at any time. */
  wake(): void;
  /** Calls back when a lane came or went, or `failure` changed. The returned function ends it. */
  onChange(listener: () => void): () => void;
}

/** How rows of several requests may be joined for one call. */
export interface BatchRules {
  /** Whether the model's answer to a row does not depend on the others: proven, or said by its owner. */
  readonly rowWise: boolean;
  readonly maxRequests: number;
  readonly maxRows: number;
  readonly maxBytes: number;
  /** The most that a request waits for others to come; only models that are slow anyway are waited for. */
  readonly latencyBudgetMs: number;
}

export const DEFAULT_BATCH_RULES: BatchRules = {
  rowWise: false,
  maxRequests: 64,
  maxRows: 1024,
  maxBytes: 8 * 2 ** 20,
  latencyBudgetMs: 5,
};

/** One served entity of a route: a model version, and who runs it. */
export interface RoutedEntity {
  readonly id: string;
  readonly name: string;
  readonly modelName: string;
  readonly modelVersion: string;
  /** Whole percents; those of a route sum to 100. */
  readonly weight: number;
  /** `raw`: bodies go to the model's program as they came. */
  readonly path: 'columns' | 'raw';
  /** Undefined where the model has none; then the path is `raw`. */
  readonly signature: Signature | undefined;
  /** What `lanes` may be asked: the rest is for `fallback`. Undefined where the original itself answers. */
  readonly domain: InputDomain | undefined;
  readonly batch: BatchRules;
  readonly lanes: LaneSet;
  /**
   * Who runs what `lanes` cannot: params that are not the defaults, and batches that they refused with `not-sent`.
   * Undefined where `lanes` are of the original model.
   */
  readonly fallback: LaneSet | undefined;
  /** Whether rows of several requests may be joined for the fallback too. */
  readonly fallbackJoins: boolean;
  /** Requests that run at once, by the size of the workload; more wait. */
  readonly slots: number;
  /** Called once, when an answer shows that rows of several requests cannot be joined after all. */
  readonly onNotRowWise: () => void;
}

/** An endpoint as it answers now. Never changed, only replaced as a whole; requests end with the one they began with. */
export interface Route {
  readonly endpointId: string;
  readonly name: string;
  readonly configVersion: number;
  readonly entities: readonly RoutedEntity[];
  /** Whether what is converted or ignored elsewhere is refused. */
  readonly strict: boolean;
  /** From the arrival of a request. */
  readonly deadlineMs: number;
  readonly maxWaiting: { readonly requests: number; readonly bytes: number };
  readonly log: LogTarget | undefined;
  readonly rateLimits: readonly RateLimit[];
}

export interface LogTarget {
  readonly log: InferenceLog;
  /** `every`: no answer leaves before its row is written, and nothing is asked of the model while none can be. */
  readonly mode: 'every' | 'best-effort';
  /** Share of the requests that are kept, 0 to 1. */
  readonly samplingFraction: number;
}

export interface RateLimit {
  /** `endpoint`: all calls together. `principal`: the calls of `principal`, or of everybody by himself where undefined. */
  readonly per: 'endpoint' | 'principal';
  readonly principal: string | undefined;
  readonly calls: number;
  readonly periodMs: number;
}
