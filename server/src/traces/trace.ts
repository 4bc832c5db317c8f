import type { Assessment } from './assessment.ts';

/** Keys that MLflow's clients give a meaning to. */
export const TagKey = {
  name: 'mlflow.traceName',
  artifactLocation: 'mlflow.artifactLocation',
  spansLocation: 'mlflow.trace.spansLocation',
  linkedPrompts: 'mlflow.linkedPrompts',
} as const;

export const MetadataKey = {
  sourceRun: 'mlflow.sourceRun',
  session: 'mlflow.trace.session',
  user: 'mlflow.trace.user',
  tokenUsage: 'mlflow.trace.tokenUsage',
  cost: 'mlflow.trace.cost',
  sizeStats: 'mlflow.trace.sizeStats',
  /** Set once a client has sent the whole trace's facts, which spans that arrive later no longer change. */
  finalized: 'mlflow.trace.infoFinalized',
} as const;

/** The value of `TagKey.spansLocation` of traces whose spans are in the database, not in an artifact. */
export const IN_DATABASE = 'TRACKING_STORE';

export type TraceState = 'STATE_UNSPECIFIED' | 'OK' | 'ERROR' | 'IN_PROGRESS';

export interface TraceInfo {
  readonly traceId: string;
  readonly experimentNo: number;
  readonly requestTimeMs: number;
  readonly durationMs: number | undefined;
  readonly state: TraceState;
  readonly clientRequestId: string | undefined;
  readonly requestPreview: string | undefined;
  readonly responsePreview: string | undefined;
  readonly tags: ReadonlyMap<string, string>;
  readonly metadata: ReadonlyMap<string, string>;
  readonly assessments: readonly Assessment[];
}
