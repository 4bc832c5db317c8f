import { invalidArgument } from '../../kernel/errors.ts';
import type { MeasureOf } from '../../registry/measured.ts';
import type { VersionTable, VersionTableRow } from '../../registry/version-table.ts';
import { optionalInt32, optionalString, requiredString, stringList } from '../mlflow/fields.ts';
import { renderDouble, renderInt64 } from '../mlflow/json.ts';
import { renderVersion } from '../mlflow/registry-rendering.ts';
import type { MlflowCall, MlflowRoute } from '../mlflow/routes.ts';
import { onModel, type ReadModelName } from '../model-access.ts';
import type { VersionOrigins } from '../version-origins.ts';

const DEFAULT_LIMIT = 100;

/** A model's versions beside what was measured of them. */
export function modelVersionTableRoutes(
  table: VersionTable,
  readModelName: ReadModelName,
  origins: VersionOrigins,
): readonly MlflowRoute[] {
  return [
    {
      method: 'POST',
      path: 'slipway/v1/model-versions/table',
      access: [
        onModel('model.see', readModelName, {
          nameOf: ({ message }: MlflowCall) => requiredString(message, 'name'),
        }),
      ],
      request: [
        { name: 'name', type: 'string', required: true },
        { name: 'offset', type: 'int32' },
        { name: 'limit', type: 'int32' },
        { name: 'metrics', type: 'string', repeated: true },
        { name: 'measure', type: 'string' },
      ],
      async handle({ message, caller }) {
        const page = await table.page({
          name: readModelName(requiredString(message, 'name')).stored,
          offset: optionalInt32(message, 'offset') ?? 0,
          limit: optionalInt32(message, 'limit') ?? DEFAULT_LIMIT,
          measure: readMeasure(optionalString(message, 'measure')),
          visible: caller.access.visibleExperiments(),
          metrics: message.metrics === undefined ? undefined : stringList(message, 'metrics'),
        });
        const details = await origins.ofVersions(
          caller.access,
          page.rows.map((row) => row.details),
        );
        return {
          total: page.total,
          metric_keys: page.metricKeys,
          versions: page.rows.map((row, i) => renderRow({ ...row, details: details[i]! })),
        };
      },
    },
  ];
}

function renderRow({ details, source, metrics }: VersionTableRow): object {
  const { logged_model_id: modelId } = details.row;
  return {
    ...renderVersion(details),
    ...(modelId && { model_id: modelId }),
    ...(source !== undefined && {
      source_run: {
        run_id: source.run.runId,
        run_name: source.run.name,
        experiment_id: String(source.run.experimentNo),
        status: source.run.status,
        lifecycle_stage: source.run.stage,
      },
    }),
    ...(metrics.size > 0 && renderMeasured(metrics)),
  };
}

const MEASURES: readonly MeasureOf[] = ['last', 'min', 'max'];

function readMeasure(text = 'last'): MeasureOf {
  const measure = MEASURES.find((one) => one === text);
  if (measure === undefined) {
    throw invalidArgument(`measure must be one of ${MEASURES.join(', ')}.`, { field: 'measure' });
  }
  return measure;
}

/** Where the run's later value stands in place of the one that is linked to the model, that one is told too. */
function renderMeasured(metrics: VersionTableRow['metrics']): object {
  const all = [...metrics];
  const linked = all.flatMap(([key, { linked: one }]) =>
    one === undefined
      ? []
      : [[key, { value: renderDouble(one.value), step: renderInt64(one.step) }] as const],
  );
  return {
    metrics: Object.fromEntries(all.map(([key, { value }]) => [key, renderDouble(value)] as const)),
    metric_steps: Object.fromEntries(
      all.flatMap(([key, { step }]) => (step === undefined ? [] : [[key, renderInt64(step)] as const])),
    ),
    ...(linked.length > 0 && { linked_metrics: Object.fromEntries(linked) }),
  };
}
