import {
  type KeyboardEvent,
  type MouseEvent,
  type PointerEvent,
  type ReactNode,
  type Ref,
  useId,
  useImperativeHandle,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { AnchoredMenu } from './anchored-menu.tsx';
import { useColumnDrag } from './column-drag.ts';
import {
  clampWidth,
  type GridColumn,
  groupColumns,
  moveColumn,
  type PlacedColumn,
  placeColumns,
  type Span,
} from './columns.ts';
import classes from './grid.module.css';
import { GridHeader, type HeaderActions, type SortKey } from './grid-header.tsx';
import { commandOf, type GridCommand, type GridCursor } from './grid-keys.ts';
import { cellId, GridRow, type TreePlace } from './grid-row.tsx';
import { type GridView, useGridView } from './grid-view.ts';
import type { SelectionChange } from './selection.ts';
import { nextSort } from './sort-order.ts';

/** What a page does with a grid from outside: its shortcuts work wherever the focus is. */
export interface GridHandle {
  focus(): void;
  /** Up or down by rows. */
  moveCursor(by: number): void;
  toggleAtCursor(): void;
  /** Undefined while the cursor stands in the header or there are no rows. */
  cursorRow(): number | undefined;
  setCursorRow(index: number): void;
  scrollToTop(): void;
  /** Where a row is on the screen, for what opens beside it. */
  rectOfRow(index: number): DOMRect | undefined;
}

export interface GridWindow {
  readonly firstRow: number;
  readonly endRow: number;
  /** By their order on the screen. */
  readonly columnIds: readonly string[];
}

export interface GridProps<Row> {
  /** What the rows are, for screen readers: "Runs of churn". */
  readonly label: string;
  readonly columns: readonly GridColumn<Row>[];
  readonly rowCount: number;
  /** Undefined for a row that has not come: it stands as a skeleton. The same row must be the same object. */
  readonly rowAt: (index: number) => Row | undefined;
  readonly keyOf: (row: Row) => string;
  /** How a row is called, where something is said of it. */
  readonly nameOf?: (row: Row) => string;
  /** Told when other rows or columns come into view. */
  readonly onWindow?: (window: GridWindow) => void;
  /** 32 or, compact, 28. */
  readonly rowHeight?: number;
  /** A row that is marked without being selected: the one whose details are open. */
  readonly markedKey?: string | undefined;

  readonly selected?: ReadonlySet<string>;
  readonly selection?: 'none' | 'some' | 'all';
  readonly onSelect?: (change: SelectionChange) => void;
  readonly onOpen?: (row: Row, index: number) => void;
  readonly onCursor?: (index: number | undefined) => void;
  /** A right click on a cell, the menu key, or a click on an element of a cell with `data-value`. */
  readonly onCellMenu?: (row: Row, columnId: string, anchor: DOMRect) => void;
  readonly actionsOf?: (row: Row, index: number) => ReactNode;
  /** A row whose actions stay, as a menu of them is open. */
  readonly activeRow?: number | undefined;

  readonly treeOf?: (row: Row) => TreePlace;
  readonly onFold?: (row: Row, isOpen: boolean) => void;

  readonly sort?: readonly SortKey[];
  readonly onSort?: (sort: readonly SortKey[]) => void;
  readonly onMoveColumn?: (id: string, before: string | undefined) => void;
  readonly onResizeColumn?: (id: string, width: number) => void;
  /** Entries (`Menu.Item`) of a header's menu. */
  readonly columnMenu?: (id: string) => ReactNode;

  /** The rows are of an earlier question, whose new answer is on its way. */
  readonly isStale?: boolean;
  /** By which the router finds the scroll position again after going back. */
  readonly restorationId?: string;
  readonly handle?: Ref<GridHandle>;
}

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
  const [hovered, setHovered] = useState<number | undefined>();
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
      { rows: rowCount, columns: places.placed.length, page: view.page },
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
    rectOfRow: (index) =>
      scroller.current?.querySelector(`[data-index="${index}"] [role="gridcell"]`)?.getBoundingClientRect(),
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

  const slots = useSlots(view.rows);
  const columnSlots = useSlots(view.columns);
  const rows: ReactNode[] = [];
  for (let index = view.rows.first; index < view.rows.end; index++) {
    const row = rowAt(index);
    const key = row === undefined ? undefined : keyOf(row);
    const isActive = index === (props.activeRow ?? hovered);
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
        cursorColumn={index === shownCursor.row ? shownCursor.column : undefined}
        columnSlots={columnSlots}
        gridId={gridId}
        {...treeProps(row && props.treeOf?.(row))}
        name={row === undefined ? '' : (props.nameOf?.(row) ?? key ?? '')}
        actions={isActive && row !== undefined ? props.actionsOf?.(row, index) : undefined}
        actionsColumn={places.placed.length + (checkWidth > 0 ? 2 : 1)}
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
        sort={props.sort ?? UNSORTED}
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
        onPointerOver={(event: PointerEvent) =>
          props.actionsOf && setHovered(placeOf(event.target as HTMLElement)?.row)
        }
        onPointerLeave={() => setHovered(undefined)}
      >
        {rows}
      </div>
      {menu && props.columnMenu && (
        <AnchoredMenu anchor={menu.anchor} label="Column" onClose={() => setMenu(undefined)}>
          {props.columnMenu(menu.id)}
        </AnchoredMenu>
      )}
    </div>
  );
}

/**
 * How many elements take turns: as many as were ever in view at once. What leaves the view then gives its element to
 * what comes, and scrolling neither makes nor drops any.
 */
function useSlots({ first, end }: Span): number {
  const most = useRef(1);
  most.current = Math.max(most.current, end - first);
  return most.current;
}

const treePlaces = new Map<string, TreePlace>();

/** Equal places as one object, so that a row is not drawn again for them. */
function treeProps(place: TreePlace | undefined): { readonly tree: TreePlace | undefined } {
  if (place === undefined) return { tree: undefined };
  const key = `${place.level} ${place.isOpen}`;
  const known = treePlaces.get(key);
  if (known === undefined) treePlaces.set(key, place);
  return { tree: known ?? place };
}

/** Of an element in the body: its row, and its column unless it is the check box or an action. */
function placeOf(element: HTMLElement): { row: number; column: number | undefined } | undefined {
  const row = element.closest<HTMLElement>('[data-index]')?.dataset.index;
  const column = element.closest<HTMLElement>('[data-position]')?.dataset.position;
  if (row === undefined) return undefined;
  return { row: Number(row), column: column === undefined ? undefined : Number(column) };
}

/** The same functions for the whole life of the grid, so that headers are not drawn again for them. */
function useHeaderActions(actions: HeaderActions): HeaderActions {
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

function useWindowReport<Row>(
  view: GridView,
  pinned: readonly PlacedColumn<Row>[],
  scrolled: readonly PlacedColumn<Row>[],
  onWindow: ((window: GridWindow) => void) | undefined,
): void {
  const { first, end } = view.rows;
  useLayoutEffect(() => {
    onWindow?.({
      firstRow: first,
      endRow: end,
      columnIds: [...pinned, ...scrolled].map(({ column }) => column.id),
    });
  }, [first, end, pinned, scrolled, onWindow]);
}

/** Whether columns have gone under the pinned ones. */
function useScrolledRight(scroller: { readonly current: HTMLElement | null }): boolean {
  const [isScrolled, setScrolled] = useState(false);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const follow = () => setScrolled(element.scrollLeft > 0);
    element.addEventListener('scroll', follow, { passive: true });
    return () => element.removeEventListener('scroll', follow);
  }, [scroller]);
  return isScrolled;
}

interface RevealedCell {
  readonly top: number | undefined;
  readonly rowHeight: number;
  readonly headerHeight: number;
  readonly place: PlacedColumn<never> | undefined;
  readonly isPinned: boolean;
  readonly pinnedWidth: number;
}

/** Scrolls as little as is needed to see the cell whole. */
function reveal(element: HTMLElement | null, cell: RevealedCell): void {
  if (element === null) return;
  const { top, place } = cell;
  if (top !== undefined) {
    const bottom = top + cell.rowHeight - (element.clientHeight - cell.headerHeight);
    if (top < element.scrollTop) element.scrollTop = top;
    else if (bottom > element.scrollTop) element.scrollTop = bottom;
  }
  if (place === undefined || cell.isPinned) return;
  const left = place.left - cell.pinnedWidth;
  const right = place.left + place.column.width - element.clientWidth;
  if (left < element.scrollLeft) element.scrollLeft = left;
  else if (right > element.scrollLeft) element.scrollLeft = Math.min(left, right);
}

const CELL_PADDING = 20;

/** As wide as the widest of the column's cells in the document. */
function fitWidth(element: HTMLElement | null, position: number): number {
  const cells = element?.querySelectorAll(`[data-position="${position}"]`) ?? [];
  const header = element?.querySelectorAll('[role="columnheader"]') ?? [];
  const range = document.createRange();
  let widest = 0;
  for (const cell of [...cells, ...header]) {
    if (!(cell instanceof HTMLElement)) continue;
    if (cell.role === 'columnheader' && !cell.id.endsWith(`-${position}`)) continue;
    range.selectNodeContents(cell);
    const inner = [...cell.children].map((child) => child.scrollWidth);
    widest = Math.max(widest, range.getBoundingClientRect().width, ...inner);
  }
  return widest + CELL_PADDING;
}
