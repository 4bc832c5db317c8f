import { FIRST_START_MS, HISTORY_KEY, historyPoint, spread } from '../data/shape.ts';
import { prepareRequest } from '../load/connection.ts';
import type { Scenario, Subject } from './scenario.ts';

const API = '/api/2.0/mlflow';
const CONNECTIONS = 16;
const BATCH_KEYS = 10;
const LARGE_BATCH = 1000;

const post = (path: string, body: object): Buffer =>
  prepareRequest('POST', `${API}/${path}`, JSON.stringify(body));

function logMetric(connections: number): Scenario['plan'] {
  return ({ writeRunIds }: Subject) => {
    let count = 0;
    return {
      kind: 'requests',
      connections,
      unitsPerAnswer: 1,
      next: () => {
        const i = count++;
        const run_id = writeRunIds[i % writeRunIds.length]!;
        const point = {
          key: `one${connections}`,
          value: spread(i, 1),
          timestamp: FIRST_START_MS + i,
          step: Math.floor(i / writeRunIds.length),
        };
        // The real client sends both names of the id.
        return { bytes: post('runs/log-metric', { run_uuid: run_id, run_id, ...point }), minBytes: 2 };
      },
    };
  };
}

function logBatch(prefix: string, size: number): Scenario['plan'] {
  return ({ writeRunIds }: Subject) => {
    let count = 0;
    return {
      kind: 'requests',
      connections: CONNECTIONS,
      unitsPerAnswer: 1,
      next: () => {
        const i = count++;
        const firstStep = Math.floor(i / writeRunIds.length) * (size / BATCH_KEYS);
        const metrics = Array.from({ length: size }, (_, k) => ({
          key: `${prefix}${k % BATCH_KEYS}`,
          value: spread(i, k),
          timestamp: FIRST_START_MS + i,
          step: firstStep + Math.floor(k / BATCH_KEYS),
        }));
        const run_id = writeRunIds[i % writeRunIds.length]!;
        return { bytes: post('runs/log-batch', { run_id, metrics }), minBytes: 2 };
      },
    };
  };
}

/** The body of a batch of consecutive points of one metric, as a client writes a long history. */
export function historyBatch(runId: string, key: string, firstStep: number, points: number): Buffer {
  const metrics = Array.from({ length: points }, (_, k) => ({
    key,
    ...historyPoint(firstStep + k),
    step: firstStep + k,
  }));
  return post('runs/log-batch', { run_id: runId, metrics });
}

export const writes: readonly Scenario[] = [
  {
    name: 'create-run',
    title: 'create run',
    unit: 'requests/s',
    bar: { peer: 100, bare: 0.5 },
    plan({ writeExperimentId }) {
      let count = 0;
      return {
        kind: 'requests',
        connections: CONNECTIONS,
        unitsPerAnswer: 1,
        next: () => {
          const i = count++;
          const body = {
            experiment_id: writeExperimentId,
            user_id: 'jane',
            run_name: `made-${i}`,
            start_time: FIRST_START_MS + i,
            tags: [
              { key: 'mlflow.user', value: 'jane' },
              { key: 'mlflow.source.name', value: 'train.py' },
              { key: 'mlflow.source.type', value: 'LOCAL' },
            ],
          };
          return { bytes: post('runs/create', body), minBytes: 300 };
        },
      };
    },
  },
  {
    name: 'log-metric',
    title: 'log-metric',
    unit: 'requests/s',
    bar: { peer: 100, bare: 0.5 },
    plan: logMetric(CONNECTIONS),
  },
  {
    name: 'log-metric-single',
    title: 'log-metric on one connection',
    unit: 'requests/s',
    bar: { peer: 50, bare: 0.5 },
    plan: logMetric(1),
  },
  {
    name: 'batch-10',
    title: 'batch of 10 metrics',
    unit: 'requests/s',
    bar: { peer: 100, bare: 0.5 },
    plan: logBatch('ten', BATCH_KEYS),
  },
  {
    name: 'batch-1000',
    title: 'batch of 1,000 metrics',
    unit: 'requests/s',
    bar: { peer: 20, bare: 0.5 },
    plan: logBatch('thousand', LARGE_BATCH),
  },
  {
    name: 'history-write',
    title: 'write one history by batches of 1,000, one connection',
    unit: 'points/s',
    bar: { peer: 20, bare: 0.5 },
    plan({ writeRunIds }) {
      let step = 0;
      return {
        kind: 'requests',
        connections: 1,
        unitsPerAnswer: LARGE_BATCH,
        next: () => {
          const bytes = historyBatch(writeRunIds[0]!, HISTORY_KEY, step, LARGE_BATCH);
          step += LARGE_BATCH;
          return { bytes, minBytes: 2 };
        },
      };
    },
  },
];
