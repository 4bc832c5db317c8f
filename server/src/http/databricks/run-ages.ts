import { parseExperimentId } from '../../tracking/experiment-rules.ts';
import { type Experiments, experimentNotFound } from '../../tracking/experiments.ts';
import type { RunAges } from '../../tracking/run-ages.ts';
import { missing, optionalInt32, optionalInt64, requiredString } from '../mlflow/fields.ts';
import { experimentTarget } from '../mlflow/targets.ts';
import type { Need } from '../route-access.ts';
import type { DatabricksCall, DatabricksRoute } from './routes.ts';

const PATH = '/api/2.0/mlflow/databricks/runs';
const MOST = 10_000;

const experimentIn = ({ body }: DatabricksCall): number =>
  parseExperimentId(requiredString(body, 'experiment_id'));

/** As for one run. */
const managing: readonly Need<DatabricksCall>[] = [
  { action: 'experiment.manage', target: (call) => experimentTarget(experimentIn(call)) },
];

/** Runs of an experiment deleted and restored by their age: the SDK's `experiments.delete_runs` and `restore_runs`. */
export function runAgeRoutes({
  ages,
  experiments,
}: {
  readonly ages: RunAges;
  readonly experiments: Pick<Experiments, 'find'>;
}): readonly DatabricksRoute[] {
  /** @throws AppError NotFound, for administrators as well. */
  async function experimentOf(call: DatabricksCall): Promise<number> {
    const experimentNo = experimentIn(call);
    if ((await experiments.find([experimentNo])).length === 0) throw experimentNotFound(experimentNo);
    return experimentNo;
  }
  const maxRunsIn = ({ body }: DatabricksCall): number => optionalInt32(body, 'max_runs') ?? MOST;
  const timeIn = ({ body }: DatabricksCall, field: string): number => {
    const time = optionalInt64(body, field);
    if (time === undefined) throw missing(field);
    return Number(time);
  };
  return [
    {
      method: 'POST',
      path: `${PATH}/delete-runs`,
      summary: 'Deletes the oldest runs of an experiment up to a moment',
      access: managing,
      handle: async (call) => ({
        runs_deleted: await ages.delete({
          experimentNo: await experimentOf(call),
          maxRuns: maxRunsIn(call),
          maxTimestampMs: timeIn(call, 'max_timestamp_millis'),
        }),
      }),
    },
    {
      method: 'POST',
      path: `${PATH}/restore-runs`,
      summary: 'Restores the runs of an experiment that were deleted since a moment',
      access: managing,
      handle: async (call) => ({
        runs_restored: await ages.restore({
          experimentNo: await experimentOf(call),
          maxRuns: maxRunsIn(call),
          minTimestampMs: timeIn(call, 'min_timestamp_millis'),
        }),
      }),
    },
  ];
}
