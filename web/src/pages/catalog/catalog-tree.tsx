import { Link, useNavigate } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ChevronDown, ChevronRight } from 'lucide-react';
import { type KeyboardEvent, useEffect, useRef } from 'react';
import type { SecurableType } from '../../data/securables.ts';
import { CatalogIcon } from './catalog-icon.tsx';
import { type CatalogSearch, linkTo } from './catalog-search.ts';
import classes from './catalog-tree.module.css';
import type { TreeRow } from './tree-rows.ts';

interface CatalogTreeProps {
  readonly rows: readonly TreeRow[];
  /** The key of what is shown beside the tree. */
  readonly selected: string | undefined;
  readonly tab: CatalogSearch['tab'];
  readonly onToggle: (key: string, isOpen: boolean) => void;
}

const ROW_HEIGHT = 28;

/** Catalogs and what is in them, by mouse and by the keys of the ARIA tree pattern. */
export function CatalogTree({ rows, selected, tab, onToggle }: CatalogTreeProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const navigate = useNavigate();
  const selectedIndex = rows.findIndex(({ key }) => key === selected);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
    getItemKey: (i) => rows[i]?.key ?? i,
  });
  useEffect(() => {
    if (selectedIndex >= 0) virtual.scrollToIndex(selectedIndex, { align: 'auto' });
    // Only when something else is shown: what opens above it must not move the view.
  }, [selected, selectedIndex >= 0]);

  const focusRow = (index: number) => {
    const bounded = Math.max(0, Math.min(rows.length - 1, index));
    const focus = () => {
      const link = scroller.current?.querySelector<HTMLElement>(`[data-index="${bounded}"] a`);
      link?.focus({ preventScroll: true });
      return link != null;
    };
    virtual.scrollToIndex(bounded, { align: 'auto' });
    if (!focus()) requestAnimationFrame(focus);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const holder = (event.target as HTMLElement).closest<HTMLElement>('[data-index]');
    const index = Number(holder?.dataset.index ?? -1);
    const row = rows[index];
    if (row === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    const step = (by: 1 | -1) => {
      const next = by > 0 ? rows.findIndex((each, i) => i > index && each.on !== undefined) : before(index);
      if (next >= 0) focusRow(next);
    };
    const before = (at: number) => rows.findLastIndex((each, i) => i < at && each.on !== undefined);
    const moves: Readonly<Record<string, () => void>> = {
      ArrowDown: () => step(1),
      ArrowUp: () => step(-1),
      Home: () => focusRow(0),
      End: () => focusRow(before(rows.length)),
      ArrowRight: () => {
        if (row.isOpen === false) onToggle(row.key, true);
        else if (row.isOpen) step(1);
      },
      ArrowLeft: () => {
        if (row.isOpen) onToggle(row.key, false);
        else focusRow(rows.findLastIndex((other, i) => i < index && other.level < row.level));
      },
      ' ': () => row.on && void navigate(linkTo(row.on, tab)),
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    move();
  };

  return (
    <div ref={scroller} className={classes.scroller}>
      <div
        role="tree"
        aria-label="Catalogs"
        className={classes.tree}
        style={{ height: virtual.getTotalSize() }}
        onKeyDown={onKeyDown}
      >
        {virtual.getVirtualItems().map(({ index, start, key }) => {
          const row = rows[index]!;
          return (
            <div
              key={key}
              role="treeitem"
              aria-level={row.level}
              aria-selected={row.key === selected}
              aria-expanded={row.isOpen}
              data-index={index}
              className={classes.row}
              data-selected={row.key === selected || undefined}
              style={{ top: start, paddingLeft: 4 + (row.level - 1) * 14 }}
              tabIndex={-1}
            >
              <RowContent
                row={row}
                tab={tab}
                isReached={selectedIndex < 0 ? index === 0 : index === selectedIndex}
                onToggle={onToggle}
              />
            </div>
          );
        })}
      </div>
    </div>
  );
}

interface RowContentProps {
  readonly row: TreeRow;
  readonly tab: CatalogSearch['tab'];
  /** The one row that the Tab key reaches. */
  readonly isReached: boolean;
  readonly onToggle: CatalogTreeProps['onToggle'];
}

function RowContent({ row, tab, isReached, onToggle }: RowContentProps) {
  const { on, isOpen, label } = row;
  if (on === undefined) return <span className={classes.note}>{label}</span>;
  const Chevron = isOpen ? ChevronDown : ChevronRight;
  return (
    <>
      {isOpen === undefined ? (
        <span className={classes.toggle} />
      ) : (
        <button
          type="button"
          className={classes.toggle}
          tabIndex={-1}
          aria-label={`${isOpen ? 'Close' : 'Open'} ${label}`}
          onClick={() => onToggle(row.key, !isOpen)}
        >
          <Chevron size={14} aria-hidden />
        </button>
      )}
      <Link
        {...linkTo(on, tab)}
        className={classes.link}
        tabIndex={isReached ? 0 : -1}
        title={`${WORDS[on.type]} ${on.name}`}
      >
        <CatalogIcon type={on.type} />
        <span className={classes.name} dir="auto">
          {label}
        </span>
      </Link>
    </>
  );
}

const WORDS: Readonly<Record<SecurableType, string>> = {
  metastore: 'Metastore',
  catalog: 'Catalog',
  schema: 'Schema',
  model: 'Model',
  table: 'Table',
  volume: 'Volume',
};
