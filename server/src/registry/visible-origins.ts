import type { SqlFragment } from '../db/conditions.ts';
import type { Dialect } from '../db/port.ts';
import type { VisibleExperiments } from '../tracking/visible-experiments.ts';

/**
 * Whether whoever sees these experiments may be told where a version (under the alias `v`) comes from: a run and a logged
 * model of other experiments are hidden, and who sees the version learns nothing of them. What is not kept here hides
 * nothing.
 */
export function renderOriginSeen(dialect: Dialect, visible: VisibleExperiments): SqlFragment {
  if (visible === 'all') return { text: '1 = 1', params: [] };
  const seen = dialect.inList('o.experiment_no', 'bigint');
  return {
    text: `NOT EXISTS (SELECT 1 FROM runs o WHERE o.run_id = v.run_id AND NOT (${seen}))
      AND NOT EXISTS (SELECT 1 FROM logged_models o WHERE o.model_id = v.logged_model_id AND NOT (${seen}))`,
    params: [dialect.list(visible), dialect.list(visible)],
  };
}
