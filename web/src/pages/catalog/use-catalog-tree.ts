import { useQueries, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { childrenQuery } from '../../data/catalog.ts';
import { keyOf, METASTORE, parentOf, pathTo, readSecurable, type Securable } from '../../data/securables.ts';
import { type Children, treeRows } from './tree-rows.ts';

/** The tree as it is open: what leads to the chosen thing is, until it is closed by hand. */
export function useCatalogTree(selected: Securable | undefined, text: string) {
  const [byHand, setByHand] = useState<ReadonlyMap<string, boolean>>(new Map());
  const above = selected && parentOf(selected);
  const way = above === undefined ? [] : pathTo(above).map(keyOf);
  const isOpen = (key: string) => byHand.get(key) ?? way.includes(key);
  const openKeys = [...new Set([...way, ...byHand.keys()])].filter(isOpen).sort();
  const top = useQuery(childrenQuery(METASTORE));
  const below = useQueries({
    queries: openKeys.map((key) => childrenQuery(readSecurable(key) ?? METASTORE)),
  });
  const known = new Map<string, Children>([['metastore', top.error ?? top.data]]);
  openKeys.forEach((key, i) => known.set(key, below[i]?.data ?? below[i]?.error ?? undefined));
  const rows = useMemo(
    () => treeRows({ childrenOf: (key) => known.get(key), isOpen, text }),
    [openKeys.join(' '), text, top.data, top.error, ...[below.map(({ dataUpdatedAt, errorUpdatedAt }) => dataUpdatedAt + errorUpdatedAt).join(' ')]],
  );
  return {
    rows,
    catalogs: top,
    toggle: (key: string, open: boolean) => setByHand(new Map(byHand).set(key, open)),
  };
}
