import type { SqlFragment } from '../db/conditions.ts';
import type { Dialect } from '../db/port.ts';

/** Which experiments a caller may know of. */
export type VisibleExperiments = 'all' | readonly number[];

/** Whether `column`, an experiment's number, is one of them, to be put behind a WHERE; nothing where all are. */
export function andVisible(dialect: Dialect, column: string, visible: VisibleExperiments): SqlFragment {
  if (visible === 'all') return { text: '', params: [] };
  return { text: ` AND ${dialect.inList(column, 'bigint')}`, params: [dialect.list(visible)] };
}
