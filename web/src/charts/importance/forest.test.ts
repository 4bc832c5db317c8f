import { describe, expect, it } from 'vitest';
import { measureImportance, rankCorrelation } from './forest.ts';

/** Even and independent, and the same in every run (the minimal generator of Park and Miller 1988). */
function chance(seed: number): Float64Array {
  let state = seed;
  return Float64Array.from({ length: 400 }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  });
}

describe('the importance of params', () => {
  const [strong, weak, noise] = [chance(11), chance(4242), chance(990_001)];
  const target = Float64Array.from(strong, (value, i) => 4 * value + weak[i]!);

  it('follows how much each explains, and gives next to nothing to what explains nothing', () => {
    const { importance, explained } = measureImportance({ features: [strong, weak, noise], target });
    expect(importance[0]).toBeGreaterThan(5 * importance[1]!);
    expect(importance[1]).toBeGreaterThan(importance[2]!);
    expect(importance[2]).toBeLessThan(0.02);
    expect(explained).toBeGreaterThan(0.9);
  });

  it('finds what works only together', () => {
    const together = Float64Array.from(strong, (value, i) => (value > 0.5 === weak[i]! > 0.5 ? 1 : 0));
    const { importance } = measureImportance({ features: [strong, weak, noise], target: together });
    expect(Math.min(importance[0]!, importance[1]!)).toBeGreaterThan(5 * importance[2]!);
  });

  it('admits that it knows nothing of chance', () => {
    const { explained } = measureImportance({ features: [strong, weak], target: noise });
    expect(explained).toBeLessThan(0.2);
  });

  it('is the same every time', () => {
    const table = { features: [strong, weak], target };
    expect(measureImportance(table)).toEqual(measureImportance(table));
  });

  it('is nothing for a target that never changes', () => {
    const { importance, explained } = measureImportance({
      features: [strong],
      target: new Float64Array(400).fill(2),
    });
    expect(importance).toEqual([0]);
    expect(explained).toBe(0);
  });
});

it('correlates ranks, with shared ranks for ties', () => {
  expect(rankCorrelation(Float64Array.of(1, 2, 30), Float64Array.of(9, 8, 1))).toBe(-1);
  expect(rankCorrelation(Float64Array.of(1, 2, 2, 3), Float64Array.of(1, 2, 2, 3))).toBeCloseTo(1);
  expect(rankCorrelation(Float64Array.of(1, 1), Float64Array.of(1, 2))).toBeNaN();
});
