import { describe, expect, it } from 'vitest';
import { type AttemptOutcome, decideNext } from './retry-rules.ts';

const answered = (status: number, retryAfter?: string): AttemptOutcome => ({
  kind: 'answered',
  status,
  retryAfter,
});
const unreachable: AttemptOutcome = { kind: 'unreachable', error: 'ECONNREFUSED' };
const nowMs = Date.parse('2026-01-01T00:00:00Z');
const after = (outcome: AttemptOutcome, attempts = 1, random = 0) =>
  decideNext(outcome, { attempts, random, nowMs });

describe('what follows from an attempt', () => {
  it.each([200, 201, 204])('is done after %i', (status) => {
    expect(after(answered(status))).toEqual({ kind: 'delivered' });
  });

  it.each([301, 302, 400, 401, 404, 410, 501])('gives up after %i', (status) => {
    expect(after(answered(status))).toEqual({ kind: 'given up' });
  });

  it.each([429, 500, 502, 503, 504])('tries again after %i', (status) => {
    expect(after(answered(status))).toEqual({ kind: 'again', afterMs: 1000 });
  });

  it('gives up at once where our own rules forbid the target', () => {
    expect(after({ kind: 'refused', error: 'private' })).toEqual({ kind: 'given up' });
  });

  it('waits 1, 2 and 4 seconds with up to a second of spread, and then gives up', () => {
    expect([1, 2, 3, 4].map((attempts) => after(unreachable, attempts))).toEqual([
      { kind: 'again', afterMs: 1000 },
      { kind: 'again', afterMs: 2000 },
      { kind: 'again', afterMs: 4000 },
      { kind: 'given up' },
    ]);
    expect(after(unreachable, 1, 0.5)).toEqual({ kind: 'again', afterMs: 1500 });
  });

  it.each([
    ['30', 30_000],
    ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
    ['Thu, 01 Jan 2025 00:00:00 GMT', 1000],
    ['99999999', 3_600_000],
    ['soon', 1000],
  ])('waits as long as the receiver asks by Retry-After %s, within an hour', (header, afterMs) => {
    expect(after(answered(503, header))).toEqual({ kind: 'again', afterMs });
  });
});
