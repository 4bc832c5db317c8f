import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';
import { placeOf } from './grid-geometry.ts';

/** After the last scroll. */
const STILL_MS = 120;

export interface PointedRow {
  readonly row: number | undefined;
  /** To be called with what the pointer came to. */
  readonly point: (target: HTMLElement | undefined) => void;
}

/** The row under the pointer; none while rows pass below it, so that scrolling draws nothing for them. */
export function usePointedRow(scroller: RefObject<HTMLElement | null>): PointedRow {
  const [row, setRow] = useState<number | undefined>();
  const target = useRef<HTMLElement | undefined>(undefined);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const settle = () => {
      timer.current = undefined;
      setRow(rowOf(target.current));
    };
    const follow = () => {
      if (timer.current === undefined) setRow(undefined);
      clearTimeout(timer.current);
      timer.current = setTimeout(settle, STILL_MS);
    };
    element.addEventListener('scroll', follow, { passive: true });
    return () => {
      element.removeEventListener('scroll', follow);
      clearTimeout(timer.current);
    };
  }, [scroller]);
  const point = useCallback((to: HTMLElement | undefined) => {
    target.current = to;
    if (timer.current === undefined) setRow(rowOf(to));
  }, []);
  return { row, point };
}

/** Elements take turns for rows: which one it is now. */
const rowOf = (element: HTMLElement | undefined) =>
  element?.isConnected ? placeOf(element)?.row : undefined;

/** Tells which row is pointed at when that changes, and that none is in the end. */
export function usePointReport<Row>(
  index: number | undefined,
  rowAt: (index: number) => Row | undefined,
  onPoint: ((row: Row | undefined) => void) | undefined,
): void {
  const latest = useRef(rowAt);
  latest.current = rowAt;
  useEffect(() => {
    if (onPoint === undefined || index === undefined) return;
    onPoint(latest.current(index));
    return () => onPoint(undefined);
  }, [index, onPoint]);
}
