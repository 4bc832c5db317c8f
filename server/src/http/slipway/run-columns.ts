import type { RunColumnReads, RunColumns, ValueColumn } from '../../tracking/run-columns.ts';
import type { RunGroup, RunGroups } from '../../tracking/run-groups.ts';
import { optionalBoolean, optionalInt32, optionalString, stringList } from '../mlflow/fields.ts';
import { renderInt64 } from '../mlflow/json.ts';
import { JsonText, type MlflowRoute } from '../mlflow/routes.ts';
import { renderNumber } from './columns.ts';
import { LIST_FIELDS, readListQuery } from './run-table.ts';

export interface RunColumnServices {
  readonly columns: RunColumnReads;
  readonly groups: RunGroups;
}

const DEFAULT_GROUPS = 100;

/** What charts and groups over all matching runs are made of. */
export function runColumnRoutes({ columns, groups }: RunColumnServices): readonly MlflowRoute[] {
  return [
    {
      method: 'POST',
      path: 'slipway/v1/run-table/values',
      access: 'filtered',
      compressed: true,
      request: [
        ...LIST_FIELDS,
        { name: 'snapshot', type: 'string' },
        { name: 'columns', type: 'string', repeated: true },
        { name: 'with_ids', type: 'boolean' },
      ],
      async handle({ message, caller }) {
        const found = await columns.read({
          ...readListQuery(message, caller.access),
          snapshot: optionalString(message, 'snapshot'),
          columns: stringList(message, 'columns'),
          withIds: optionalBoolean(message, 'with_ids') ?? false,
        });
        return new JsonText(renderValues(found));
      },
    },
    {
      method: 'POST',
      path: 'slipway/v1/run-table/groups',
      access: 'filtered',
      compressed: true,
      request: [
        ...LIST_FIELDS.filter(({ name }) => name !== 'order_by'),
        { name: 'group_by', type: 'string', required: true, repeated: true },
        { name: 'metrics', type: 'string', repeated: true },
        { name: 'offset', type: 'int32' },
        { name: 'limit', type: 'int32' },
      ],
      async handle({ message, caller }) {
        const { total, groups: found } = await groups.list({
          ...readListQuery(message, caller.access),
          groupBy: stringList(message, 'group_by'),
          metrics: stringList(message, 'metrics'),
          offset: optionalInt32(message, 'offset') ?? 0,
          limit: optionalInt32(message, 'limit') ?? DEFAULT_GROUPS,
        });
        return { total, groups: found.map(renderGroup) };
      },
    },
  ];
}

async function* renderValues({
  snapshot,
  total,
  runIds,
  names,
  columns,
}: RunColumns): AsyncGenerator<string> {
  const head = JSON.stringify({ snapshot, total, run_ids: runIds, run_names: names });
  yield `${head.slice(0, -1)},"columns":{`;
  let comma = '';
  for await (const column of columns) {
    yield `${comma}${JSON.stringify(column.name)}:${JSON.stringify(renderColumn(column))}`;
    comma = ',';
  }
  yield '}}';
}

function renderColumn(column: ValueColumn): unknown {
  if ('codes' in column) return { values: column.values, codes: Array.from(column.codes) };
  return column.numbers.map((value) => (value === null ? null : renderNumber(value)));
}

function renderGroup(group: RunGroup): object {
  const metrics: Record<string, object> = Object.create(null);
  for (const [key, { mean, min, max, stddev, runs }] of group.metrics) {
    metrics[key] = {
      mean: renderNumber(mean),
      min: renderNumber(min),
      max: renderNumber(max),
      stddev: renderNumber(stddev),
      runs,
    };
  }
  const { latestStartTimeMs } = group;
  return {
    values: group.values,
    runs: group.runs,
    filter: group.filter,
    latest_start_time: latestStartTimeMs === null ? null : renderInt64(latestStartTimeMs),
    metrics,
  };
}
