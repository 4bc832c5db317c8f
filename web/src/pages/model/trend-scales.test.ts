import { describe, expect, it } from 'vitest';
import { placeMarks, type TrendPoint, trendScales } from './trend-scales.ts';

const point = (version: number, value: number, ...aliases: string[]): TrendPoint => ({
  version,
  value,
  marks: aliases.map((text) => ({ text, kind: 'alias' })),
  run: undefined,
});
const space = { width: 580, height: 200, markRows: 0 };

describe('a trend over versions', () => {
  it('puts versions at equal distances, whatever their numbers', () => {
    const { x } = trendScales([point(1, 1), point(2, 2), point(9, 3)], space);
    expect(x(9) - x(2)).toBe(x(2) - x(1));
  });

  it('leaves a gap where a value is no number', () => {
    const { stretches } = trendScales(
      [point(1, 1), point(2, 2), point(3, Number.NaN), point(4, 3), point(5, 4), point(6, 5)],
      space,
    );
    expect(stretches.map((stretch) => stretch.split(' ').length)).toEqual([2, 3]);
  });

  it('has a range around values that are all the same, and where none is finite', () => {
    const same = trendScales([point(1, 2), point(2, 2)], space);
    expect(same.y(2)).toBeGreaterThan(0);
    expect(same.y(2)).toBeLessThan(same.bottom);
    expect(trendScales([point(1, Number.NaN)], space).stretches).toEqual([]);
  });

  it('finds the version nearest to a place', () => {
    const { x, nearest } = trendScales([point(3, 1), point(5, 2)], space);
    expect([nearest(x(3) + 5), nearest(x(5) - 5)]).toEqual([3, 5]);
  });

  it('writes marks that would touch in rows of their own, and none outside', () => {
    const { placed, rows } = placeMarks(
      [point(1, 1, 'a-rather-long-alias'), point(2, 1, 'x'), point(3, 1, 'shadow', 'challenger')],
      400,
    );
    expect(rows).toBe(2);
    expect(placed.map(({ text, row }) => [text, row])).toEqual([
      ['a-rather-long-alias', 0],
      ['x', 0],
      ['shadow', 0],
      ['challenger', 1],
    ]);
    const [first, , , last] = placed;
    expect([first!.x, first!.anchor, last!.x, last!.anchor]).toEqual([0, 'start', 400, 'end']);
  });
});
