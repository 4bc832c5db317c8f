import { describe, expect, it } from 'vitest';
import type { Layout } from './layout.ts';
import { readLayout } from './read-layout.ts';

describe('a layout from outside', () => {
  it('comes back as it was kept', () => {
    const layout: Layout = {
      sections: [{ id: 'metrics:', title: 'Mine', folded: true, charts: ['own:1'] }],
      charts: {
        'own:1': {
          kind: 'lines',
          metrics: ['loss'],
          x: 'time',
          yLog: true,
          smoothing: 0.6,
          zoomX: [1, 2],
          width: 2,
        },
        'own:2': { kind: 'scatter', x: 'params.lr', y: 'metrics.acc', color: 'params.model', xLog: true },
        'own:3': { kind: 'parallel', axes: ['params.lr', 'metrics.acc'], height: 'high' },
      },
      removed: ['metric:acc'],
      lines: { x: 'relative', smoothing: 0.9 },
      columns: 3,
    };
    expect(readLayout(JSON.parse(JSON.stringify(layout)))).toEqual(layout);
  });

  it('is never an error, whatever it is', () => {
    for (const garbage of [
      undefined,
      null,
      7,
      'x',
      [],
      { sections: 3, charts: [], lines: null, columns: 'many' },
    ]) {
      expect(readLayout(garbage)).toEqual({});
    }
    expect(
      readLayout({
        sections: [null, { id: 4 }, { id: 'a', charts: [1, 'b'] }],
        charts: { x: { kind: 'pie' }, y: { kind: 'lines', metrics: 'loss', zoomX: [3, 1], smoothing: 2 } },
      }),
    ).toEqual({ sections: [{ id: 'a', charts: ['b'] }], charts: { y: { kind: 'lines', metrics: [] } } });
  });
});
