import type { ExperimentOverview, OverviewList, TreeFolder } from '../../data/experiments.ts';
import type { Order, Sort } from './experiments-search.ts';

/** What is known of one folder: its child folders and how many experiments are directly in it. */
export interface Level {
  readonly folders: readonly TreeFolder[];
  readonly experiments: number;
}

/**
 * Consecutive rows of the tree: one folder, the one experiment below a folder in its place, the experiments of one list (of which a window at a time is read), or the
 * place of a level that has not come yet.
 */
export type Segment =
  | {
      readonly kind: 'folder';
      readonly depth: number;
      readonly folder: TreeFolder;
      readonly isOpen: boolean;
    }
  | {
      readonly kind: 'single';
      readonly depth: number;
      readonly experiment: ExperimentOverview;
      /** The folder that the row stands in. */
      readonly root: string;
    }
  | {
      readonly kind: 'experiments';
      readonly depth: number;
      readonly list: OverviewList;
      readonly count: number;
    }
  | { readonly kind: 'waiting'; readonly depth: number };

export interface TreeView {
  /** The folder that is looked into. */
  readonly root: string;
  readonly open: ReadonlySet<string>;
  readonly levels: ReadonlyMap<string, Level>;
  readonly order: Order;
  /** The list of the experiments directly in a folder. */
  listOf(folder: string): OverviewList;
}

/** The rows of a tree in order: in each folder its folders first, then its experiments. */
export function segmentsOf(view: TreeView): readonly Segment[] {
  const segments: Segment[] = [];
  const add = (path: string, depth: number): void => {
    const level = view.levels.get(path);
    if (level === undefined) {
      segments.push({ kind: 'waiting', depth });
      return;
    }
    for (const folder of inOrder(level.folders, view.order)) {
      if (folder.only_experiment !== undefined) {
        segments.push({ kind: 'single', depth, experiment: folder.only_experiment, root: path });
        continue;
      }
      const isOpen = view.open.has(folder.path);
      segments.push({ kind: 'folder', depth, folder, isOpen });
      if (isOpen) add(folder.path, depth + 1);
    }
    if (level.experiments > 0) {
      segments.push({ kind: 'experiments', depth, list: view.listOf(path), count: level.experiments });
    }
  };
  add(view.root, 0);
  return segments;
}

/** What the row of a folder shows in the column that orders the list; undefined where it shows nothing. */
function shownOf(
  { only_experiment: only, ...folder }: TreeFolder,
  by: Exclude<Sort, 'name'>,
): number | undefined {
  if (only !== undefined) return only[by];
  return by === 'last_activity' ? (folder.last_activity ?? folder.last_update_time) : undefined;
}

/** Folders that come by name, in the order of the list; those that show nothing of it stand last, by name. */
export function inOrder(folders: readonly TreeFolder[], { by, isDescending }: Order): readonly TreeFolder[] {
  if (by === 'name') return isDescending ? folders.toReversed() : folders;
  const toward = isDescending ? -1 : 1;
  return folders.toSorted((a, b) => {
    const one = shownOf(a, by);
    const other = shownOf(b, by);
    if (one === undefined || other === undefined)
      return Number(one === undefined) - Number(other === undefined);
    return toward * (one - other);
  });
}

const lengthOf = (segment: Segment): number => (segment.kind === 'experiments' ? segment.count : 1);

export const countRows = (segments: readonly Segment[]): number =>
  segments.reduce((rows, segment) => rows + lengthOf(segment), 0);

/** The segment that a row belongs to, and which of its rows it is. */
export function rowAt(
  segments: readonly Segment[],
  row: number,
): { readonly segment: Segment; readonly index: number } | undefined {
  let first = 0;
  for (const segment of segments) {
    const length = lengthOf(segment);
    if (row < first + length) return { segment, index: row - first };
    first += length;
  }
  return undefined;
}

/** The folders whose content is in view: the root, and those that are open with all that is above them. */
export function visibleFolders(
  root: string,
  open: ReadonlySet<string>,
  foldersOf: (path: string) => readonly TreeFolder[] | undefined,
): readonly string[] {
  const visible: string[] = [];
  const add = (path: string): void => {
    visible.push(path);
    for (const folder of foldersOf(path) ?? []) if (open.has(folder.path)) add(folder.path);
  };
  add(root);
  return visible;
}
