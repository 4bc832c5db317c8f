import { parseExperimentId } from '../../tracking/experiment-rules.ts';
import type { KeyKind, RunKeys } from '../../tracking/run-keys.ts';
import type { RunTable } from '../../tracking/run-table.ts';
import type { Cell, CellColumn } from '../../tracking/run-table-cells.ts';
import { parseViewType } from '../mlflow/experiments.ts';
import {
  invalid,
  missing,
  optionalBoolean,
  optionalInt32,
  optionalString,
  requiredString,
  stringList,
} from '../mlflow/fields.ts';
import { type JsonObject, renderInt64 } from '../mlflow/json.ts';
import type { MlflowRoute, RequestField } from '../mlflow/routes.ts';
import { renderNumber } from './columns.ts';

export interface RunTableServices {
  readonly table: RunTable;
  readonly keys: RunKeys;
}

export const LIST_FIELDS: readonly RequestField[] = [
  { name: 'experiment_ids', type: 'string', required: true, repeated: true },
  { name: 'filter', type: 'string' },
  { name: 'order_by', type: 'string', repeated: true },
  { name: 'view_type', type: 'string' },
];
const PLACE_FIELDS: readonly RequestField[] = [
  ...LIST_FIELDS,
  { name: 'nested', type: 'boolean' },
  { name: 'expanded', type: 'string', repeated: true },
  { name: 'snapshot', type: 'string' },
];

const DEFAULT_ROWS = 100;
const DEFAULT_KEYS = 100;
const KINDS: readonly KeyKind[] = ['metrics', 'params', 'tags'];

/** What the runs table of the web page reads: windows over whole experiments, by column. */
export function runTableRoutes({ table, keys }: RunTableServices): readonly MlflowRoute[] {
  return [
    {
      method: 'POST',
      path: 'slipway/v1/run-table/window',
      privilege: 'READ',
      compressed: true,
      request: [
        ...PLACE_FIELDS,
        { name: 'columns', type: 'string', repeated: true },
        { name: 'offset', type: 'int32' },
        { name: 'limit', type: 'int32' },
      ],
      async handle({ message }) {
        const window = await table.window({
          ...readPlaceQuery(message),
          columns: stringList(message, 'columns'),
          offset: optionalInt32(message, 'offset') ?? 0,
          limit: optionalInt32(message, 'limit') ?? DEFAULT_ROWS,
        });
        const { rows } = window;
        return {
          snapshot: window.snapshot,
          total: window.total,
          matching: window.matching,
          all: window.all,
          offset: window.offset,
          rows: {
            run_id: rows.runIds,
            run_name: rows.names,
            experiment_id: rows.experimentIds,
            status: rows.statuses,
            start_time: rows.startTimesMs.map((time) => time && renderInt64(time)),
            end_time: rows.endTimesMs.map((time) => time && renderInt64(time)),
            lifecycle_stage: rows.stages,
            depth: rows.depths,
            child_count: rows.childCounts,
          },
          columns: renderColumns(window.columns),
        };
      },
    },
    {
      method: 'POST',
      path: 'slipway/v1/run-table/locate',
      privilege: 'READ',
      request: [...PLACE_FIELDS, { name: 'run_id', type: 'string', required: true }],
      async handle({ message }) {
        const index = await table.locate({
          ...readPlaceQuery(message),
          runId: requiredString(message, 'run_id'),
        });
        return { index: index ?? null };
      },
    },
    {
      method: 'GET',
      path: 'slipway/v1/run-table/keys',
      privilege: 'READ',
      compressed: true,
      request: [
        { name: 'experiment_ids', type: 'string', required: true, repeated: true },
        { name: 'kinds', type: 'string', repeated: true },
        { name: 'contains', type: 'string' },
        { name: 'limit', type: 'int32' },
      ],
      async handle({ message }) {
        const found = await keys.list({
          experimentNos: readExperiments(message),
          kinds: readKinds(message),
          contains: optionalString(message, 'contains'),
          limit: optionalInt32(message, 'limit') ?? DEFAULT_KEYS,
        });
        return Object.fromEntries(found);
      },
    },
  ];
}

function readExperiments(message: JsonObject): readonly number[] {
  const ids = stringList(message, 'experiment_ids');
  if (ids.length === 0) throw missing('experiment_ids');
  return ids.map((id, i) => parseExperimentId(id, `experiment_ids[${i}]`));
}

export function readListQuery(message: JsonObject) {
  return {
    experimentNos: readExperiments(message),
    filter: optionalString(message, 'filter'),
    orderBy: stringList(message, 'order_by'),
    viewType: parseViewType(message, 'view_type'),
  };
}

function readPlaceQuery(message: JsonObject) {
  return {
    ...readListQuery(message),
    nested: optionalBoolean(message, 'nested'),
    expanded: stringList(message, 'expanded'),
    snapshot: optionalString(message, 'snapshot'),
  };
}

function readKinds(message: JsonObject): readonly KeyKind[] {
  const kinds = stringList(message, 'kinds');
  if (kinds.length === 0) return KINDS;
  return kinds.map((kind, i) => {
    const known = KINDS.find((one) => one === kind);
    if (known === undefined) throw invalid(`kinds[${i}]`, kind, `expected one of ${KINDS.join(', ')}.`);
    return known;
  });
}

function renderColumns(columns: readonly CellColumn[]): Record<string, unknown[]> {
  const rendered: Record<string, unknown[]> = Object.create(null);
  for (const { column, cells } of columns) rendered[column.name] = cells.map(renderCell);
  return rendered;
}

function renderCell(cell: Cell): unknown {
  if (typeof cell === 'number') return renderNumber(cell);
  if (typeof cell === 'bigint') return renderInt64(cell);
  if (cell === null || typeof cell === 'string') return cell;
  return cell.map((item) =>
    'versions' in item
      ? { ...(item.modelId !== null && { model_id: item.modelId }), name: item.name, versions: item.versions }
      : { name: item.name, digest: item.digest, ...(item.context !== null && { context: item.context }) },
  );
}
