import { describe, expect, it } from 'vitest';
import type { DrawnLine } from './drawn-lines.ts';
import { quantileBands, readBand } from './quantile-bands.ts';

function drawn(n: number, x: readonly number[], y: readonly number[], key = 'loss'): DrawnLine {
  const line = { runId: `run-${n}`, key } as DrawnLine['line'];
  return { line, x: Float64Array.from(x), y: Float64Array.from(y), band: undefined, lonely: [], odd: [] };
}
const lines = (count: number, x: readonly number[], yOf: (n: number, x: number) => number) =>
  Array.from({ length: count }, (_, n) =>
    drawn(
      n,
      x,
      x.map((at) => yOf(n, at)),
    ),
  );
const AXIS = { isLog: false };

describe('the band of many lines', () => {
  it('is there for a metric with more than 50 lines, and for no other', () => {
    const few = lines(50, [0, 1], (n) => n).map((line, n) => ({
      ...line,
      line: { ...drawn(n, [], [], 'acc').line },
    }));
    const many = lines(51, [0, 1], (n) => n);
    expect(quantileBands([...few, ...many], [0, 1], AXIS).map(({ key }) => key)).toEqual(['loss']);
    expect(quantileBands(few, [0, 1], AXIS)).toEqual([]);
  });

  it('has the median, the quarters, and 5 and 95 of a hundred at each step', () => {
    const [band] = quantileBands(
      lines(101, [0, 5], (n, x) => n + x),
      [0, 5],
      AXIS,
    );
    expect([...band!.x]).toEqual([0, 5]);
    expect([...band!.median]).toEqual([50, 55]);
    expect([...band!.lowerQuarter]).toEqual([25, 30]);
    expect([...band!.upperQuarter]).toEqual([75, 80]);
    expect([...band!.low]).toEqual([5, 10]);
    expect([...band!.high]).toEqual([95, 100]);
  });

  it('takes lines that have no point at a place by what lies between theirs, and leaves out what has ended', () => {
    const straight = lines(51, [0, 10], (_, x) => x);
    const [band] = quantileBands([...straight, drawn(99, [5], [1000])], [0, 10], AXIS);
    expect([...band!.x]).toEqual([0, 5, 10]);
    expect([...band!.median]).toEqual([0, 5, 10]);
    const short = lines(60, [0, 1], () => 1).map((line, n) => (n < 2 ? drawn(n, [0, 9], [1, 1]) : line));
    const [ended] = quantileBands(short, [0, 9], AXIS);
    expect(ended!.median.at(-1)).toBeNaN();
  });

  it('passes over what is no number', () => {
    const odd = lines(60, [0, 1, 2], (n, x) => (x === 1 && n % 2 === 0 ? Number.NaN : n));
    const [band] = quantileBands(odd, [0, 2], AXIS);
    expect([...band!.median]).toEqual([29.5, 30, 29.5]);
  });

  it('stands at even distances on the axis where lines have many points', () => {
    const x = Array.from({ length: 1000 }, (_, i) => 10 ** (i / 250));
    const [band] = quantileBands(
      lines(51, x, (_, at) => at),
      [1, 1000],
      { isLog: true },
    );
    expect(band!.x).toHaveLength(160);
    expect(band!.x[1]! / band!.x[0]!).toBeCloseTo(band!.x[101]! / band!.x[100]!, 6);
    expect(band!.median[80]).toBeCloseTo(band!.x[80]!, 6);
  });

  it('is read at the place nearest to the pointer', () => {
    const [band] = quantileBands(
      lines(101, [0, 10], (n, x) => n + x),
      [0, 10],
      AXIS,
    );
    expect(readBand(band!, -5)).toEqual({ median: 50, low: 5, high: 95 });
    expect(readBand(band!, 6)).toEqual({ median: 60, low: 15, high: 105 });
    expect(readBand(band!, 99)?.median).toBe(60);
  });
});
