import { describe, expect, it } from 'vitest';
import { type Load, type ScaleLimits, wantedReplicas } from './autoscale.ts';

const LIMITS: ScaleLimits = { maxConcurrency: 64, cores: 4, minReplicas: 0, idleMs: 300_000 };
const BUSY: Load = {
  joinsRows: true,
  utilisation: 0.5,
  running: 1,
  waiting: 0,
  replicas: 1,
  lowSinceMs: undefined,
  lastRequestMs: 1_000_000,
  nowMs: 1_000_000,
};
const want = (load: Partial<Load>, limits: Partial<ScaleLimits> = {}) =>
  wantedReplicas({ ...BUSY, ...load }, { ...LIMITS, ...limits });

describe('how many replicas an entity should have', () => {
  it('is none after nobody asked for long enough, where that may be', () => {
    const idle = { running: 0, lastRequestMs: 700_000 };
    expect(want(idle)).toBe(0);
    expect(want({ ...idle, lastRequestMs: 700_001 })).toBe(1);
    expect(want(idle, { minReplicas: 1 })).toBe(1);
    expect(want({ ...idle, running: 1 })).toBe(1);
    expect(want({ ...idle, waiting: 1 })).toBe(1);
  });

  it('is one as soon as somebody waits for a first one', () => {
    expect(want({ replicas: 0, running: 0, waiting: 1 })).toBe(1);
    expect(want({ replicas: 0, running: 0, lastRequestMs: 999_999 })).toBe(0);
  });

  it('grows one by one while replicas that join rows are busy and requests wait', () => {
    expect(want({ utilisation: 0.9, waiting: 10 })).toBe(2);
    expect(want({ utilisation: 0.9, waiting: 10, replicas: 4 })).toBe(4);
    expect(want({ utilisation: 0.9, waiting: 10 }, { maxConcurrency: 4 })).toBe(1);
    expect(want({ utilisation: 0.7, waiting: 10 })).toBe(1);
  });

  it('follows the requests where each needs a replica for itself', () => {
    expect(want({ joinsRows: false, running: 2, waiting: 3, replicas: 2 })).toBe(5);
    expect(want({ joinsRows: false, running: 2, waiting: 300, replicas: 2 })).toBe(8);
    expect(want({ joinsRows: false, running: 2, waiting: 30, replicas: 2 }, { maxConcurrency: 4 })).toBe(4);
  });

  it('falls by one after a minute of little load, and never below one while somebody asks', () => {
    expect(want({ replicas: 3, lowSinceMs: 940_000 })).toBe(2);
    expect(want({ replicas: 3, lowSinceMs: 940_001 })).toBe(3);
    expect(want({ replicas: 1, lowSinceMs: 0 })).toBe(1);
  });
});
