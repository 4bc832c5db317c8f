import { renderCondition, renderKeyed, renderTest, type SqlFragment } from '../db/conditions.ts';
import type { Dialect } from '../db/port.ts';
import type { FilterNode, LeafNode } from '../filters/tree.ts';

/** The run's columns by attribute, in a query over `runs r` joined to `experiments e`. */
export const RUN_COLUMNS: Readonly<Record<string, string>> = {
  run_id: 'r.run_id',
  run_name: 'r.name',
  status: 'r.status',
  user_id: 'r.user_id',
  start_time: 'r.start_time',
  end_time: 'r.end_time',
  artifact_uri: "(rtrim(e.artifact_location, '/') || '/' || r.run_id || '/artifacts')",
  lifecycle_stage: 'r.lifecycle_stage',
};

/**
 * Renders a run filter as a condition over `runs r` joined to `experiments e`. `runNo` is the run's number where it is
 * known before the run itself is read: what does not match is then never read.
 */
export function renderRunFilter(dialect: Dialect, filter: FilterNode, runNo = 'r.run_no'): SqlFragment {
  return renderCondition(filter, (node) => renderLeaf({ dialect, runNo }, node));
}

interface Place {
  readonly dialect: Dialect;
  readonly runNo: string;
}

function renderLeaf(place: Place, node: LeafNode): SqlFragment {
  const { dialect, runNo } = place;
  switch (node.field.scope) {
    case 'metric':
      return renderMetric(place, node);
    case 'param':
      return renderKeyed(dialect, node, { name: 'params', owner: 'run_no', outer: runNo });
    case 'tag':
      return renderKeyed(dialect, node, { name: 'run_tags', owner: 'run_no', outer: runNo });
    case 'dataset':
      return renderDataset(place, node);
    default:
      return renderTest(dialect, RUN_COLUMNS[node.field.key]!, node);
  }
}

function renderMetric({ dialect, runNo }: Place, node: LeafNode): SqlFragment {
  const { key, history } = node.field;
  if (history?.fn === 'first' || history?.fn === 'at') return renderPointTest({ dialect, runNo }, node);
  const where = `FROM metric_series m WHERE m.run_no = ${runNo} AND m.key = ?`;
  if (history !== undefined && history.fn !== 'last') {
    const column = { min: 'm.min_value', max: 'm.max_value', count: 'm.point_count' }[history.fn];
    if (node.kind === 'null') return { text: `(SELECT ${column} ${where}) IS NULL`, params: [key] };
    const test = renderTest(dialect, column, node);
    return { text: `(SELECT ${test.text} ${where})`, params: [...test.params, key] };
  }
  if (node.kind === 'null') return { text: `NOT EXISTS (SELECT 1 ${where})`, params: [key] };
  const test = renderNumberTest(dialect, 'm', node);
  return { text: `(SELECT ${test.text} ${where})`, params: [...test.params, key] };
}

/** A test of a point's value (of `alias`): NaN matches `!=` alone, whatever it is compared with. */
export function renderNumberTest(dialect: Dialect, alias: string, node: LeafNode): SqlFragment {
  const test = renderTest(dialect, `${alias}.value`, node);
  const unequal = node.kind === 'compare' && node.op === '!=';
  return {
    text: unequal ? `(${alias}.is_nan = 1 OR ${test.text})` : `(${alias}.is_nan = 0 AND ${test.text})`,
    params: test.params,
  };
}

/** `first(…)` and `at(…, step)`: the point at the lowest step, or at the step (the latest of several there). */
function renderPointTest({ dialect, runNo }: Place, node: LeafNode): SqlFragment {
  const { key, history } = node.field;
  const step = history?.fn === 'at' ? [history.step] : [];
  const point =
    history?.fn === 'at'
      ? 'AND p.step = ? ORDER BY p.step DESC, p.timestamp DESC, p.value DESC LIMIT 1'
      : 'ORDER BY p.step, p.timestamp, p.value LIMIT 1';
  const where = `FROM metric_points p WHERE p.series_no =
    (SELECT m.series_no FROM metric_series m WHERE m.run_no = ${runNo} AND m.key = ?) ${point}`;
  if (node.kind === 'null') return { text: `(SELECT 1 ${where}) IS NULL`, params: [key, ...step] };
  const test = renderNumberTest(dialect, 'p', node);
  return { text: `(SELECT ${test.text} ${where})`, params: [...test.params, key, ...step] };
}

/** A run may have many datasets: one that matches is enough; a run without any matches nothing but IS NULL. */
function renderDataset({ dialect, runNo }: Place, node: LeafNode): SqlFragment {
  const context = node.field.key === 'context';
  const from = context
    ? `FROM run_datasets i JOIN run_dataset_tags t ON t.input_no = i.input_no AND t.key = 'mlflow.data.context'
       WHERE i.run_no = ${runNo}`
    : `FROM run_datasets i JOIN datasets d ON d.dataset_no = i.dataset_no WHERE i.run_no = ${runNo}`;
  if (node.kind === 'null') return { text: `NOT EXISTS (SELECT 1 ${from})`, params: [] };
  const test = renderTest(dialect, context ? 't.value' : `d.${node.field.key}`, node);
  return {
    text: `CASE WHEN EXISTS (SELECT 1 ${from}) THEN EXISTS (SELECT 1 ${from} AND ${test.text}) END`,
    params: test.params,
  };
}
