import type { ReactNode, Ref } from 'react';
import type { GridColumn } from './columns.ts';
import type { SortKey } from './grid-header.tsx';
import type { TreePlace } from './grid-row.tsx';
import type { SelectionChange } from './selection.ts';

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
  /** Scrolls sideways as little as is needed to see a column whole. */
  revealColumn(id: string): void;
  /** The menu of the cell or header under the cursor. */
  openMenu(): void;
  /** Where a row is on the screen, as far as the grid shows it, for what opens beside it; undefined out of view. */
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
  /** A row that looks as if it was pointed at: it is, elsewhere. */
  readonly liftedKey?: string | undefined;

  readonly selected?: ReadonlySet<string>;
  readonly selection?: 'none' | 'some' | 'all';
  readonly onSelect?: (change: SelectionChange) => void;
  readonly onOpen?: (row: Row, index: number) => void;
  readonly onCursor?: (index: number | undefined) => void;
  /** Told when the pointer comes to rest on another row, or on none. Keep its identity. */
  readonly onPoint?: ((row: Row | undefined) => void) | undefined;
  /** A right click on a cell, the menu key, or a click on an element of a cell with `data-value`. */
  readonly onCellMenu?: (row: Row, columnId: string, anchor: DOMRect) => void;
  /** At the end of the first column, where they cover no value. */
  readonly actionsOf?: (row: Row, index: number) => ReactNode;
  /** A row whose actions stay, as a menu of them is open. */
  readonly activeRow?: number | undefined;

  readonly treeOf?: (row: Row) => TreePlace;
  readonly onFold?: (row: Row, isOpen: boolean) => void;

  readonly sort?: readonly SortKey[];
  /** The order that the rows have where `sort` is empty: shown, and not the start of what is chosen. */
  readonly usualSort?: readonly SortKey[];
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
