import { useNavigate } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { type KeyboardEvent, useRef, useState } from 'react';
import type { ExperimentOverview } from '../../data/experiments.ts';
import { useShortcut } from '../../ui/shortcuts.ts';
import {
  deleteExperiment,
  deleteFolder,
  type Renamed,
  restoreExperiment,
  restoreFolder,
} from './experiment-actions.ts';
import { ExperimentRow, FolderRow, WaitingRow } from './experiment-rows.tsx';
import classes from './experiments-page.module.css';
import { type ExperimentsSearch, orderOf, type Sort } from './experiments-search.ts';
import { countRows, rowAt } from './tree-rows.ts';
import { type Tree, useExperiments } from './use-tree.ts';

interface ExperimentTableProps {
  readonly search: ExperimentsSearch;
  readonly tree: Tree;
  readonly onToggle: (path: string) => void;
  readonly onSort: (column: Sort) => void;
  readonly onLock: (experiment: ExperimentOverview) => void;
  readonly onRename: (renamed: Renamed) => void;
}

const ROW_PX = 32;
const HEADERS: readonly {
  readonly label: string;
  readonly sort?: Sort;
  readonly className: keyof typeof classes;
}[] = [
  { label: 'Name', sort: 'name', className: 'name' },
  { label: 'Runs', className: 'count' },
  { label: 'Last active', sort: 'last_activity', className: 'time' },
  { label: 'Created', sort: 'creation_time', className: 'time' },
  { label: 'Description', className: 'note' },
  { label: 'Actions', className: 'actions' },
];

/** Folders and experiments, as many as there are: only the rows in sight exist. */
export function ExperimentTable({ search, tree, onToggle, onSort, onLock, onRename }: ExperimentTableProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const navigate = useNavigate();
  const [active, setActive] = useState(0);
  const rows = tree.isWaiting ? 12 : countRows(tree.segments);
  const virtual = useVirtualizer({
    count: rows,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
    // Rows do not hide below the header that sticks.
    scrollPaddingStart: ROW_PX,
  });
  const items = virtual.getVirtualItems();
  const experimentAt = useExperiments(tree.segments, items[0]?.index ?? 0, items.at(-1)?.index ?? 0);
  const { by, isDescending } = orderOf(search.sort);
  const isTrash = search.view === 'trash';

  const at = (row: number) => {
    const found = rowAt(tree.segments, row);
    if (found?.segment.kind === 'folder') return { kind: 'folder', folder: found.segment.folder } as const;
    if (found?.segment.kind === 'single')
      return { kind: 'experiment', experiment: found.segment.experiment } as const;
    const experiment = found && experimentAt(found.segment, found.index);
    return experiment && ({ kind: 'experiment', experiment } as const);
  };
  const go = (row: number) => {
    const next = Math.max(0, Math.min(rows - 1, row));
    setActive(next);
    virtual.scrollToIndex(next);
  };
  const open = () => {
    const row = at(active);
    if (row?.kind === 'folder') onToggle(row.folder.path);
    if (row?.kind === 'experiment' && !isTrash) {
      const experimentId = row.experiment.experiment_id;
      void navigate({ to: '/experiments/$experimentId', params: { experimentId } });
    }
  };
  const remove = (row = at(active)) => {
    if (row === undefined) return;
    if (row.kind === 'folder') void (isTrash ? restoreFolder : deleteFolder)(row.folder);
    else void (isTrash ? restoreExperiment : deleteExperiment)(row.experiment);
  };
  const renameActive = () => {
    const row = at(active);
    if (row !== undefined && !isTrash) onRename(row);
  };
  const unfold = (wantsOpen: boolean) => {
    const found = rowAt(tree.segments, active);
    if (found?.segment.kind !== 'folder') return;
    if (found.segment.isOpen !== wantsOpen) onToggle(found.segment.folder.path);
  };
  useShortcut('e', 'Rename or move the row', renameActive);
  useShortcut('backspace', isTrash ? 'Restore the row' : 'Move the row to the trash', () => remove());

  const press = (event: KeyboardEvent) => {
    // Buttons and links within rows keep their own keys.
    if (event.target !== event.currentTarget) return;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_PX) - 2);
    const moves: Readonly<Record<string, () => void>> = {
      ArrowDown: () => go(active + 1),
      ArrowUp: () => go(active - 1),
      PageDown: () => go(active + page),
      PageUp: () => go(active - page),
      Home: () => go(0),
      End: () => go(rows - 1),
      ArrowRight: () => unfold(true),
      ArrowLeft: () => unfold(false),
      Enter: open,
    };
    const move = moves[event.key];
    if (move === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    move();
  };

  return (
    <div
      ref={scroller}
      role="treegrid"
      aria-label={isTrash ? 'Deleted experiments' : 'Experiments'}
      aria-rowcount={rows + 1}
      aria-busy={tree.isStale || tree.isWaiting}
      aria-activedescendant={
        items.some((item) => item.index === active) ? `experiment-row-${active}` : undefined
      }
      tabIndex={0}
      className={classes.scroller}
      data-stale={tree.isStale || undefined}
      data-scroll-restoration-id="experiments"
      onKeyDown={press}
      onMouseDown={({ target }) => {
        const row = target instanceof Element ? target.closest('[data-row]') : null;
        if (row !== null) setActive(Number(row.getAttribute('data-row')));
      }}
    >
      <div role="row" aria-rowindex={1} className={classes.head}>
        {HEADERS.map(({ label, sort, className }) => (
          <div
            key={label}
            role="columnheader"
            className={classes[className]}
            aria-sort={sort === by ? (isDescending ? 'descending' : 'ascending') : undefined}
          >
            {sort === undefined ? (
              <span className={label === 'Actions' ? 'visually-hidden' : undefined}>{label}</span>
            ) : (
              <button type="button" className={classes.sort} tabIndex={-1} onClick={() => onSort(sort)}>
                {label}
                {sort === by &&
                  (isDescending ? <ArrowDown size={12} aria-hidden /> : <ArrowUp size={12} aria-hidden />)}
              </button>
            )}
          </div>
        ))}
      </div>
      <div role="rowgroup" className={classes.rows} style={{ height: virtual.getTotalSize() }}>
        {items.map(({ index, start }) => {
          const found = tree.isWaiting ? undefined : rowAt(tree.segments, index);
          const place = {
            row: index,
            top: start,
            isActive: index === active,
          };
          if (found?.segment.kind === 'folder') {
            const { folder, depth, isOpen } = found.segment;
            return (
              <FolderRow
                key={`folder ${folder.path}`}
                {...{ place, folder, depth, isOpen, isTrash, search, onToggle, onRename }}
                onRemove={() => remove({ kind: 'folder', folder })}
              />
            );
          }
          const single = found?.segment.kind === 'single' ? found.segment : undefined;
          const experiment = single?.experiment ?? (found && experimentAt(found.segment, found.index));
          if (experiment === undefined)
            return <WaitingRow key={`waiting ${index}`} place={place} depth={found?.segment.depth ?? 0} />;
          return (
            <ExperimentRow
              key={`experiment ${experiment.experiment_id}`}
              {...{ place, experiment, isTrash, onLock, onRename }}
              depth={found?.segment.depth ?? 0}
              showsPath={search.q !== undefined || single !== undefined}
              root={single === undefined ? search.in : single.root || undefined}
              onRemove={() => remove({ kind: 'experiment', experiment })}
            />
          );
        })}
      </div>
    </div>
  );
}
