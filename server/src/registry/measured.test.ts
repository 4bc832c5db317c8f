import { describe, expect, it } from 'vitest';
import type { ModelMetric } from '../tracking/source-models.ts';
import type { RunMetric, SourceRun } from '../tracking/source-runs.ts';
import { measuredOf } from './measured.ts';

const run = (metric: Partial<RunMetric>, logsBySteps = false): SourceRun => ({
  run: { runId: 'run' } as SourceRun['run'],
  metrics: new Map([['loss', { value: 0.2, step: 11, min: 0.1, max: 1.3, ...metric }]]),
  logsBySteps,
});
const linked = (metric: Partial<ModelMetric> = {}) =>
  new Map([['loss', { value: 1.3, step: 0, runId: 'run', isOnDataset: false, ...metric }]]);

/** The value that stands for the metric, and the one that it stands in place of. */
function lossOf(
  source: SourceRun | undefined,
  ofModel: ReadonlyMap<string, ModelMetric> | undefined,
  latestOfAnyModel?: number,
) {
  const linkedSteps = latestOfAnyModel === undefined ? undefined : new Map([['loss', latestOfAnyModel]]);
  const loss = measuredOf({ source, ofModel, linkedSteps, measure: 'last' }).get('loss');
  return [loss?.value, loss?.linked?.value];
}

describe('what was measured of a version', () => {
  it('is what its run ended with, where the model is linked with how it began', () => {
    expect(lossOf(run({}), linked())).toEqual([0.2, 1.3]);
    expect(lossOf(run({}), undefined)).toEqual([0.2, undefined]);
  });

  it('is what the model alone measured', () => {
    expect(lossOf(undefined, linked())).toEqual([1.3, undefined]);
    expect(lossOf(run({}), linked({ runId: 'another' }))).toEqual([1.3, undefined]);
    expect(lossOf(run({}), linked({ isOnDataset: true }))).toEqual([1.3, undefined]);
  });

  it('is that of its own step for a model of a certain step', () => {
    expect(lossOf(run({}, true), linked({ step: 5, value: 0.6 }))).toEqual([0.6, undefined]);
  });

  it('is its own where other models of the run were measured later or at the same step', () => {
    expect(lossOf(run({}), linked({ step: 5, value: 0.6 }), 11)).toEqual([0.6, undefined]);
    expect(lossOf(run({}), linked({ step: 11, value: 0.6 }), 11)).toEqual([0.6, undefined]);
  });

  it('is the extreme of the history on request, without a step', () => {
    const found = measuredOf({
      source: run({}),
      ofModel: linked({ step: 11, value: 0.2 }),
      linkedSteps: undefined,
      measure: 'min',
    });
    expect(found.get('loss')).toEqual({ value: 0.1, step: undefined, linked: undefined });
  });

  it('stays NaN where no value of the history is a number', () => {
    const source = run({ value: Number.NaN, min: undefined, max: undefined });
    const found = measuredOf({ source, ofModel: undefined, linkedSteps: undefined, measure: 'max' });
    expect(found.get('loss')?.value).toBeNaN();
  });
});
