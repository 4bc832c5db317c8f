import type { ReactNode } from 'react';

/** One column of a grid: what it is called, how wide it is, and how a cell of it looks. */
export interface GridColumn<Row> {
  readonly id: string;
  /** The header's text; also what a screen reader says. */
  readonly label: string;
  /** Shown instead of the label. */
  readonly header?: ReactNode;
  /** The kind that it belongs to ("Metrics"): neighbours of one kind stand under one label. */
  readonly group?: string | undefined;
  /** In CSS pixels. */
  readonly width: number;
  /** Numbers stand at the end. */
  readonly align?: 'start' | 'end';
  /** Stays at the left while the others scroll. */
  readonly isPinned?: boolean;
  readonly isSortable?: boolean;
  /** Stays where it is and as wide as it is. */
  readonly isFixed?: boolean;
  readonly render: (row: Row, index: number) => ReactNode;
  /** What `Ctrl C` takes from a cell. */
  readonly textOf?: (row: Row) => string;
}

/** A column with its place, in pixels from the left edge of the grid. */
export interface PlacedColumn<Row> {
  readonly column: GridColumn<Row>;
  /** Its number in the order of the screen, from 0. */
  readonly position: number;
  readonly left: number;
}

export interface ColumnPlaces<Row> {
  /** In the order of the screen: pinned ones first. */
  readonly placed: readonly PlacedColumn<Row>[];
  readonly pinnedCount: number;
  readonly pinnedWidth: number;
  readonly totalWidth: number;
}

const MIN_COLUMN_WIDTH = 48;
const MAX_COLUMN_WIDTH = 1200;

/** @param start pixels that are taken at the left, by the column of check boxes. */
export function placeColumns<Row>(columns: readonly GridColumn<Row>[], start: number): ColumnPlaces<Row> {
  const pinned = columns.filter(({ isPinned }) => isPinned);
  const others = columns.filter(({ isPinned }) => !isPinned);
  let left = start;
  const placed = [...pinned, ...others].map((column, position) => {
    const place = { column, position, left };
    left += column.width;
    return place;
  });
  const pinnedWidth = start + pinned.reduce((sum, { width }) => sum + width, 0);
  return { placed, pinnedCount: pinned.length, pinnedWidth, totalWidth: left };
}

/** A half-open range of numbers: `first` belongs to it, `end` does not. */
export interface Span {
  readonly first: number;
  readonly end: number;
}

/** The columns that can scroll and of which something is seen, widened to whole steps so that few scrolls change it. */
export function spanOfColumns<Row>(
  { placed, pinnedCount, pinnedWidth }: ColumnPlaces<Row>,
  view: { readonly scrollLeft: number; readonly width: number },
  step: number,
): Span {
  const from = view.scrollLeft + pinnedWidth;
  const to = view.scrollLeft + Math.max(view.width, pinnedWidth);
  const first = lastStartingBefore(placed, from, pinnedCount);
  const last = lastStartingBefore(placed, to, pinnedCount);
  return {
    first: pinnedCount + floorTo(first - pinnedCount, step),
    end: Math.min(placed.length, pinnedCount + floorTo(last - pinnedCount, step) + step),
  };
}

/** The rows that are seen with some around them, in whole steps. */
export function spanOfRows(
  view: { readonly scrollTop: number; readonly height: number },
  rows: { readonly count: number; readonly height: number },
  step: number,
): Span {
  const first = floorTo(Math.floor(view.scrollTop / rows.height) - step / 2, step);
  const end = floorTo(Math.ceil((view.scrollTop + view.height) / rows.height) + step / 2, step) + step;
  return { first: Math.max(0, Math.min(first, rows.count)), end: Math.min(rows.count, end) };
}

function floorTo(value: number, step: number): number {
  return Math.max(0, Math.floor(value / step) * step);
}

/** The number of the last column from `lowest` on that starts at or before `x`. */
function lastStartingBefore<Row>(placed: readonly PlacedColumn<Row>[], x: number, lowest: number): number {
  let low = lowest;
  let high = placed.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (placed[middle]!.left <= x) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** A label over neighbouring columns of one kind. */
export interface ColumnGroup {
  readonly label: string;
  readonly left: number;
  readonly width: number;
  readonly isPinned: boolean;
  /** Of its first column. */
  readonly position: number;
}

export function groupColumns<Row>({ placed, pinnedCount }: ColumnPlaces<Row>): readonly ColumnGroup[] {
  const groups: { label: string; left: number; width: number; isPinned: boolean; position: number }[] = [];
  for (const { column, position, left } of placed) {
    const isPinned = position < pinnedCount;
    const label = column.group ?? '';
    const before = groups.at(-1);
    if (before !== undefined && before.label === label && before.isPinned === isPinned) {
      before.width += column.width;
    } else {
      groups.push({ label, left, width: column.width, isPinned, position });
    }
  }
  return groups.filter(({ label }) => label !== '');
}

/** The ids in their order after one was moved before another, or to the end. */
export function moveColumn(
  ids: readonly string[],
  moved: string,
  before: string | undefined,
): readonly string[] {
  if (moved === before) return ids;
  const others = ids.filter((id) => id !== moved);
  const at = before === undefined ? -1 : others.indexOf(before);
  return at === -1 ? [...others, moved] : [...others.slice(0, at), moved, ...others.slice(at)];
}

export const clampWidth = (width: number) =>
  Math.round(Math.min(MAX_COLUMN_WIDTH, Math.max(MIN_COLUMN_WIDTH, width)));
