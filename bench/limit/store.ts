/** The bodies of MLflow's REST requests, as far as the bare program reads them. It believes what it is sent. */
export interface Pair {
  readonly key: string;
  readonly value: string;
}

export interface Point {
  readonly key: string;
  readonly value: number | string;
  readonly timestamp: number;
  readonly step?: number;
}

export interface CreateRun {
  readonly experiment_id: string;
  readonly user_id?: string;
  readonly run_name?: string;
  readonly start_time?: number;
  readonly tags?: readonly Pair[];
}

export interface LogBatch {
  readonly run_id: string;
  readonly metrics?: readonly Point[];
  readonly params?: readonly Pair[];
  readonly tags?: readonly Pair[];
}

export interface CreateVersion {
  readonly name: string;
  readonly source: string;
  readonly run_id?: string;
  readonly tags?: readonly Pair[];
}

export type Write =
  | { readonly kind: 'create-experiment'; readonly body: { readonly name: string } }
  | { readonly kind: 'create-run'; readonly body: CreateRun }
  | { readonly kind: 'log-batch'; readonly body: LogBatch }
  | { readonly kind: 'create-model'; readonly body: { readonly name: string } }
  | { readonly kind: 'create-version'; readonly body: CreateVersion }
  | {
      readonly kind: 'set-alias';
      readonly body: { readonly name: string; readonly alias: string; readonly version: string };
    };

/** The three searches that are measured, and no other. */
export type Search = { readonly experimentId: number; readonly limit: number } & (
  | { readonly kind: 'page'; readonly after?: { readonly startTime: number; readonly runId: string } }
  | { readonly kind: 'metric'; readonly key: string; readonly above: number }
  | {
      readonly kind: 'complex';
      readonly tag: string;
      readonly prefix: string;
      readonly metric: string;
      readonly above: number;
      readonly param: string;
      readonly value: string;
      readonly paramOrder: string;
      readonly metricOrder: string;
    }
);

export interface HistoryQuery {
  readonly runId: string;
  readonly key: string;
  readonly limit: number;
  readonly offset: number;
}

/** Texts are finished JSON bodies. */
export interface Store {
  /** Resolves when the write is on the disk, together with all others that arrived with it. */
  write(write: Write, answer: (body: string | Error) => void): void;
  getRun(runId: string): string | Promise<string>;
  search(query: Search): string | Promise<string>;
  history(query: HistoryQuery): string | Promise<string>;
  aliasVersion(name: string, alias: string): string | Promise<string>;
}

export function runInfo(run: {
  readonly runId: string;
  readonly name: string;
  readonly experimentId: string | number;
  readonly userId: string;
  readonly status: string;
  readonly startTime: number;
}): string {
  const { runId, name, experimentId, userId, status, startTime } = run;
  return `{"run_uuid":"${runId}","run_id":"${runId}","run_name":${JSON.stringify(name)},"experiment_id":"${experimentId}","user_id":${JSON.stringify(userId)},"status":"${status}","start_time":${startTime},"artifact_uri":"mlflow-artifacts:/${experimentId}/${runId}/artifacts","lifecycle_stage":"active"}`;
}

/** NaN travels as a string; it is kept as NULL. */
export const storedValue = (value: number | string): number | null =>
  typeof value === 'number' ? value : null;

/** The greatest point of each metric, by step, then time: the latest value. */
export function latestOf(points: readonly Point[]): Map<string, Point> {
  const latest = new Map<string, Point>();
  for (const point of points) {
    const known = latest.get(point.key);
    if (known === undefined || isLater(point, known)) latest.set(point.key, point);
  }
  return latest;
}

function isLater(a: Point, b: Point): boolean {
  const steps = (a.step ?? 0) - (b.step ?? 0);
  if (steps !== 0) return steps > 0;
  return a.timestamp === b.timestamp ? a.value >= b.value : a.timestamp > b.timestamp;
}
