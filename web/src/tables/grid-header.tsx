import { ArrowDown, ArrowUp, ChevronDown } from 'lucide-react';
import { memo, type PointerEvent, useMemo, useRef } from 'react';
import { type ColumnDrag, startResize } from './column-drag.ts';
import type { ColumnGroup, PlacedColumn } from './columns.ts';
import classes from './grid.module.css';
import { cellId } from './grid-row.tsx';

/** By which columns the rows are ordered, the first first. */
export interface SortKey {
  readonly id: string;
  readonly isDescending: boolean;
}

export interface HeaderActions {
  onSort(id: string, isAdded: boolean): void;
  onDragStart(event: PointerEvent<HTMLElement>, id: string, header: HTMLElement): void;
  onResize(id: string, width: number): void;
  onFit(id: string): void;
  onMenu(id: string, anchor: DOMRect): void;
  onSelectAll(): void;
}

interface GridHeaderProps<Row> {
  readonly gridId: string;
  readonly pinned: readonly PlacedColumn<Row>[];
  readonly scrolled: readonly PlacedColumn<Row>[];
  readonly groups: readonly ColumnGroup[];
  readonly height: number;
  readonly totalWidth: number;
  readonly pinnedWidth: number;
  readonly checkWidth: number;
  readonly selection: 'none' | 'some' | 'all';
  readonly sort: readonly SortKey[];
  readonly cursorColumn: number | undefined;
  readonly menuColumn: string | undefined;
  readonly hasMenu: boolean;
  readonly canResize: boolean;
  readonly drag: ColumnDrag | undefined;
  readonly actions: HeaderActions;
}

export const GridHeader = memo(function GridHeader(props: GridHeaderProps<unknown>) {
  const { pinned, scrolled, groups, pinnedWidth, checkWidth, drag, actions, selection } = props;
  const header = useRef<HTMLDivElement>(null);
  const firstColumn = checkWidth > 0 ? 2 : 1;

  const cell = ({ column, position, left }: PlacedColumn<unknown>) => {
    const sorted = props.sort.findIndex(({ id }) => id === column.id);
    const key = props.sort[sorted];
    return (
      <div
        key={column.id}
        id={
          props.cursorColumn === position || props.menuColumn === column.id
            ? cellId(props.gridId, -1, position)
            : undefined
        }
        role="columnheader"
        aria-colindex={position + firstColumn}
        aria-sort={key === undefined ? undefined : key.isDescending ? 'descending' : 'ascending'}
        className={classes.headerCell}
        data-align={column.align}
        data-sortable={column.isSortable || undefined}
        data-cursor={props.cursorColumn === position || undefined}
        data-menu={props.menuColumn === column.id || undefined}
        data-column={column.id}
        style={{ left, width: column.width }}
        title={column.label}
        onClick={(event) => column.isSortable && actions.onSort(column.id, event.shiftKey)}
        onKeyDown={undefined}
        onContextMenu={(event) => {
          if (!props.hasMenu) return;
          event.preventDefault();
          actions.onMenu(column.id, event.currentTarget.getBoundingClientRect());
        }}
        onPointerDown={(event) => {
          if (!column.isFixed && header.current) actions.onDragStart(event, column.id, header.current);
        }}
      >
        <span className={classes.headerLabel} dir="auto">
          {column.header ?? column.label}
        </span>
        {key !== undefined && <SortMark keyOf={key} place={props.sort.length > 1 ? sorted + 1 : undefined} />}
        {props.hasMenu && (
          <button
            type="button"
            tabIndex={-1}
            className={classes.menuButton}
            aria-label={`Options of column ${column.label}`}
            onPointerDown={(event) => event.stopPropagation()}
            onClick={(event) => {
              event.stopPropagation();
              actions.onMenu(column.id, event.currentTarget.parentElement!.getBoundingClientRect());
            }}
          >
            <ChevronDown size={13} aria-hidden />
          </button>
        )}
        {props.canResize && !column.isFixed && (
          <div
            className={classes.resizer}
            aria-hidden
            onPointerDown={(event) =>
              startResize(event, column.width, (width) => actions.onResize(column.id, width))
            }
            onClick={(event) => event.stopPropagation()}
            onDoubleClick={() => actions.onFit(column.id)}
          />
        )}
      </div>
    );
  };
  const group = ({ label, left, width, position, isPinned }: ColumnGroup) => (
    <div key={position} className={classes.group} aria-hidden style={{ left, width }}>
      <span style={{ left: isPinned ? 0 : pinnedWidth }}>{label}</span>
    </div>
  );

  return (
    <div
      role="rowgroup"
      ref={header}
      className={classes.header}
      style={{ height: props.height, width: props.totalWidth }}
    >
      <div role="row" aria-rowindex={1} className={classes.headerRow}>
        <div role="presentation" className={classes.pinned} style={{ width: pinnedWidth }}>
          {checkWidth > 0 && (
            <div
              role="columnheader"
              aria-colindex={1}
              className={classes.check}
              style={{ width: checkWidth, height: 32, top: 'auto', bottom: 0 }}
              onPointerDown={(event) => event.preventDefault()}
              onClick={actions.onSelectAll}
              onKeyDown={undefined}
            >
              <input
                type="checkbox"
                tabIndex={-1}
                aria-label="Select all rows"
                checked={selection === 'all'}
                readOnly
                ref={(input) => {
                  if (input) input.indeterminate = selection === 'some';
                }}
              />
            </div>
          )}
          {groups.filter(({ isPinned }) => isPinned).map(group)}
          {pinned.map(cell)}
          {drag?.isPinned && <div className={classes.dropLine} style={{ left: drag.lineAt }} />}
        </div>
        {groups.filter(({ isPinned }) => !isPinned).map(group)}
        {scrolled.map(cell)}
        {drag && !drag.isPinned && <div className={classes.dropLine} style={{ left: drag.lineAt }} />}
      </div>
    </div>
  );
});

function SortMark({ keyOf, place }: { readonly keyOf: SortKey; readonly place: number | undefined }) {
  const Icon = keyOf.isDescending ? ArrowDown : ArrowUp;
  return (
    <span className={classes.sort}>
      <Icon size={13} aria-hidden />
      {place}
    </span>
  );
}

/** The same functions for the whole life of the grid, so that headers are not drawn again for them. */
export function useHeaderActions(actions: HeaderActions): HeaderActions {
  const latest = useRef(actions);
  latest.current = actions;
  return useMemo<HeaderActions>(
    () => ({
      onSort: (...all) => latest.current.onSort(...all),
      onDragStart: (...all) => latest.current.onDragStart(...all),
      onResize: (...all) => latest.current.onResize(...all),
      onFit: (...all) => latest.current.onFit(...all),
      onMenu: (...all) => latest.current.onMenu(...all),
      onSelectAll: () => latest.current.onSelectAll(),
    }),
    [],
  );
}
