import { describe, expect, it } from 'vitest';
import { associate } from './association.ts';

describe('the association of two filters', () => {
  it('is what MLflow 3.17.2 answers for two, one and one of three traces', () => {
    expect(associate({ total: 3, first: 2, second: 1, joint: 1 }).npmi).toBeCloseTo(0.36907024642854264, 14);
  });

  it('is zero where neither tells anything of the other', () => {
    expect(associate({ total: 4, first: 2, second: 2, joint: 1 }).npmi).toBe(0);
  });

  it.each([
    { total: 0, first: 0, second: 0, joint: 0 },
    { total: 2, first: 0, second: 1, joint: 0 },
    { total: 1, first: 2, second: 1, joint: 0 },
  ])('is undefined for %j', (counts) => {
    expect(associate(counts)).toEqual({ ...counts, npmi: Number.NaN, npmiSmoothed: Number.NaN });
  });
});
