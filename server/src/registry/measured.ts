import type { Int64 } from '../kernel/int64.ts';
import type { ModelMetric } from '../tracking/source-models.ts';
import type { RunMetric, SourceRun } from '../tracking/source-runs.ts';

/** Which value of the history of a metric stands for it. */
export type MeasureOf = 'last' | 'min' | 'max';

/** What a metric of a version is said to be. */
export interface Measured {
  readonly value: number;
  /** Where the value was measured; undefined for an extreme, which may have been reached more than once. */
  readonly step: Int64 | undefined;
  /** What is linked to the logged model, where the run's value stands in its place. */
  readonly linked: { readonly value: number; readonly step: Int64 } | undefined;
}

export interface MeasuredSources {
  readonly source: SourceRun | undefined;
  /** What is linked to the logged model itself. */
  readonly ofModel: ReadonlyMap<string, ModelMetric> | undefined;
  /** The latest step at which any model of the run has a value, by metric. */
  readonly linkedSteps: ReadonlyMap<string, Int64> | undefined;
  readonly measure: MeasureOf;
}

/**
 * What was measured of a version. MLflow's client links the points of one step with a model that a run logs, and of step 0
 * where nobody names another: that says how the training began. So the run's own value stands in place of a linked one
 * that is earlier; not where it may be another model's (checkpoints of named steps, models of the run that were measured
 * later), nor where the model was measured by another run or on a dataset.
 */
export function measuredOf(sources: MeasuredSources): ReadonlyMap<string, Measured> {
  const { source, ofModel = NOTHING, measure } = sources;
  const measured = new Map<string, Measured>();
  for (const [key, metric] of source?.metrics ?? []) measured.set(key, chosen(metric, measure));
  for (const [key, own] of ofModel) {
    const ofRun = source?.metrics.get(key);
    const { value, step } = own;
    if (ofRun === undefined || isApart(sources, key, own)) {
      measured.set(key, { value, step, linked: undefined });
    } else if (ofRun.step > step) {
      measured.set(key, { ...chosen(ofRun, measure), linked: { value, step } });
    }
  }
  return measured;
}

const NOTHING: ReadonlyMap<string, ModelMetric> = new Map();

/** What is linked to the model says something else than the history of its run. */
function isApart({ source, linkedSteps }: MeasuredSources, key: string, own: ModelMetric): boolean {
  const ofRun = source?.metrics.get(key);
  return (
    source === undefined ||
    ofRun === undefined ||
    source.logsBySteps ||
    own.isOnDataset ||
    own.runId !== source.run.runId ||
    (linkedSteps?.get(key) ?? own.step) > own.step ||
    ofRun.step < own.step ||
    (ofRun.step === own.step && !Object.is(ofRun.value, own.value))
  );
}

function chosen({ value, step, min, max }: RunMetric, measure: MeasureOf): Measured {
  switch (measure) {
    case 'last':
      return { value, step, linked: undefined };
    case 'min':
      return { value: min ?? value, step: undefined, linked: undefined };
    case 'max':
      return { value: max ?? value, step: undefined, linked: undefined };
  }
}
