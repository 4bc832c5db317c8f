import { useCallback, useState } from 'react';
import { askRunIds, askWindow } from '../../data/run-table.ts';
import type { SelectionChange } from '../../tables/selection.ts';
import { notifyFailure } from '../../ui/notices.tsx';
import type { RunList } from './use-run-list.ts';

const WINDOW_ROWS = 500;
const NOTHING: ReadonlySet<string> = new Set();

export interface Selection {
  readonly selected: ReadonlySet<string>;
  readonly change: (change: SelectionChange) => void;
  readonly set: (ids: Iterable<string>) => void;
  readonly clear: () => void;
}

/**
 * The chosen runs, by id: they stay chosen when the list is filtered or ordered anew.
 * @param before what was chosen when the page was left that one comes back to
 */
export function useSelection(list: RunList, before: ReadonlySet<string> = NOTHING): Selection {
  const [selected, setSelected] = useState<ReadonlySet<string>>(before);
  const add = (ids: Iterable<string>) => setSelected((before) => new Set([...before, ...ids]));
  const change = (wanted: SelectionChange) => {
    switch (wanted.kind) {
      case 'toggle': {
        const id = list.rowAt(wanted.index)?.runId;
        if (id === undefined || id === '') return;
        setSelected((before) => {
          const next = new Set(before);
          if (!next.delete(id)) next.add(id);
          return next;
        });
        return;
      }
      case 'range':
        void readRange(list, wanted.from, wanted.to).then(add, notifyFailure);
        return;
      case 'all':
        void askRunIds(list.query).then(add, notifyFailure);
        return;
      case 'none':
        setSelected(NOTHING);
    }
  };
  return {
    selected,
    change,
    set: useCallback((ids: Iterable<string>) => setSelected(new Set(ids)), []),
    clear: useCallback(() => setSelected(NOTHING), []),
  };
}

/** The ids from one row to another; those that have not come are asked for. */
async function readRange(list: RunList, from: number, to: number): Promise<readonly string[]> {
  const [first, last] = from < to ? [from, to] : [to, from];
  const here: string[] = [];
  for (let i = first; i <= last; i++) {
    const row = list.rowAt(i);
    if (row === undefined) return await askRange(list, first, last);
    if (!row.isGone) here.push(row.runId);
  }
  return here;
}

async function askRange(list: RunList, first: number, last: number): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let offset = first; offset <= last; offset += WINDOW_ROWS) {
    const limit = Math.min(WINDOW_ROWS, last - offset + 1);
    const { rows } = await askWindow(list.query, { snapshot: list.snapshot, columns: [], offset, limit });
    ids.push(...rows.run_id.filter((id) => id !== null));
  }
  return ids;
}
