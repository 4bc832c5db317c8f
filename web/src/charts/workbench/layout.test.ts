import { describe, expect, it } from 'vitest';
import {
  addChart,
  addSection,
  arrange,
  changeSection,
  type Layout,
  moveChart,
  moveSection,
  removeChart,
  removeSection,
  restoreCharts,
} from './layout.ts';

const METRICS = ['acc', 'loss', 'system/cpu', 'val/acc', 'val/loss'];
const outline = (layout: Layout, metrics = METRICS) =>
  arrange(layout, metrics).map(({ title, charts }) => `${title}: ${charts.map(({ id }) => id).join(' ')}`);

describe('the charts of an experiment', () => {
  it('stand by prefix, one a metric, the system at the end and folded', () => {
    expect(outline({})).toEqual([
      'Metrics: metric:acc metric:loss',
      'val: metric:val/acc metric:val/loss',
      'System metrics: metric:system/cpu',
    ]);
    expect(arrange({}, METRICS).map(({ isFolded }) => isFolded)).toEqual([false, false, true]);
  });

  it('take up a new metric wherever things were put', () => {
    const layout = moveChart({}, arrange({}, METRICS), 'metric:loss', { sectionId: 'metrics:', index: 0 });
    expect(outline(layout, [...METRICS, 'zeta'])[0]).toBe('Metrics: metric:loss metric:acc metric:zeta');
  });

  it('move from section to section and back', () => {
    const there = moveChart({}, arrange({}, METRICS), 'metric:val/acc', { sectionId: 'metrics:', index: 1 });
    expect(outline(there).slice(0, 2)).toEqual([
      'Metrics: metric:acc metric:val/acc metric:loss',
      'val: metric:val/loss',
    ]);
    const back = moveChart(there, arrange(there, METRICS), 'metric:val/acc', {
      sectionId: 'metrics:val',
      index: 0,
    });
    expect(outline(back)).toEqual(outline({}));
  });

  it('go and come back', () => {
    const without = removeChart({}, 'metric:acc');
    expect(outline(without)[0]).toBe('Metrics: metric:loss');
    expect(outline(restoreCharts(without))[0]).toBe('Metrics: metric:acc metric:loss');
  });

  it('are added under an id of their own, and removed without a trace', () => {
    const one = addChart({}, arrange({}, METRICS), 'metrics:', { kind: 'importance', metric: 'acc' });
    const two = addChart(one, arrange(one, METRICS), 'metrics:', { kind: 'bars', metric: 'acc' });
    expect(outline(two)[0]).toBe('Metrics: own:2 own:1 metric:acc metric:loss');
    expect(outline(removeChart(two, 'own:2'))[0]).toBe('Metrics: own:1 metric:acc metric:loss');
    expect(JSON.parse(JSON.stringify(two))).toEqual(two);
  });

  it('stay when their section goes, unless they were made in it', () => {
    const section = addSection({}, arrange({}, METRICS), 'Mine');
    expect(outline(section)[0]).toBe('Mine: ');
    const moved = moveChart(section, arrange(section, METRICS), 'metric:loss', {
      sectionId: 'own:1',
      index: 0,
    });
    const filled = addChart(moved, arrange(moved, METRICS), 'own:1', { kind: 'bars', metric: 'acc' });
    expect(outline(filled)[0]).toBe('Mine: own:1 metric:loss');
    expect(outline(removeSection(filled, 'own:1'))).toEqual(outline({}));
  });

  it('fold, rename and reorder by section', () => {
    const shown = arrange({}, METRICS);
    const renamed = changeSection({}, shown, 'metrics:val', { title: 'Validation', folded: true });
    const moved = moveSection(renamed, arrange(renamed, METRICS), 'metrics:val', -1);
    expect(outline(moved)[0]).toBe('Validation: metric:val/acc metric:val/loss');
    expect(arrange(moved, METRICS)[0]!.isFolded).toBe(true);
  });
});
