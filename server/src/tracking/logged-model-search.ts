import { renderCondition, renderKeyed, renderTest, type SqlFragment } from '../db/conditions.ts';
import type { Dialect, SqlParam } from '../db/port.ts';
import type { FilterNode, LeafNode } from '../filters/tree.ts';
import { invalidArgument } from '../kernel/errors.ts';

/** A dataset that metrics must have been measured on; any digest where none is given. */
export interface DatasetFilter {
  readonly name: string;
  readonly digest: string | undefined;
}

export interface ModelOrder {
  /** An attribute, or `metrics.<key>`. */
  readonly fieldName: string;
  readonly ascending: boolean;
  readonly dataset: { readonly name?: string | undefined; readonly digest?: string | undefined };
}

const COLUMNS: Readonly<Record<string, string>> = {
  name: 'm.name',
  model_id: 'm.model_id',
  experiment_id: 'm.experiment_no',
  source_run_id: 'm.source_run_id',
  model_type: 'm.model_type',
  status: 'm.status',
  creation_timestamp: 'm.creation_time',
  last_updated_timestamp: 'm.last_update_time',
};

const ALIASES: Readonly<Record<string, string>> = {
  creation_time: 'creation_timestamp',
  creation_timestamp_ms: 'creation_timestamp',
  last_updated_time: 'last_updated_timestamp',
  last_updated_timestamp_ms: 'last_updated_timestamp',
};

export interface ModelCondition {
  readonly dialect: Dialect;
  readonly experimentNos: readonly number[];
  readonly filter: FilterNode | undefined;
  readonly datasets: readonly DatasetFilter[];
}

/** The WHERE clause of a search over `logged_models m`. */
export function renderModelFilter({ dialect, experimentNos, filter, datasets }: ModelCondition): SqlFragment {
  const texts = [`m.lifecycle_stage = 'active'`, dialect.inList('m.experiment_no', 'bigint')];
  const params: SqlParam[] = [dialect.list(experimentNos)];
  let asksForMetric = false;
  if (filter !== undefined) {
    const condition = renderCondition(filter, (node) => {
      asksForMetric ||= node.field.scope === 'metric';
      return renderLeaf(dialect, node, datasets);
    });
    texts.push(condition.text);
    params.push(...condition.params);
  }
  // Datasets without a condition on a metric: the model must have been measured on one of them.
  if (datasets.length > 0 && !asksForMetric) {
    const any = datasetCondition(datasets);
    texts.push(`EXISTS (SELECT 1 FROM logged_model_metrics x WHERE x.model_no = m.model_no AND ${any.text})`);
    params.push(...any.params);
  }
  return { text: texts.join(' AND '), params };
}

function renderLeaf(dialect: Dialect, node: LeafNode, datasets: readonly DatasetFilter[]): SqlFragment {
  const owner = { owner: 'model_no', outer: 'm.model_no' };
  switch (node.field.scope) {
    case 'param':
      return renderKeyed(dialect, node, { name: 'logged_model_params', ...owner });
    case 'tag':
      return renderKeyed(dialect, node, { name: 'logged_model_tags', ...owner });
    case 'metric':
      return renderMetric(dialect, node, datasets);
    default: {
      return renderTest(dialect, attributeOf(node), node);
    }
  }
}

/** The attribute as it is compared: a model without a run or a type has an empty one, as on the real server. */
function attributeOf(node: LeafNode): string {
  const { key } = node.field;
  const column = COLUMNS[key]!;
  if (key === 'experiment_id') return `CAST(${column} AS TEXT)`;
  if (key !== 'source_run_id' && key !== 'model_type') return column;
  const isText =
    node.kind === 'compare' && node.op === '=' && node.value.kind === 'string' && node.value.text !== '';
  // What asks for a text finds it by the index.
  return isText || node.kind === 'null' ? column : `coalesce(${column}, '')`;
}

/** Any logged point of the metric counts, on one of the datasets where some are given. */
function renderMetric(dialect: Dialect, node: LeafNode, datasets: readonly DatasetFilter[]): SqlFragment {
  const on = datasets.length === 0 ? { text: '', params: [] } : datasetCondition(datasets);
  const from = `FROM logged_model_metrics x WHERE x.model_no = m.model_no AND x.key = ?${on.text && ` AND ${on.text}`}`;
  const params = [node.field.key, ...on.params];
  if (node.kind === 'null') return { text: `NOT EXISTS (SELECT 1 ${from})`, params };
  const test = renderTest(dialect, 'x.value', node);
  const unequal = node.kind === 'compare' && node.op === '!=';
  const matches = unequal ? `(x.is_nan = 1 OR ${test.text})` : `x.is_nan = 0 AND ${test.text}`;
  return {
    text: `CASE WHEN EXISTS (SELECT 1 ${from}) THEN EXISTS (SELECT 1 ${from} AND ${matches}) END`,
    params: [...params, ...params, ...test.params],
  };
}

function datasetCondition(datasets: readonly DatasetFilter[]): SqlFragment {
  const texts = datasets.map(({ digest }) =>
    digest === undefined ? 'x.dataset_name = ?' : '(x.dataset_name = ? AND x.dataset_digest = ?)',
  );
  const params = datasets.flatMap(({ name, digest }) => (digest === undefined ? [name] : [name, digest]));
  return { text: `(${texts.join(' OR ')})`, params };
}

export interface RenderedModelOrder {
  readonly joins: string;
  readonly params: readonly SqlParam[];
  readonly orderBy: string;
}

/**
 * Missing values come last in both directions; a metric counts with its newest point.
 * @throws AppError InvalidArgument for a field that models cannot be ordered by.
 */
export function renderModelOrder(order: readonly ModelOrder[]): RenderedModelOrder {
  const joins: string[] = [];
  const params: SqlParam[] = [];
  const terms: string[] = [];
  const given = new Set<string>();
  order.forEach(({ fieldName, ascending, dataset }, i) => {
    const direction = ascending ? 'ASC' : 'DESC';
    const dot = fieldName.indexOf('.');
    if (dot < 0) {
      const name = ALIASES[fieldName] ?? fieldName;
      const column = COLUMNS[name];
      if (column === undefined) {
        throw invalidArgument(`Invalid order by field name: ${fieldName.slice(0, 100)}`, {
          field: `order_by[${i}].field_name`,
        });
      }
      given.add(name);
      terms.push(`CASE WHEN ${column} IS NULL THEN 1 ELSE 0 END, ${column} ${direction}`);
      return;
    }
    if (fieldName.slice(0, dot) !== 'metrics') {
      throw invalidArgument(
        `Invalid order by field name: ${fieldName.slice(0, 100)}. Only metrics are supported.`,
        {
          field: `order_by[${i}].field_name`,
        },
      );
    }
    const conditions = ['x.key = ?'];
    params.push(fieldName.slice(dot + 1));
    if (dataset.name) {
      conditions.push('x.dataset_name = ?');
      params.push(dataset.name);
    }
    if (dataset.digest) {
      conditions.push('x.dataset_digest = ?');
      params.push(dataset.digest);
    }
    joins.push(`LEFT JOIN (
      SELECT x.model_no, CASE WHEN x.is_nan = 1 THEN NULL ELSE x.value END AS value,
        row_number() OVER (PARTITION BY x.model_no ORDER BY x.timestamp DESC, x.step DESC, x.run_id) AS place
      FROM logged_model_metrics x WHERE ${conditions.join(' AND ')}
    ) o${i} ON o${i}.model_no = m.model_no AND o${i}.place = 1`);
    terms.push(`CASE WHEN o${i}.value IS NULL THEN 1 ELSE 0 END, o${i}.value ${direction}`);
  });
  if (!given.has('creation_timestamp')) terms.push('m.creation_time DESC');
  if (!given.has('model_id')) terms.push('m.model_id ASC');
  return { joins: joins.join(' '), params, orderBy: terms.join(', ') };
}
