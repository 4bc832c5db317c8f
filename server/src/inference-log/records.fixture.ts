import { randomUUID } from 'node:crypto';
import type { AnsweringEntity, InferenceRecord } from './recorder.ts';

/** Numbers from 0 to 1 that come again with the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const entityOf = (version: string): AnsweringEntity => ({
  endpointName: 'fraud-score',
  modelName: 'prod.ml.fraud_score',
  modelVersion: version,
  servedEntityId: `entity-${version}`,
});

const WORDS = ['amount', 'ÄÖ', '日本', '🙂', '"quoted"', '\n', '\u0000', 'x'.repeat(300), ''];

export function recordOf(values: Partial<InferenceRecord> = {}): InferenceRecord {
  return {
    requestId: randomUUID(),
    timestampMs: Date.UTC(2026, 10, 21, 12, 0, 0, 1),
    executionUs: 1234,
    status: 200,
    clientRequestId: undefined,
    requester: 'ann@example.com',
    samplingFraction: 1,
    request: '{"inputs":[[1]]}',
    response: '{"predictions": [0]}',
    entity: entityOf('1'),
    ...values,
  };
}

/** A record as nobody would write it by hand. */
export function strangeRecord(random: () => number, entities: readonly AnsweringEntity[]): InferenceRecord {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const text = () => Array.from({ length: Math.floor(random() * 5) }, () => pick(WORDS)).join('');
  return recordOf({
    timestampMs: Math.floor(random() * 4e12),
    executionUs: Math.floor(random() * 2 ** 32),
    status: 200 + Math.floor(random() * 400),
    clientRequestId: random() < 0.5 ? undefined : `c${text()}`,
    requester: random() < 0.5 ? undefined : `r${text()}`,
    samplingFraction: random(),
    request: random() < 0.5 ? text() : Buffer.from(text()),
    response: text(),
    entity: pick(entities),
  });
}
