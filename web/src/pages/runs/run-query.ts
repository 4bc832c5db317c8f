import type { RunTreeQuery } from '../../data/run-table.ts';
import { needsCells, parseColumnCode, serverColumn } from './column-codes.ts';
import { orderByOf } from './run-columns.ts';
import type { RunsState } from './runs-search.ts';

const VIEW_TYPES = { active: 'ACTIVE_ONLY', deleted: 'DELETED_ONLY', all: 'ALL' } as const;
const NONE: readonly string[] = [];

/** Columns of one question: more than are seen at once. */
export const CHUNK_COLUMNS = 40;

/** What the page of a state asks for. */
export const treeQueryOf = (
  experimentIds: readonly string[],
  {
    filter,
    sort,
    stage,
    isFlat,
    expanded,
  }: Pick<RunsState, 'filter' | 'sort' | 'stage' | 'isFlat' | 'expanded'>,
): RunTreeQuery => ({
  experimentIds,
  filter,
  orderBy: orderByOf(sort),
  viewType: VIEW_TYPES[stage],
  isNested: !isFlat,
  expanded: isFlat ? NONE : expanded,
});

/** What has to be asked for to fill columns. */
export function serverColumnsOf(codes: readonly string[]): readonly string[] {
  const names = codes.flatMap((id) => {
    const code = parseColumnCode(id);
    return code !== undefined && needsCells(code) ? [serverColumn(code)] : [];
  });
  return [...new Set(names)];
}
