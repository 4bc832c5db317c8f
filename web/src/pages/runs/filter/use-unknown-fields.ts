import { useQueries } from '@tanstack/react-query';
import { useMemo } from 'react';
import { keysQuery, type RunKeys } from '../../../data/run-table.ts';
import { adviseOnUnknown, type FilterAdvice, isKeyed } from './filter-advice.ts';
import { fieldsIn } from './filter-fields.ts';

/** Fields of one filter that are looked after. */
const MOST_FIELDS = 5;
const FOUND = 100;

/**
 * What a filter asks of that no run has: the language allows it, but a name may be mistyped.
 * @param keys the first ones of the experiments; others are asked for by name.
 */
export function useUnknownFields(
  experimentIds: readonly string[],
  filter: string,
  keys: RunKeys | undefined,
): FilterAdvice | undefined {
  const doubtful = useMemo(
    () =>
      fieldsIn(filter)
        .filter(isKeyed)
        .filter(({ scope, key }) => keys?.[scope].keys.every((known) => known.key !== key))
        .slice(0, MOST_FIELDS),
    [filter, keys],
  );
  const answers = useQueries({
    queries: doubtful.map(({ key }) => ({
      ...keysQuery(experimentIds, key, FOUND),
      placeholderData: undefined,
    })),
  });
  const unknown = doubtful.find(({ scope, key }, i) => {
    const list = answers[i]?.data?.[scope];
    // Where more keys hold the name than were told, the very key may be among the others.
    return (
      list !== undefined && list.total <= list.keys.length && list.keys.every((known) => known.key !== key)
    );
  });
  return useMemo(() => unknown && adviseOnUnknown(unknown, keys), [unknown, keys]);
}
