/** Items that never move, each with its place as a key for React. */
export const numbered = <Item>(
  items: readonly Item[],
): readonly { readonly key: number; readonly item: Item }[] => items.map((item, key) => ({ key, item }));
