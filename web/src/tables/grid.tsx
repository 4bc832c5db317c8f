import {
  type KeyboardEvent,
  type MouseEvent,
  type PointerEvent,
  type ReactNode,
  useId,
  useImperativeHandle,
  useMemo,
  useRef,
  useState,
} from 'react';
import { AnchoredMenu } from '../ui/anchored-menu.tsx';
import { useColumnDrag } from './column-drag.ts';
import {
  clampWidth,
  type GridColumn,
  groupColumns,
  moveColumn,
  type PlacedColumn,
  placeColumns,
} from './columns.ts';
import classes from './grid.module.css';
import { fitWidth, placeOf, rectOfRow, reveal } from './grid-geometry.ts';
import { GridHeader, type SortKey, useHeaderActions } from './grid-header.tsx';
import { useGridKeyList } from './grid-key-list.ts';
import { commandOf, type GridCommand, type GridCursor } from './grid-keys.ts';
import type { GridProps } from './grid-props.ts';
import { cellId, GridRow, sameTreePlace } from './grid-row.tsx';
import { rowsOfPage, useGridView, useScrolledRight, useSlots, useWindowReport } from './grid-view.ts';
import { usePointedRow, usePointReport } from './pointed-row.ts';
import type { SelectionChange } from './selection.ts';
import { nextSort } from './sort-order.ts';

const ROW_HEIGHT = 32;
const GROUP_HEIGHT = 20;
const CHECK_WIDTH = 36;
const NOTHING: ReadonlySet<string> = new Set();
const UNSORTED: readonly SortKey[] = [];

/**
 * A table of any number of rows and columns, of which only those in view are in the document. It keeps the keyboard's
 * place itself; everything else (rows, order, selection, columns) belongs to whoever uses it. `columns`, `rowAt` and
 * the callbacks should keep their identity while nothing of them changes.
 */
export function Grid<Row>(props: GridProps<Row>) {
  const { columns, rowCount, rowAt, keyOf, rowHeight = ROW_HEIGHT, selected = NOTHING } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  const gridId = useId();
  const checkWidth = props.onSelect ? CHECK_WIDTH : 0;

  const places = useMemo(() => placeColumns(columns, checkWidth), [columns, checkWidth]);
  const groups = useMemo(() => groupColumns(places), [places]);
  const headerHeight = rowHeight + (groups.length > 0 ? GROUP_HEIGHT : 0);
  const view = useGridView(scroller, { count: rowCount, height: rowHeight, headerHeight }, places);
  const pinned = useMemo(() => places.placed.slice(0, places.pinnedCount), [places]);
  const scrolled = useMemo(
    () => places.placed.slice(view.columns.first, view.columns.end),
    [places, view.columns.first, view.columns.end],
  );
  useWindowReport(view, pinned, scrolled, props.onWindow);

  const [cursor, setCursor] = useState<GridCursor>({ row: 0, column: 0 });
  const pointed = usePointedRow(scroller);
  usePointReport(pointed.row, rowAt, props.onPoint);
  const [menu, setMenu] = useState<{ readonly id: string; readonly anchor: DOMRect } | undefined>();
  const anchorRow = useRef<number | undefined>(undefined);
  const isScrolledRight = useScrolledRight(scroller);
  const { drag, start: startDrag } = useColumnDrag(places, props.onMoveColumn);

  const shownCursor: GridCursor = {
    row: Math.min(cursor.row, rowCount - 1),
    column: Math.min(cursor.column, Math.max(0, places.placed.length - 1)),
  };

  function goTo(to: GridCursor): void {
    setCursor(to);
    latest.current.onCursor?.(to.row < 0 ? undefined : to.row);
    reveal(scroller.current, {
      top: to.row < 0 ? undefined : to.row * rowHeight,
      rowHeight,
      headerHeight,
      place: places.placed[to.column],
      isPinned: to.column < places.pinnedCount,
      pinnedWidth: places.pinnedWidth,
    });
  }

  function select(change: SelectionChange): void {
    if (change.kind === 'toggle') anchorRow.current = change.index;
    latest.current.onSelect?.(change);
  }

  function sortBy(id: string, isAdded: boolean): void {
    const column = columns.find((one) => one.id === id);
    if (!column?.isSortable) return;
    const startsDescending = column.align === 'end';
    props.onSort?.(nextSort(props.sort ?? UNSORTED, id, { isAdded, startsDescending }));
  }

  useGridKeyList({
    canSelect: props.onSelect !== undefined,
    canOpen: props.onOpen !== undefined,
    canSort: props.onSort !== undefined,
    hasCellMenu: props.onCellMenu !== undefined,
    hasColumnMenu: props.columnMenu !== undefined,
    canMoveColumns: props.onMoveColumn !== undefined,
    canResizeColumns: props.onResizeColumn !== undefined,
  });

  const focused = () => document.getElementById(cellId(gridId, shownCursor.row, shownCursor.column));

  function obey(command: GridCommand): void {
    const row = shownCursor.row < 0 ? undefined : rowAt(shownCursor.row);
    const column = places.placed[shownCursor.column]?.column;
    switch (command.does) {
      case 'move':
        if (command.extends && command.to.row >= 0) {
          anchorRow.current ??= shownCursor.row;
          select({ kind: 'range', from: anchorRow.current, to: command.to.row });
        }
        goTo(command.to);
        break;
      case 'toggle':
        select({ kind: 'toggle', index: shownCursor.row });
        break;
      case 'open':
        if (row) props.onOpen?.(row, shownCursor.row);
        break;
      case 'sort':
        if (column) sortBy(column.id, command.isAdded);
        break;
      case 'all':
      case 'none':
        select({ kind: command.does });
        break;
      case 'copy':
        if (row && column?.textOf) void navigator.clipboard.writeText(column.textOf(row));
        break;
      case 'menu':
        openMenu(row, column);
        break;
      case 'fold':
        if (row) props.onFold?.(row, command.isOpen);
        break;
      case 'move-column':
        if (column) stepColumn(column.id, command.by);
        break;
      case 'resize-column':
        if (column && !column.isFixed)
          props.onResizeColumn?.(column.id, clampWidth(column.width + command.by));
        break;
    }
  }

  function openMenu(row: Row | undefined, column: GridColumn<Row> | undefined): void {
    const anchor = focused()?.getBoundingClientRect();
    if (!anchor || !column) return;
    if (row) props.onCellMenu?.(row, column.id, anchor);
    else if (props.columnMenu) setMenu({ id: column.id, anchor });
  }

  function stepColumn(id: string, by: -1 | 1): void {
    const at = shownCursor.column;
    const isPeer = (one: PlacedColumn<Row> | undefined) =>
      one !== undefined &&
      !one.column.isFixed &&
      one.position < places.pinnedCount === at < places.pinnedCount;
    if (!isPeer(places.placed[at]) || !isPeer(places.placed[at + by])) return;
    const ids = places.placed.map(({ column }) => column.id);
    const before = by < 0 ? ids[at - 1] : ids[at + 2];
    if (moveColumn(ids, id, before) === ids) return;
    props.onMoveColumn?.(id, before);
    goTo({ row: -1, column: at + by });
  }

  function onKeyDown(event: KeyboardEvent<HTMLElement>): void {
    if (event.target !== scroller.current) return;
    const row = shownCursor.row < 0 ? undefined : rowAt(shownCursor.row);
    const command = commandOf(
      event,
      shownCursor,
      {
        rows: rowCount,
        columns: places.placed.length,
        page: rowsOfPage(scroller.current, { height: rowHeight, headerHeight }),
      },
      { isOpen: row && props.treeOf?.(row).isOpen },
    );
    if (command === undefined) return;
    if (command.does === 'none' && selected.size === 0) return;
    event.preventDefault();
    obey(command);
  }

  function onClick(event: MouseEvent<HTMLElement>): void {
    const target = event.target as HTMLElement;
    const at = placeOf(target);
    if (at === undefined) return;
    const row = rowAt(at.row);
    if (row === undefined) return;
    if (target.closest('[data-check]') || event.ctrlKey || event.metaKey || event.shiftKey) {
      if (!props.onSelect) return;
      // A link opened in a new tab is not a selection.
      if (target.closest('a')) return;
      if (event.shiftKey && anchorRow.current !== undefined) {
        select({ kind: 'range', from: anchorRow.current, to: at.row });
      } else select({ kind: 'toggle', index: at.row });
    }
    if (target.closest('[data-actions]')) return;
    goTo({ row: at.row, column: at.column ?? shownCursor.column });
    if (target.closest('a, button')) return;
    const value = target.closest<HTMLElement>('[data-value]');
    const column = at.column === undefined ? undefined : places.placed[at.column]?.column;
    if (value && column && !event.shiftKey && !event.ctrlKey && !event.metaKey) {
      props.onCellMenu?.(row, column.id, value.getBoundingClientRect());
    }
  }

  function onContextMenu(event: MouseEvent<HTMLElement>): void {
    const target = event.target as HTMLElement;
    const at = placeOf(target);
    if (!props.onCellMenu || at?.column === undefined || target.closest('a')) return;
    const row = rowAt(at.row);
    const column = places.placed[at.column]?.column;
    if (row === undefined || column === undefined) return;
    event.preventDefault();
    goTo({ row: at.row, column: at.column });
    props.onCellMenu(row, column.id, new DOMRect(event.clientX, event.clientY, 0, 0));
  }

  function onDoubleClick(event: MouseEvent<HTMLElement>): void {
    const target = event.target as HTMLElement;
    if (target.closest('[data-check], [data-actions], a, button, input')) return;
    const at = placeOf(target);
    const row = at && rowAt(at.row);
    if (at && row) props.onOpen?.(row, at.row);
  }

  useImperativeHandle(props.handle, () => ({
    focus: () => scroller.current?.focus({ preventScroll: true }),
    moveCursor(by) {
      if (rowCount === 0) return;
      scroller.current?.focus({ preventScroll: true });
      const row = Math.max(0, Math.min(rowCount - 1, shownCursor.row + by));
      goTo({ row, column: shownCursor.column });
    },
    toggleAtCursor() {
      if (shownCursor.row < 0) return;
      scroller.current?.focus({ preventScroll: true });
      select({ kind: 'toggle', index: shownCursor.row });
    },
    cursorRow: () => (shownCursor.row < 0 ? undefined : shownCursor.row),
    setCursorRow: (row) => goTo({ row, column: shownCursor.column }),
    scrollToTop: () => scroller.current?.scrollTo({ top: 0 }),
    revealColumn(id) {
      const place = places.placed.find(({ column }) => column.id === id);
      if (place === undefined) return;
      const isPinned = place.position < places.pinnedCount;
      const { pinnedWidth } = places;
      reveal(scroller.current, { top: undefined, rowHeight, headerHeight, place, isPinned, pinnedWidth });
    },
    openMenu() {
      scroller.current?.focus({ preventScroll: true });
      obey({ does: 'menu' });
    },
    rectOfRow: (index) => rectOfRow(scroller.current, index),
  }));

  const headerActions = useHeaderActions({
    onSort: sortBy,
    onDragStart: startDrag,
    onResize: (id, width) => props.onResizeColumn?.(id, width),
    onFit: (id) => {
      const place = places.placed.find(({ column }) => column.id === id);
      if (place) props.onResizeColumn?.(id, clampWidth(fitWidth(scroller.current, place.position)));
    },
    onMenu: (id, anchor) => setMenu({ id, anchor }),
    onSelectAll: () => select({ kind: props.selection === 'all' ? 'none' : 'all' }),
  });

  const [firstPlace] = places.placed;
  const actionsEnd = firstPlace === undefined ? 0 : firstPlace.left + firstPlace.column.width;
  const slots = useSlots(view.rows);
  const columnSlots = useSlots(view.columns);
  const rows: ReactNode[] = [];
  for (let index = view.rows.first; index < view.rows.end; index++) {
    const row = rowAt(index);
    const key = row === undefined ? undefined : keyOf(row);
    const isActive = index === (props.activeRow ?? pointed.row);
    rows.push(
      <GridRow
        key={index % slots}
        row={row}
        index={index}
        height={rowHeight}
        pinned={pinned as readonly PlacedColumn<unknown>[]}
        scrolled={scrolled as readonly PlacedColumn<unknown>[]}
        checkWidth={checkWidth}
        pinnedWidth={places.pinnedWidth}
        isSelected={key !== undefined && selected.has(key)}
        isMarked={key !== undefined && key === props.markedKey}
        isLifted={key !== undefined && key === props.liftedKey}
        cursorColumn={index === shownCursor.row ? shownCursor.column : undefined}
        columnSlots={columnSlots}
        gridId={gridId}
        tree={sameTreePlace(row && props.treeOf?.(row))}
        name={row === undefined ? '' : (props.nameOf?.(row) ?? key ?? '')}
        actions={isActive && row !== undefined ? props.actionsOf?.(row, index) : undefined}
        actionsColumn={places.placed.length + (checkWidth > 0 ? 2 : 1)}
        actionsEnd={actionsEnd}
      />,
    );
  }

  const isCursorDrawn =
    rowCount > 0 &&
    (shownCursor.row < 0 || (shownCursor.row >= view.rows.first && shownCursor.row < view.rows.end)) &&
    (shownCursor.column < places.pinnedCount ||
      (shownCursor.column >= view.columns.first && shownCursor.column < view.columns.end));

  const frame = {
    role: props.treeOf ? 'treegrid' : 'grid',
    tabIndex: 0,
    'aria-label': props.label,
    'aria-rowcount': rowCount + 1,
    'aria-colcount':
      places.placed.length + (checkWidth > 0 ? 1 : 0) + (props.actionsOf === undefined ? 0 : 1),
    'aria-multiselectable': props.onSelect ? true : undefined,
    'aria-activedescendant': isCursorDrawn ? cellId(gridId, shownCursor.row, shownCursor.column) : undefined,
    'aria-busy': props.isStale || undefined,
    onKeyDown,
  };

  return (
    <div
      {...frame}
      ref={scroller}
      className={classes.scroller}
      data-scrolled={isScrolledRight || undefined}
      data-scroll-restoration-id={props.restorationId}
    >
      <GridHeader
        gridId={gridId}
        pinned={pinned as readonly PlacedColumn<unknown>[]}
        scrolled={scrolled as readonly PlacedColumn<unknown>[]}
        groups={groups}
        height={headerHeight}
        totalWidth={places.totalWidth}
        pinnedWidth={places.pinnedWidth}
        checkWidth={checkWidth}
        selection={props.selection ?? 'none'}
        sort={props.sort?.length ? props.sort : (props.usualSort ?? UNSORTED)}
        cursorColumn={shownCursor.row < 0 ? shownCursor.column : undefined}
        menuColumn={menu?.id}
        hasMenu={props.columnMenu !== undefined}
        canResize={props.onResizeColumn !== undefined}
        drag={drag}
        actions={headerActions}
      />
      <div
        role="rowgroup"
        className={`${classes.body} ${props.isStale ? classes.busy : ''}`}
        style={{ width: places.totalWidth, height: rowCount * rowHeight }}
        onClick={onClick}
        onDoubleClick={onDoubleClick}
        onContextMenu={onContextMenu}
        onKeyDown={undefined}
        onMouseDown={(event) => event.shiftKey && event.preventDefault()}
        onPointerOver={(event: PointerEvent) => {
          if (props.actionsOf || props.onPoint) pointed.point(event.target as HTMLElement);
        }}
        onPointerLeave={() => pointed.point(undefined)}
      >
        {rows}
      </div>
      {menu && props.columnMenu && (
        <AnchoredMenu
          anchor={menu.anchor}
          label="Column"
          onClose={() => setMenu(undefined)}
          onReturn={() => scroller.current?.focus({ preventScroll: true })}
        >
          {props.columnMenu(menu.id)}
        </AnchoredMenu>
      )}
    </div>
  );
}
