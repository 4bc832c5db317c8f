import { Link, type LinkProps, useNavigate } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ChevronDown, ChevronRight, FolderOpen, Images } from 'lucide-react';
import { type KeyboardEvent, useEffect, useRef } from 'react';
import { renderBytes } from '../ui/numbers.ts';
import classes from './artifact-tree.module.css';
import { FileIcon } from './file-icon.tsx';
import type { TreeRow } from './tree-rows.ts';

const ROW_HEIGHT = 28;

interface ArtifactTreeProps {
  readonly label: string;
  readonly rows: readonly TreeRow[];
  /** The path of the row that is shown beside the tree. */
  readonly selected: string;
  readonly linkTo: (row: TreeRow) => LinkProps;
  readonly onToggle: (path: string, isOpen: boolean) => void;
}

/** Files and folders, by mouse and by the keys of the ARIA tree pattern. */
export function ArtifactTree({ label, rows, selected, linkTo, onToggle }: ArtifactTreeProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const navigate = useNavigate();
  const selectedIndex = rows.findIndex(({ path }) => path === selected);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
    getItemKey: (i) => rows[i]?.path ?? i,
  });
  useEffect(() => {
    if (selectedIndex >= 0) virtual.scrollToIndex(selectedIndex, { align: 'auto' });
    // Only when another file is shown: a folder that opens above it must not move the view.
  }, [selected, selectedIndex >= 0]);

  const focusRow = (index: number) => {
    const bounded = Math.max(0, Math.min(rows.length - 1, index));
    const focus = () => {
      const link = scroller.current?.querySelector<HTMLElement>(`[data-index="${bounded}"] a`);
      link?.focus({ preventScroll: true });
      return link != null;
    };
    virtual.scrollToIndex(bounded, { align: 'auto' });
    // A row out of view is drawn first; for all others the next key may come at once.
    if (!focus()) requestAnimationFrame(focus);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const holder = (event.target as HTMLElement).closest<HTMLElement>('[data-index]');
    const index = Number(holder?.dataset.index ?? -1);
    const row = rows[index];
    if (row === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    const moves: Readonly<Record<string, () => void>> = {
      ArrowDown: () => focusRow(index + 1),
      ArrowUp: () => focusRow(index - 1),
      Home: () => focusRow(0),
      End: () => focusRow(rows.length - 1),
      ArrowRight: () => {
        if (row.kind === 'folder' && !row.isOpen) onToggle(row.path, true);
        else if (row.kind === 'folder') focusRow(index + 1);
      },
      ArrowLeft: () => {
        if (row.kind === 'folder' && row.isOpen) onToggle(row.path, false);
        else focusRow(rows.findLastIndex((other, i) => i < index && other.level < row.level));
      },
      ' ': () => void navigate(linkTo(row)),
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
        aria-label={label}
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
              aria-selected={row.path === selected}
              aria-expanded={row.kind === 'folder' ? row.isOpen : undefined}
              data-index={index}
              className={classes.row}
              data-selected={row.path === selected || undefined}
              style={{ top: start, paddingLeft: 4 + (row.level - 1) * 14 }}
              tabIndex={-1}
            >
              <RowContent
                row={row}
                link={linkTo(row)}
                isFirst={selectedIndex < 0 ? index === 0 : index === selectedIndex}
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
  readonly link: LinkProps;
  /** The one row that the Tab key reaches. */
  readonly isFirst: boolean;
  readonly onToggle: (path: string, isOpen: boolean) => void;
}

function RowContent({ row, link, isFirst, onToggle }: RowContentProps) {
  if (row.kind === 'loading' || row.kind === 'note') {
    return <span className={classes.note}>{row.name}</span>;
  }
  const Chevron = row.isOpen ? ChevronDown : ChevronRight;
  return (
    <>
      {row.kind === 'folder' ? (
        <button
          type="button"
          className={classes.toggle}
          tabIndex={-1}
          aria-label={`${row.isOpen ? 'Close' : 'Open'} ${row.name}`}
          onClick={() => onToggle(row.path, !row.isOpen)}
        >
          <Chevron size={14} aria-hidden />
        </button>
      ) : (
        <span className={classes.toggle} />
      )}
      <Link {...link} className={classes.link} tabIndex={isFirst ? 0 : -1} title={row.name}>
        <RowIcon row={row} />
        <span className={classes.name} dir="auto">
          {row.name}
        </span>
        {row.sizeBytes !== undefined && <span className={classes.size}>{renderBytes(row.sizeBytes)}</span>}
        {row.count !== undefined && (
          <span className={classes.size}>
            {row.count} {row.count === 1 ? 'step' : 'steps'}
          </span>
        )}
      </Link>
    </>
  );
}

function RowIcon({ row }: { readonly row: TreeRow }) {
  if (row.kind === 'folder' && row.isOpen)
    return <FolderOpen size={15} aria-hidden className={classes.icon} />;
  if (row.kind === 'series') return <Images size={15} aria-hidden className={classes.icon} />;
  return <FileIcon path={row.path} isFolder={row.kind === 'folder'} />;
}
