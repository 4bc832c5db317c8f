import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { type ColumnPlaces, type PlacedColumn, type Span, spanOfColumns, spanOfRows } from './columns.ts';
import type { GridWindow } from './grid-props.ts';

/** What of a grid is in the document. */
export interface GridView {
  readonly rows: Span;
  /** Of the columns that scroll; pinned ones are always there. */
  readonly columns: Span;
}

/** Few rows and columns a step: little to draw per frame, and few frames that have to. */
const STEPS: Steps = { rows: 8, columns: 4 };
const SINGLE_STEPS: Steps = { rows: 1, columns: 1 };

interface Steps {
  readonly rows: number;
  readonly columns: number;
}

/**
 * Follows the scroll position and the size of a grid. Draws within the frame of the scroll, and only when the view
 * has moved on by a whole step.
 */
export function useGridView<Row>(
  scroller: RefObject<HTMLElement | null>,
  rows: { readonly count: number; readonly height: number; readonly headerHeight: number },
  places: ColumnPlaces<Row>,
): GridView {
  const { count, height, headerHeight } = rows;
  const viewOf = useCallback(
    ({ top, left, bodyHeight, width }: Seen, steps: Steps): GridView => ({
      rows: spanOfRows({ scrollTop: top, height: bodyHeight }, { count, height }, steps.rows),
      columns: spanOfColumns(places, { scrollLeft: left, width }, steps.columns),
    }),
    [count, height, places],
  );
  // As if it had the window for itself: more than that is not seen, and nothing has to be laid out to know it.
  const [view, setView] = useState(() =>
    viewOf({ top: 0, left: 0, bodyHeight: window.innerHeight, width: window.innerWidth }, SINGLE_STEPS),
  );

  const isMeasured = useRef(false);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const follow = () => {
      const seen = {
        top: element.scrollTop,
        left: element.scrollLeft,
        bodyHeight: bodyHeightOf(element, headerHeight),
        width: element.clientWidth,
      };
      const isFirst = !isMeasured.current;
      isMeasured.current = true;
      const next = viewOf(seen, STEPS);
      const least = isFirst ? viewOf(seen, SINGLE_STEPS) : next;
      setView((shown) => (isSame(shown, next) || (isFirst && holds(shown, least)) ? shown : next));
    };
    // The first time the observer tells, when all is laid out anyway, and still before anybody sees it.
    if (isMeasured.current) follow();
    const inTime = () => flushSync(follow);
    element.addEventListener('scroll', inTime, { passive: true });
    const sizes = new ResizeObserver(inTime);
    sizes.observe(element);
    return () => {
      element.removeEventListener('scroll', inTime);
      sizes.disconnect();
    };
  }, [scroller, viewOf, headerHeight]);

  return view;
}

interface Seen {
  readonly top: number;
  readonly left: number;
  readonly bodyHeight: number;
  readonly width: number;
}

const bodyHeightOf = (element: HTMLElement, headerHeight: number) =>
  Math.max(0, element.clientHeight - headerHeight);

/** Rows that are seen at once, less one that is seen before and after a step; at least one. */
export function rowsOfPage(
  scroller: HTMLElement | null,
  { height, headerHeight }: { readonly height: number; readonly headerHeight: number },
): number {
  if (scroller === null) return 1;
  return Math.max(1, Math.floor(bodyHeightOf(scroller, headerHeight) / height) - 1);
}

const isSame = (one: GridView, other: GridView) =>
  one.rows.first === other.rows.first &&
  one.rows.end === other.rows.end &&
  one.columns.first === other.columns.first &&
  one.columns.end === other.columns.end;

const holds = (shown: GridView, seen: GridView) =>
  shown.rows.first <= seen.rows.first &&
  shown.rows.end >= seen.rows.end &&
  shown.columns.first <= seen.columns.first &&
  shown.columns.end >= seen.columns.end;

/**
 * How many elements take turns: as many as were ever in view at once. What leaves the view then gives its element to
 * what comes, and scrolling neither makes nor drops any.
 */
export function useSlots({ first, end }: Span): number {
  const most = useRef(1);
  most.current = Math.max(most.current, end - first);
  return most.current;
}

/**
 * Tells when other rows or columns come into view: after the frame in which they do, as who is told has work of its own
 * that would make the frame longer.
 */
export function useWindowReport<Row>(
  view: GridView,
  pinned: readonly PlacedColumn<Row>[],
  scrolled: readonly PlacedColumn<Row>[],
  onWindow: ((window: GridWindow) => void) | undefined,
): void {
  const { first, end } = view.rows;
  useLayoutEffect(() => {
    if (onWindow === undefined) return;
    const timer = setTimeout(() =>
      onWindow({
        firstRow: first,
        endRow: end,
        columnIds: [...pinned, ...scrolled].map(({ column }) => column.id),
      }),
    );
    return () => clearTimeout(timer);
  }, [first, end, pinned, scrolled, onWindow]);
}

/** Whether columns have gone under the pinned ones. */
export function useScrolledRight(scroller: { readonly current: HTMLElement | null }): boolean {
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
