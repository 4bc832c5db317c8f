import type { SortKey } from './grid-header.tsx';

/**
 * The order after a click on a header: the first way, the other way, none. With Shift a further key is added behind
 * those that are there.
 * @param startsDescending for numbers, of which the greatest are wanted first.
 */
export function nextSort(
  sort: readonly SortKey[],
  id: string,
  { isAdded, startsDescending }: { readonly isAdded: boolean; readonly startsDescending: boolean },
): readonly SortKey[] {
  const current = sort.find((key) => key.id === id);
  const next: readonly SortKey[] =
    current === undefined
      ? [{ id, isDescending: startsDescending }]
      : current.isDescending === startsDescending
        ? [{ id, isDescending: !startsDescending }]
        : [];
  if (!isAdded) return next;
  if (current === undefined) return [...sort, ...next];
  return sort.flatMap((key) => (key.id === id ? next : [key]));
}
