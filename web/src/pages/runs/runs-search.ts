import type { SortKey } from '../../tables/grid-header.tsx';
import { parseColumnCode } from './column-codes.ts';
import { readTexts, writeTexts } from './text-list.ts';

export type Mode = 'table' | 'both' | 'charts';
export type Stage = 'active' | 'deleted' | 'all';

/** What the page of runs shows, as its address has it; what is absent is as usual. */
export interface RunsState {
  /** Experiments besides the one of the path. */
  readonly ids: readonly string[];
  readonly filter: string;
  /** By column codes, the first first. Empty: the newest first. */
  readonly sort: readonly SortKey[];
  /** Column codes in their order; undefined for metrics and the params that vary. */
  readonly columns: readonly string[] | undefined;
  readonly pinned: readonly string[];
  readonly widths: ReadonlyMap<string, number>;
  /** Columns (`params.model`) whose values make groups. */
  readonly groupBy: readonly string[];
  readonly isFlat: boolean;
  /** Open parents; `*` for all. */
  readonly expanded: readonly string[];
  readonly stage: Stage;
  readonly mode: Mode;
  /** How much of the width the table takes beside charts, in percent. */
  readonly split: number;
  readonly isCompact: boolean;
  /** The run whose details are open beside the table. */
  readonly run: string | undefined;
  /** The saved view that was chosen. */
  readonly view: string | undefined;
  /** What the charts show; theirs to understand. */
  readonly charts: unknown;
}

export type RunsSearch = Readonly<Record<string, unknown>>;

const MOST_COLUMNS = 2000;
const MOST_OPEN = 200;

/** Takes what it understands of any address or saved view. */
export function readRunsSearch(search: RunsSearch): RunsState {
  const text = (name: string): string => {
    const value = search[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  };
  const columns = (name: string) =>
    readTexts(text(name))
      .filter((code) => parseColumnCode(code) !== undefined)
      .slice(0, MOST_COLUMNS);
  const mode = text('mode');
  const stage = text('state');
  return {
    ids: [...new Set(text('ids').split(','))].filter((id) => /^\d+$/.test(id)),
    filter: text('filter'),
    sort: readTexts(text('sort')).flatMap(readSortKey),
    columns: search.cols === undefined ? undefined : [...new Set(columns('cols'))],
    pinned: columns('pin'),
    widths: new Map(readTexts(text('w')).flatMap(readWidth)),
    groupBy: readTexts(text('group'))
      .filter((column) => /^(params|tags|attributes)\../.test(column))
      .slice(0, 3),
    isFlat: text('flat') !== '',
    expanded: readTexts(text('open')).slice(0, MOST_OPEN),
    stage: stage === 'deleted' || stage === 'all' ? stage : 'active',
    mode: mode === 'both' || mode === 'charts' ? mode : 'table',
    split: readSplit(text('split')),
    isCompact: text('dense') !== '',
    run: /^[\w-]{1,64}$/.test(text('run')) ? text('run') : undefined,
    view: text('view') || undefined,
    charts: search.charts,
  };
}

/** The shortest address of a state: only what differs from the usual. */
export function writeRunsSearch(state: RunsState): RunsSearch {
  const widths = [...state.widths].map(([code, width]) => `${width}${code}`);
  return Object.fromEntries(
    Object.entries({
      ids: state.ids.join(','),
      filter: state.filter,
      sort: writeTexts(state.sort.map(({ id, isDescending }) => (isDescending ? `-${id}` : id))),
      pin: writeTexts(state.pinned),
      w: writeTexts(widths),
      group: writeTexts(state.groupBy),
      flat: state.isFlat ? 1 : '',
      open: writeTexts(state.expanded),
      state: state.stage === 'active' ? '' : state.stage,
      mode: state.mode === 'table' ? '' : state.mode,
      split: state.split === EVEN_SPLIT ? '' : state.split,
      dense: state.isCompact ? 1 : '',
      run: state.run ?? '',
      view: state.view ?? '',
      charts: state.charts ?? '',
    })
      .filter(([, value]) => value !== '')
      .concat(state.columns === undefined ? [] : [['cols', writeTexts(state.columns)]]),
  );
}

/** What a saved view keeps: everything but the run that happens to be open. */
export function viewOfState(state: RunsState): RunsSearch {
  return writeRunsSearch({ ...state, ids: [], run: undefined, view: undefined, expanded: [] });
}

function readSortKey(written: string): readonly SortKey[] {
  const isDescending = written.startsWith('-');
  const id = isDescending ? written.slice(1) : written;
  return id === NAME_COLUMN || parseColumnCode(id) !== undefined ? [{ id, isDescending }] : [];
}

const EVEN_SPLIT = 50;
/** Neither side goes away. */
export const SPLIT_RANGE = { least: 20, most: 80 } as const;

export const clampSplit = (percent: number) =>
  Math.round(Math.min(SPLIT_RANGE.most, Math.max(SPLIT_RANGE.least, percent)));

function readSplit(written: string): number {
  return /^\d{1,3}$/.test(written) ? clampSplit(Number(written)) : EVEN_SPLIT;
}

function readWidth(written: string): readonly (readonly [string, number])[] {
  const found = /^(\d{2,4})(.+)$/s.exec(written);
  return found ? [[found[2]!, Number(found[1])]] : [];
}

/** The column of run names: always there, always first. */
export const NAME_COLUMN = 'name';
