import type { LoggedModel, LoggedModelMetric, Run } from '@slipway/client';

/** A metric of a logged model, and the one that its run ended with where that is later and this model's too. */
export interface ShownMetric {
  readonly logged: LoggedModelMetric;
  readonly ofRun: { readonly value: number; readonly step: number | bigint } | undefined;
}

type Measured = Pick<LoggedModel, 'modelId' | 'metrics'>;

/**
 * MLflow's client links the points of one step with a model, step 0 where nobody names another: that is how the training
 * began. The run's last value says how it ended; it is told beside, unless it may be another model's: where the run named
 * the steps of its models, or where another model of the run was measured later.
 * @param siblings the other models of the run; undefined while they are not known
 */
export function withRunValues(
  metrics: readonly LoggedModelMetric[],
  run: Pick<Run, 'runId' | 'metrics' | 'modelOutputs'> | undefined,
  siblings: readonly Measured[] | undefined,
): readonly ShownMetric[] {
  return metrics.map((logged) => {
    const last = run?.metrics[logged.key];
    const isOwn =
      run === undefined ||
      siblings === undefined ||
      last === undefined ||
      logged.datasetName !== undefined ||
      logged.runId !== run.runId ||
      last.step <= logged.step ||
      run.modelOutputs.some(({ step }) => step > 0) ||
      siblings.some((model) =>
        model.metrics.some(
          ({ key, runId, step }) => key === logged.key && runId === run.runId && step > logged.step,
        ),
      );
    return { logged, ofRun: isOwn ? undefined : { value: last.value, step: last.step } };
  });
}
