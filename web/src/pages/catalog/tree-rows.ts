import type { CatalogObject } from '../../data/catalog.ts';
import { keyOf, METASTORE, type Securable } from '../../data/securables.ts';

/** A line of the tree of catalogs. */
export interface TreeRow {
  readonly key: string;
  readonly label: string;
  readonly level: number;
  /** Undefined for a line that only says something. */
  readonly on: Securable | undefined;
  /** Undefined for what holds nothing. */
  readonly isOpen: boolean | undefined;
}

/** What is known to lie in something: undefined while it comes, or why it could not be read. */
export type Children = readonly CatalogObject[] | Error | undefined;

/** The lines from the top, with what is in each open one below it. Lines whose name lacks the text are left out. */
export function treeRows({
  childrenOf,
  isOpen,
  text,
}: {
  readonly childrenOf: (key: string) => Children;
  readonly isOpen: (key: string) => boolean;
  readonly text: string;
}): readonly TreeRow[] {
  const sought = text.trim().toLowerCase();

  function below(parent: Securable, level: number): readonly TreeRow[] {
    const key = keyOf(parent);
    const say = (label: string): TreeRow => ({
      key: `${key} note`,
      label,
      level,
      on: undefined,
      isOpen: undefined,
    });
    const children = childrenOf(key);
    if (children === undefined) return [say('Reading…')];
    if (children instanceof Error) return [say(children.message)];
    if (children.length === 0) return level === 1 || sought !== '' ? [] : [say('Nothing is in it')];
    return children.flatMap((child): readonly TreeRow[] => {
      const on: Securable = { type: child.type, name: child.full_name };
      const holds = child.type === 'catalog' || child.type === 'schema';
      const opened = holds ? isOpen(keyOf(on)) : undefined;
      const inside = opened ? below(on, level + 1) : [];
      const matches = sought === '' || child.name.toLowerCase().includes(sought);
      if (!matches && inside.every((row) => row.on === undefined)) return [];
      return [{ key: keyOf(on), label: child.name, level, on, isOpen: opened }, ...inside];
    });
  }

  return below(METASTORE, 1);
}
