import { runGrammar } from '../filters/grammars.ts';
import { parseOrderBy } from '../filters/order.ts';
import { parseFilter } from '../filters/parser.ts';
import type { OrderTerm } from '../filters/tree.ts';

const HISTORY_TERM = /^\s*((?:min|max|first|last|count|at)\s*\(.*\))\s*(asc|desc)?\s*$/is;

/**
 * The order of a list of runs: MLflow's `order_by`, and besides it the functions over a metric's history that filters
 * know (`min(metrics.loss) DESC`), so that a list is ordered by what it was filtered by.
 * @throws AppError InvalidArgument as `parseOrderBy` does.
 */
export function parseListOrder(terms: readonly string[]): OrderTerm[] {
  const histories = terms.map(parseHistoryTerm);
  const plain = parseOrderBy(
    terms.filter((_, i) => histories[i] === undefined),
    runGrammar,
  );
  return histories.map((history) => history ?? plain.shift()!);
}

function parseHistoryTerm(term: string): OrderTerm | undefined {
  const found = HISTORY_TERM.exec(term);
  if (found === null) return undefined;
  const node = parseFilter(`${found[1]} IS NULL`, runGrammar);
  if (node?.kind !== 'null') return undefined;
  return { field: node.field, descending: found[2]?.toLowerCase() === 'desc' };
}
