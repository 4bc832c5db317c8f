import { describe, expect, it } from 'vitest';
import type { EntityNumbers } from '../../data/endpoints.ts';
import { csvOf, seriesOf, stretchesOf } from './number-series.ts';

const numbers = (name: string, requests: readonly number[]): EntityNumbers => ({
  name,
  at: requests.map((_, i) => i * 10_000),
  requests,
  refused: requests.map(() => 1),
  failed: requests.map(() => 2),
  p50_ms: requests.map(() => null),
  p95_ms: requests.map((count) => (count === 0 ? null : count)),
  p99_ms: requests.map(() => null),
  queue_ms: requests.map(() => null),
  waiting: requests.map(() => 3),
  running: requests.map(() => 4),
  replicas: requests.map(() => 1),
});

describe('the charts of an endpoint', () => {
  it('show rates per second, whatever the step', () => {
    const [requests, , errors] = seriesOf([numbers('a', [20, 0])], undefined, 10_000);
    expect(requests?.lines).toEqual([{ name: 'requests', values: [2, 0] }]);
    expect(errors?.lines.map(({ values }) => values[0])).toEqual([0.1, 0.2]);
  });

  it('hold several models beside one another, each with percentiles of its own', () => {
    const both = [numbers('a', [10]), numbers('b', [20])];
    const [requests, latency, errors] = seriesOf(both, undefined, 10_000);
    expect(requests?.lines.map(({ name, values }) => [name, values])).toEqual([
      ['a', [1]],
      ['b', [2]],
    ]);
    expect(latency).toMatchObject({ title: 'Latency, p95', lines: [{ values: [10] }, { values: [20] }] });
    expect(errors?.lines[0]?.values[0]).toBeCloseTo(0.3);
  });

  it('show one of several in detail when it is chosen, and all when it is gone', () => {
    const both = [numbers('a', [10]), numbers('b', [20])];
    const [, latency] = seriesOf(both, 'b', 10_000);
    expect(latency?.lines.map(({ name }) => name)).toEqual(['p50', 'p95', 'p99']);
    expect(seriesOf(both, 'gone', 10_000)[0]?.lines).toHaveLength(2);
  });

  it('break a line where nothing is known', () => {
    expect(stretchesOf([null, 1, 2, null, 3])).toEqual([[1, 2], [4]]);
    expect(stretchesOf([null])).toEqual([]);
  });

  it('are copied as a table that no spreadsheet reads as formulas', () => {
    const series = [
      { id: 'x', title: '=1+1', unit: 'ms', lines: [{ name: 'p"50', values: [1, null] }], whenEmpty: '' },
    ];
    expect(csvOf(series, [0, 1000])).toBe(
      [`time,"'=1+1 p""50 (ms)"`, '1970-01-01T00:00:00.000Z,1', '1970-01-01T00:00:01.000Z,'].join('\r\n'),
    );
  });
});
