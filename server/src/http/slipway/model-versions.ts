import type { VersionTable, VersionTableRow } from '../../registry/version-table.ts';
import { optionalInt32, requiredString, stringList } from '../mlflow/fields.ts';
import { renderDouble } from '../mlflow/json.ts';
import { renderVersion } from '../mlflow/registry-rendering.ts';
import type { MlflowCall, MlflowRoute } from '../mlflow/routes.ts';
import { onModel, type ReadModelName } from '../model-access.ts';

const DEFAULT_LIMIT = 100;

/** A model's versions beside what was measured of them. */
export function modelVersionTableRoutes(
  table: VersionTable,
  readModelName: ReadModelName,
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
      ],
      async handle({ message, caller }) {
        const page = await table.page({
          name: readModelName(requiredString(message, 'name')).stored,
          offset: optionalInt32(message, 'offset') ?? 0,
          limit: optionalInt32(message, 'limit') ?? DEFAULT_LIMIT,
          visible: caller.access.visibleExperiments(),
          metrics: message.metrics === undefined ? undefined : stringList(message, 'metrics'),
        });
        return { total: page.total, metric_keys: page.metricKeys, versions: page.rows.map(renderRow) };
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
    ...(metrics.size > 0 && {
      metrics: Object.fromEntries(Array.from(metrics, ([key, value]) => [key, renderDouble(value)] as const)),
    }),
  };
}
