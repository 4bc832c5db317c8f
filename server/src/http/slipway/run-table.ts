import type { Access } from '../../governance/access.ts';
import { parseExperimentId } from '../../tracking/experiment-rules.ts';
import type { KeyKind, RunKeys } from '../../tracking/run-keys.ts';
import type { RunOpening } from '../../tracking/run-opening.ts';
import type { RunTable, RunWindow } from '../../tracking/run-table.ts';
import { type Cell, type CellColumn, seenIn } from '../../tracking/run-table-cells.ts';
import type { SeesModel } from '../../tracking/seen-models.ts';
import { parseViewType, renderExperiment } from '../mlflow/experiments.ts';
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
import { readableExperiments, type Targets } from '../mlflow/targets.ts';
import { renderNumber } from './columns.ts';

export interface RunTableServices {
  readonly table: RunTable;
  readonly keys: RunKeys;
  readonly opening: RunOpening;
  readonly targets: Targets;
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
export function runTableRoutes({ table, keys, opening, targets }: RunTableServices): readonly MlflowRoute[] {
  return [
    {
      method: 'POST',
      path: 'slipway/v1/run-table/window',
      access: 'filtered',
      compressed: true,
      request: [
        ...PLACE_FIELDS,
        { name: 'columns', type: 'string', repeated: true },
        { name: 'offset', type: 'int32' },
        { name: 'limit', type: 'int32' },
      ],
      async handle({ message, caller }) {
        const window = await table.window({
          ...readPlaceQuery(message, caller.access),
          columns: stringList(message, 'columns'),
          offset: optionalInt32(message, 'offset') ?? 0,
          limit: optionalInt32(message, 'limit') ?? DEFAULT_ROWS,
        });
        return renderWindow(window, targets.seesModel(caller.access));
      },
    },
    {
      method: 'POST',
      path: 'slipway/v1/run-table/opening',
      access: 'filtered',
      compressed: true,
      request: [
        ...PLACE_FIELDS,
        { name: 'columns', type: 'string', repeated: true },
        { name: 'limit', type: 'int32' },
      ],
      async handle({ message, caller }) {
        const { experiments, keys, window } = await opening.open({
          ...readPlaceQuery(message, caller.access),
          columns: message.columns === undefined ? undefined : stringList(message, 'columns'),
          limit: optionalInt32(message, 'limit') ?? DEFAULT_ROWS,
        });
        return {
          experiments: experiments.map(renderExperiment),
          keys: Object.fromEntries(keys),
          window: renderWindow(window, targets.seesModel(caller.access)),
        };
      },
    },
    {
      method: 'POST',
      path: 'slipway/v1/run-table/locate',
      access: 'filtered',
      request: [...PLACE_FIELDS, { name: 'run_id', type: 'string', required: true }],
      async handle({ message, caller }) {
        const index = await table.locate({
          ...readPlaceQuery(message, caller.access),
          runId: requiredString(message, 'run_id'),
        });
        return { index: index ?? null };
      },
    },
    {
      method: 'GET',
      path: 'slipway/v1/run-table/keys',
      access: 'filtered',
      compressed: true,
      request: [
        { name: 'experiment_ids', type: 'string', required: true, repeated: true },
        { name: 'kinds', type: 'string', repeated: true },
        { name: 'contains', type: 'string' },
        { name: 'limit', type: 'int32' },
      ],
      async handle({ message, caller }) {
        const found = await keys.list({
          experimentNos: readableExperiments(caller.access, readExperiments(message)),
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

export function readListQuery(message: JsonObject, access: Access) {
  return {
    experimentNos: readableExperiments(access, readExperiments(message)),
    filter: optionalString(message, 'filter'),
    orderBy: stringList(message, 'order_by'),
    viewType: parseViewType(message, 'view_type'),
  };
}

function readPlaceQuery(message: JsonObject, access: Access) {
  return {
    ...readListQuery(message, access),
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

function renderWindow(window: RunWindow, sees: SeesModel): object {
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
    columns: renderColumns(window.columns, sees),
  };
}

function renderColumns(columns: readonly CellColumn[], sees: SeesModel): Record<string, unknown[]> {
  const rendered: Record<string, unknown[]> = Object.create(null);
  for (const { column, cells } of columns) {
    rendered[column.name] = cells.map((cell) => renderCell(cell, sees));
  }
  return rendered;
}

function renderCell(cell: Cell, sees: SeesModel): unknown {
  if (typeof cell === 'number') return renderNumber(cell);
  if (typeof cell === 'bigint') return renderInt64(cell);
  if (cell === null || typeof cell === 'string') return cell;
  return seenIn(cell, sees).map((item) =>
    'versions' in item
      ? { ...(item.modelId !== null && { model_id: item.modelId }), name: item.name, versions: item.versions }
      : { name: item.name, digest: item.digest, ...(item.context !== null && { context: item.context }) },
  );
}
