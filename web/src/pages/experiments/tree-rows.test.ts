import { describe, expect, it } from 'vitest';
import type { ExperimentOverview } from '../../data/experiments.ts';
import { nextSort, orderOf, readExperimentsSearch } from './experiments-search.ts';
import {
  countRows,
  inOrder,
  type Level,
  rowAt,
  segmentsOf,
  type TreeView,
  visibleFolders,
} from './tree-rows.ts';

const folder = (path: string) => ({
  path,
  name: path.split('/').at(-1) ?? path,
  active_experiments: 2,
  deleted_experiments: 0,
  last_update_time: 0,
});
const experiment = (name: string): ExperimentOverview => ({
  experiment_id: '1',
  name,
  folder: name.split('/').slice(0, -1).join('/'),
  lifecycle_stage: 'active',
  creation_time: 0,
  last_update_time: 0,
  last_activity: 0,
  run_count: 0,
  running_count: 0,
});
const levels = new Map<string, Level>([
  ['', { folders: [folder('a'), folder('b')], experiments: 3 }],
  ['a', { folders: [folder('a/x')], experiments: 2 }],
]);
const view = (open: readonly string[], root = ''): TreeView => ({
  root,
  open: new Set(open),
  levels,
  order: { by: 'name', isDescending: false },
  listOf: (path) => ({ folder: path, stage: 'ACTIVE_ONLY', orderBy: 'name' }),
});
const show = (tree: TreeView) =>
  segmentsOf(tree).map((segment) => {
    const indent = '  '.repeat(segment.depth);
    if (segment.kind === 'folder') return `${indent}${segment.isOpen ? '-' : '+'} ${segment.folder.path}`;
    if (segment.kind === 'single') return `${indent}${segment.experiment.name} in ${segment.root}`;
    return `${indent}${segment.kind === 'waiting' ? '…' : `${segment.count} of ${segment.list.folder}`}`;
  });

describe('the rows of the tree', () => {
  it('stand folders first, then experiments', () => {
    expect(show(view([]))).toEqual(['+ a', '+ b', '3 of ']);
  });

  it('stand below the folder that is open, with a place for what has not come yet', () => {
    expect(show(view(['a', 'b']))).toEqual(['- a', '  + a/x', '  2 of a', '- b', '  …', '3 of ']);
  });

  it('are an experiment where a folder has but one below it, opened or not', () => {
    const only = { ...folder('team/fraud'), only_experiment: experiment('team/fraud/search') };
    const tree = { ...view(['team/fraud']), levels: new Map([['', { folders: [only], experiments: 1 }]]) };
    expect(show(tree)).toEqual(['team/fraud/search in ', '1 of ']);
    expect(countRows(segmentsOf(tree))).toBe(2);
  });

  it('begin at the folder that is looked into', () => {
    expect(show(view([], 'a'))).toEqual(['+ a/x', '2 of a']);
  });

  it('are counted and found by their place', () => {
    const segments = segmentsOf(view(['a']));
    expect(countRows(segments)).toBe(8);
    expect(rowAt(segments, 0)).toMatchObject({ segment: { kind: 'folder' }, index: 0 });
    expect(rowAt(segments, 3)).toMatchObject({ segment: { kind: 'experiments', depth: 1 }, index: 1 });
    expect(rowAt(segments, 7)).toMatchObject({ segment: { kind: 'experiments', depth: 0 }, index: 2 });
    expect(rowAt(segments, 8)).toBeUndefined();
  });

  it('need the content of open folders that are in view alone', () => {
    const foldersOf = (path: string) => levels.get(path)?.folders;
    expect(visibleFolders('', new Set(['a', 'a/x']), foldersOf)).toEqual(['', 'a', 'a/x']);
    expect(visibleFolders('', new Set(['a/x']), foldersOf)).toEqual(['']);
  });
});

describe('the folders of a list', () => {
  const active = (path: string, time: number) => ({ ...folder(path), last_activity: time });
  const only = (path: string, time: number) => ({
    ...folder(path),
    only_experiment: { ...experiment(`${path}/only`), last_activity: time, creation_time: time },
  });
  const folders = [active('a', 2), only('b', 3), active('c', 1), only('d', 4)];
  const inTheOrderOf = (by: 'name' | 'last_activity' | 'creation_time', isDescending: boolean) =>
    inOrder(folders, { by, isDescending })
      .map(({ path }) => path)
      .join('');

  it('stand in the order of what they show', () => {
    expect(inTheOrderOf('last_activity', true)).toBe('dbac');
    expect(inTheOrderOf('last_activity', false)).toBe('cabd');
    expect(inTheOrderOf('name', true)).toBe('dcba');
  });

  it('stand behind those that show something where they show nothing', () => {
    expect(inTheOrderOf('creation_time', true)).toBe('dbac');
    expect(inTheOrderOf('creation_time', false)).toBe('bdac');
  });
});

describe('the address of the page', () => {
  it('gives what it understands and drops the rest', () => {
    expect(
      readExperimentsSearch({ q: 7, view: 'trash', sort: '-name', in: 'a/b', open: ['x', 1, ''] }),
    ).toEqual({
      q: '7',
      view: 'trash',
      sort: '-name',
      in: 'a/b',
      open: ['x'],
    });
    expect(readExperimentsSearch({ q: {}, view: 'all', sort: 'size', in: null, open: 'x' })).toEqual({});
  });

  it('orders by activity unless it says otherwise', () => {
    expect(orderOf(undefined)).toEqual({ by: 'last_activity', isDescending: true });
    expect(orderOf('name')).toEqual({ by: 'name', isDescending: false });
  });

  it('turns the order round at the second click', () => {
    expect(nextSort(undefined, 'name')).toBe('name');
    expect(nextSort('name', 'name')).toBe('-name');
    expect(nextSort('name', 'creation_time')).toBe('-creation_time');
    expect(nextSort('-creation_time', 'creation_time')).toBe('creation_time');
  });
});
