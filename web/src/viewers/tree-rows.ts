import type { ArtifactEntry } from '@slipway/client';
import { nameOf } from './kinds.ts';
import { imageSeries, parseSteppedName } from './stepped-names.ts';

/** One line of the tree of files. */
export interface TreeRow {
  readonly path: string;
  readonly name: string;
  /** 1 for what lies in the root. */
  readonly level: number;
  readonly kind: 'folder' | 'file' | 'series' | 'loading' | 'note';
  readonly isOpen: boolean;
  readonly sizeBytes: number | undefined;
  /** Of a series: how many pictures. */
  readonly count: number | undefined;
}

export interface LoadedFolder {
  readonly entries: readonly ArtifactEntry[] | undefined;
  readonly isCut: boolean;
  readonly hasFailed: boolean;
}

/**
 * The lines of a tree, from its open folders. Pictures that were logged step by step are one line a key, not two files a
 * picture.
 */
export function treeRows(
  folderAt: (path: string) => LoadedFolder | undefined,
  isOpen: (path: string) => boolean,
): readonly TreeRow[] {
  const rows: TreeRow[] = [];
  const note = (path: string, name: string, level: number, kind: 'loading' | 'note') =>
    rows.push({
      path: `${path}/?${kind}`,
      name,
      level,
      kind,
      isOpen: false,
      sizeBytes: undefined,
      count: undefined,
    });
  const add = (path: string, level: number): void => {
    const folder = folderAt(path);
    if (folder?.hasFailed) return void note(path, 'This folder could not be read', level, 'note');
    if (folder?.entries === undefined) return void note(path, 'Loading…', level, 'loading');
    const plain = folder.entries.filter((entry) => entry.isFolder || !parseSteppedName(entry.path));
    const series = imageSeries(folder.entries.filter((entry) => !entry.isFolder).map((entry) => entry.path));
    for (const { key, images } of series) {
      rows.push({
        path: `${path}?${key}`,
        name: key,
        level,
        kind: 'series',
        isOpen: false,
        sizeBytes: undefined,
        count: images.length,
      });
    }
    for (const entry of plain) {
      const opened = entry.isFolder && isOpen(entry.path);
      rows.push({
        path: entry.path,
        name: nameOf(entry.path),
        level,
        kind: entry.isFolder ? 'folder' : 'file',
        isOpen: opened,
        sizeBytes: entry.sizeBytes,
        count: undefined,
      });
      if (opened) add(entry.path, level + 1);
    }
    if (folder.isCut) {
      const shown = folder.entries.length.toLocaleString('en-US');
      note(path, `The first ${shown} are shown; there are more`, level, 'note');
    }
  };
  add('', 1);
  return rows;
}

/** The folders above a path, from the root down: `a`, `a/b` for `a/b/c`. */
export function foldersAbove(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'));
}
