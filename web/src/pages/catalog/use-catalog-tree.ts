import { useQueries, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { type CatalogObject, childrenQuery } from '../../data/catalog.ts';
import { queryClient } from '../../data/query-client.ts';
import { keyOf, METASTORE, parentOf, pathTo, readSecurable, type Securable } from '../../data/securables.ts';
import { type Children, treeRows } from './tree-rows.ts';

/** The tree as it is open: what leads to the chosen thing is, until it is closed by hand. */
export function useCatalogTree(selected: Securable | undefined, text: string) {
  const [byHand, setByHand] = useState<ReadonlyMap<string, boolean>>(new Map());
  const above = selected && parentOf(selected);
  const way = above === undefined ? [] : pathTo(above).map(keyOf);
  const isOpen = (key: string) => byHand.get(key) ?? way.includes(key);
  const top = useQuery(childrenQuery(METASTORE));
  const opened = [...new Set([...way, ...byHand.keys()])]
    .filter(isOpen)
    .flatMap((key) => readSecurable(key) ?? [])
    .filter(isListed);
  const below = useQueries({ queries: opened.map((on) => childrenQuery(on)) });
  const known = new Map<string, Children>([['metastore', top.data ?? top.error ?? undefined]]);
  opened.forEach((on, i) => {
    known.set(keyOf(on), below[i]?.data ?? below[i]?.error ?? undefined);
  });
  return {
    rows: treeRows({ childrenOf: (key) => known.get(key), isOpen, text }),
    catalogs: top,
    toggle: (key: string, open: boolean) => setByHand(new Map(byHand).set(key, open)),
  };
}

/** What is not in its place is not asked about: it is hidden, or gone. */
function isListed(on: Securable): boolean {
  const above = parentOf(on);
  if (above === undefined) return true;
  const siblings = queryClient.getQueryData<readonly CatalogObject[]>(childrenQuery(above).queryKey);
  const isThere = siblings?.some((each) => each.type === on.type && each.full_name === on.name) ?? false;
  return isThere && isListed(above);
}
