import type { RunListQuery, RunTreeQuery } from './run-table.ts';

/** A list of runs as the server's read models are asked for it. */
export function listMessage({ experimentIds, filter, orderBy, viewType }: RunListQuery) {
  return {
    experiment_ids: experimentIds,
    ...(filter !== '' && { filter }),
    order_by: orderBy,
    view_type: viewType,
  };
}

export function treeMessage(query: RunTreeQuery) {
  return {
    ...listMessage(query),
    ...(query.isNested && { nested: true, expanded: query.expanded }),
  };
}

/** Rows that come with a page of runs. */
export const OPENING_ROWS = 100;
export const OPENING_PATH = 'run-table/opening';

/** @param columns of the server that are to come with the rows; without them those that a table shows of itself. */
export const openingMessage = (query: RunTreeQuery, columns: readonly string[] | undefined) => ({
  ...treeMessage(query),
  ...(columns && { columns }),
  limit: OPENING_ROWS,
});
