import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { type ColumnPlaces, type PlacedColumn, type Span, spanOfColumns, spanOfRows } from './columns.ts';
import type { GridWindow } from './grid-props.ts';

/** What of a grid is in the document. */
export interface GridView {
  readonly rows: Span;
  /** Of the columns that scroll; pinned ones are always there. */
  readonly columns: Span;
  /** Rows that are seen at once, at least one. */
  readonly page: number;
}

/** Few rows and columns a step: little to draw per frame, and few frames that have to. */
const ROW_STEP = 8;
const COLUMN_STEP = 4;

/**
 * Follows the scroll position and the size of a grid. Draws within the frame of the scroll, and only when the view
 * has moved on by a whole step.
 */
export function useGridView<Row>(
  scroller: RefObject<HTMLElement | null>,
  rows: { readonly count: number; readonly height: number; readonly headerHeight: number },
  places: ColumnPlaces<Row>,
): GridView {
  const [view, setView] = useState<GridView>({
    rows: { first: 0, end: Math.min(rows.count, 40) },
    columns: { first: places.pinnedCount, end: Math.min(places.placed.length, places.pinnedCount + 16) },
    page: 20,
  });
  const { count, height, headerHeight } = rows;

  const measure = useCallback((): GridView | undefined => {
    const element = scroller.current;
    if (element === null) return undefined;
    const bodyHeight = Math.max(0, element.clientHeight - headerHeight);
    return {
      rows: spanOfRows({ scrollTop: element.scrollTop, height: bodyHeight }, { count, height }, ROW_STEP),
      columns: spanOfColumns(
        places,
        { scrollLeft: element.scrollLeft, width: element.clientWidth },
        COLUMN_STEP,
      ),
      page: Math.max(1, Math.floor(bodyHeight / height) - 1),
    };
  }, [scroller, count, height, headerHeight, places]);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const follow = () => {
      const next = measure();
      if (next === undefined) return;
      setView((shown) => (isSame(shown, next) ? shown : next));
    };
    follow();
    const onScroll = () => flushSync(follow);
    element.addEventListener('scroll', onScroll, { passive: true });
    const sizes = new ResizeObserver(follow);
    sizes.observe(element);
    return () => {
      element.removeEventListener('scroll', onScroll);
      sizes.disconnect();
    };
  }, [scroller, measure]);

  return view;
}

const isSame = (one: GridView, other: GridView) =>
  one.page === other.page &&
  one.rows.first === other.rows.first &&
  one.rows.end === other.rows.end &&
  one.columns.first === other.columns.first &&
  one.columns.end === other.columns.end;

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
