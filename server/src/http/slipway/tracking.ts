import type { Charts } from '../../tracking/charts.ts';
import { parseExperimentId } from '../../tracking/experiment-rules.ts';
import type { Experiments } from '../../tracking/experiments.ts';
import type { Runs } from '../../tracking/runs.ts';
import {
  missing,
  optionalBoolean,
  optionalInt32,
  optionalInt64,
  optionalString,
  parseRunId,
  requiredString,
  stringList,
} from '../mlflow/fields.ts';
import { renderDouble, renderInt64 } from '../mlflow/json.ts';
import type { MlflowRoute } from '../mlflow/routes.ts';
import { renderRun } from '../mlflow/run-rendering.ts';
import { needs, ofExperiment, type Targets } from '../mlflow/targets.ts';

export interface TrackingServices {
  readonly runs: Runs;
  readonly experiments: Experiments;
  readonly charts: Charts;
  readonly targets: Targets;
}

const DEFAULT_POINTS = 1000;

/** What tracking can do beyond MLflow's protocol, in the same wire form. */
export function trackingExtensionRoutes({
  runs,
  experiments,
  charts,
  targets,
}: TrackingServices): readonly MlflowRoute[] {
  return [
    {
      method: 'POST',
      path: '2.0/slipway/runs/clone',
      access: needs('experiment.edit', targets.ofRun),
      request: [
        { name: 'run_id', type: 'string', required: true },
        { name: 'run_name', type: 'string' },
        { name: 'user_id', type: 'string' },
      ],
      async handle({ message }) {
        const details = await runs.clone(parseRunId(message), {
          name: optionalString(message, 'run_name'),
          userId: optionalString(message, 'user_id'),
        });
        return { run: renderRun(details, { withModelInputs: true }) };
      },
    },
    {
      method: 'GET',
      path: '2.0/slipway/experiments/finished-runs-lock',
      access: needs('experiment.read', ofExperiment()),
      request: [{ name: 'experiment_id', type: 'string', required: true }],
      async handle({ message }) {
        const experiment = await experiments.get(parseExperimentId(requiredString(message, 'experiment_id')));
        const { locked, mutableTags } = experiment.finishedRunsLock;
        return { locked, mutable_tags: mutableTags };
      },
    },
    {
      method: 'PUT',
      path: '2.0/slipway/experiments/finished-runs-lock',
      access: needs('experiment.manage', ofExperiment()),
      request: [
        { name: 'experiment_id', type: 'string', required: true },
        { name: 'locked', type: 'boolean', required: true },
        { name: 'mutable_tags', type: 'string', repeated: true },
      ],
      async handle({ message }) {
        const experimentNo = parseExperimentId(requiredString(message, 'experiment_id'));
        const locked = optionalBoolean(message, 'locked');
        if (locked === undefined) throw missing('locked');
        await experiments.setFinishedRunsLock(experimentNo, {
          locked,
          mutableTags: stringList(message, 'mutable_tags'),
        });
        return {};
      },
    },
    {
      method: 'GET',
      path: '2.0/slipway/metrics/chart',
      access: 'filtered',
      request: [
        { name: 'run_ids', type: 'string', required: true, repeated: true },
        { name: 'metric_key', type: 'string', required: true },
        { name: 'start_step', type: 'int64' },
        { name: 'end_step', type: 'int64' },
        { name: 'max_points', type: 'int32' },
      ],
      async handle({ message, caller }) {
        const series = await charts.series({
          runIds: await targets.readableRuns(caller.access, stringList(message, 'run_ids')),
          key: requiredString(message, 'metric_key'),
          startStep: optionalInt64(message, 'start_step'),
          endStep: optionalInt64(message, 'end_step'),
          maxPoints: optionalInt32(message, 'max_points') ?? DEFAULT_POINTS,
        });
        return {
          // Columns, not points: what a chart draws from, at a third of the bytes.
          series: series.map(({ runId, count, points }) => ({
            run_id: runId,
            count,
            steps: points.map((point) => renderInt64(point.step)),
            timestamps: points.map((point) => renderInt64(point.timestampMs)),
            values: points.map((point) => renderDouble(point.value)),
          })),
        };
      },
    },
  ];
}
