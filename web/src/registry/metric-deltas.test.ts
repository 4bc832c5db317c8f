import { describe, expect, it } from 'vitest';
import { baselineOf, betterDirection, deltaOf, judge, metricOf } from './metric-deltas.ts';

describe('what is better', () => {
  it.each([
    ['accuracy', 'higher'],
    ['val_acc', 'higher'],
    ['test/f1_score', 'higher'],
    ['roc_auc', 'higher'],
    ['eval.AUC', 'higher'],
    ['val_loss', 'lower'],
    ['log_loss', 'lower'],
    ['rmse', 'lower'],
    ['p99_latency_ms', 'lower'],
    ['brier_score', 'lower'],
    ['mean_absolute_error', 'lower'],
    ['epoch', undefined],
    ['n_features', undefined],
    ['lossless_ratio', undefined],
    ['learning_rate', undefined],
  ])('is known of %s only where its name tells: %s', (key, direction) => {
    expect(betterDirection(key)).toBe(direction);
  });

  it('judges a difference by that, and nothing where there is none', () => {
    expect(judge('auc', 0.1)).toBe('better');
    expect(judge('loss', 0.1)).toBe('worse');
    expect(judge('auc', 0)).toBeUndefined();
    expect(judge('epoch', 3)).toBeUndefined();
  });

  it('has no difference to or from what is no finite number', () => {
    expect(deltaOf(Number.NaN, 1)).toBeUndefined();
    expect(deltaOf(1, Number.POSITIVE_INFINITY)).toBeUndefined();
    expect(metricOf({ metrics: { auc: 'NaN' } }, 'auc')).toBeNaN();
    expect(metricOf({}, 'auc')).toBeUndefined();
  });
});

describe('the version that others are held against', () => {
  const version = (number: number, ...aliases: string[]) => ({
    version: String(number),
    creation_timestamp: 0,
    last_updated_timestamp: 0,
    current_stage: 'None',
    status: 'READY',
    aliases,
  });
  const versions = [version(4, 'challenger'), version(3, 'champion'), version(2)];

  it('holds champion, or else an alias, unless another is named', () => {
    expect(baselineOf(versions, undefined)?.version).toBe('3');
    expect(baselineOf([versions[0]!, versions[2]!], undefined)?.version).toBe('4');
    expect(baselineOf([versions[2]!], undefined)).toBeUndefined();
    expect(baselineOf(versions, 'challenger')?.version).toBe('4');
    expect(baselineOf(versions, '2')?.version).toBe('2');
    expect(baselineOf(versions, 'none')).toBeUndefined();
  });
});
