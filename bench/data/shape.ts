/** The fixed shape of the data that every server is filled with; the same run has the same content on all of them. */
export interface ShapedRun {
  readonly name: string;
  readonly startTimeMs: number;
  readonly params: readonly Pair[];
  readonly tags: readonly Pair[];
  readonly metrics: readonly ShapedMetric[];
}

interface Pair {
  readonly key: string;
  readonly value: string;
}

interface ShapedMetric {
  readonly key: string;
  readonly value: number;
  readonly timestamp: number;
  readonly step: number;
}

export const FIRST_START_MS = 1_700_000_000_000;
const METRICS_PER_RUN = 8;
const PARAMS_PER_RUN = 8;
const TEAMS = 50;

/** A number in [0, 1) that depends on both arguments alone, evenly spread and without repetition in practice. */
export function spread(index: number, salt: number): number {
  let hash = (index * 0x9e3779b1 + salt * 0x85ebca77) | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return ((hash ^ (hash >>> 16)) >>> 0) / 4_294_967_296;
}

const pick = (index: number, salt: number, of: number): number => Math.floor(spread(index, salt) * of);

/** Run number `index`: 8 params, 8 metrics, and 4 tags besides `mlflow.runName`, which every server adds itself. */
export function shapedRun(index: number): ShapedRun {
  const startTimeMs = FIRST_START_MS + index * 1000;
  return {
    name: `run-${index}`,
    startTimeMs,
    params: Array.from({ length: PARAMS_PER_RUN }, (_, k) => ({
      key: `p${k}`,
      value: `v${pick(index, 100 + k, 10)}`,
    })),
    tags: [
      { key: 'team', value: `team-${pick(index, 200, TEAMS)}` },
      { key: 'stage', value: index % 4 === 0 ? 'production' : 'trial' },
      { key: 'mlflow.user', value: `user${pick(index, 201, 20)}` },
      { key: 'mlflow.source.name', value: `train_${pick(index, 202, 30)}.py` },
    ],
    metrics: Array.from({ length: METRICS_PER_RUN }, (_, k) => ({
      key: `m${k}`,
      value: spread(index, 300 + k),
      timestamp: startTimeMs + 500,
      step: 10,
    })),
  };
}

/** Point number `step` of a long history: a noisy descent, as a loss has it. */
export function historyPoint(step: number): { readonly value: number; readonly timestamp: number } {
  return { value: 1000 / (step + 100) + spread(step, 900) / 10, timestamp: FIRST_START_MS + step * 10 };
}

export const HISTORY_KEY = 'loss';
