/** What a person did to the selection; rows by their place in the list. */
export type SelectionChange =
  | { readonly kind: 'toggle'; readonly index: number }
  /** Both ends belong to it, in either order. */
  | { readonly kind: 'range'; readonly from: number; readonly to: number }
  | { readonly kind: 'all' }
  | { readonly kind: 'none' };

/**
 * The selection after a change, for lists whose rows are all at hand.
 * @param keyAt the key of the row at a place, undefined where it is not known.
 */
export function changeSelection(
  selected: ReadonlySet<string>,
  change: SelectionChange,
  list: { readonly count: number; readonly keyAt: (index: number) => string | undefined },
): ReadonlySet<string> {
  const next = new Set(selected);
  const add = (first: number, last: number) => {
    for (let i = first; i <= last; i++) {
      const key = list.keyAt(i);
      if (key !== undefined) next.add(key);
    }
  };
  switch (change.kind) {
    case 'toggle': {
      const key = list.keyAt(change.index);
      if (key !== undefined && !next.delete(key)) next.add(key);
      return next;
    }
    case 'range':
      add(Math.min(change.from, change.to), Math.max(change.from, change.to));
      return next;
    case 'all':
      add(0, list.count - 1);
      return next;
    case 'none':
      return new Set();
  }
}
