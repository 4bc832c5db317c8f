import type { KeyboardEvent } from 'react';

export interface RunWalk {
  /** Places there are: runs, bars, boxes' runs. */
  readonly count: number;
  readonly current: number | undefined;
  /** Undefined leaves the chart. */
  readonly go: (place: number | undefined) => void;
  readonly pick: (place: number) => void;
}

/** The arrow keys walk through what a chart shows, Home and End to its ends, Enter picks, Escape lets go. */
export function walkByKey(event: KeyboardEvent, { count, current, go, pick }: RunWalk): void {
  const to = (place: number) => go(Math.max(0, Math.min(count - 1, place)));
  const act = (): boolean => {
    switch (event.key) {
      case 'ArrowRight':
      case 'ArrowDown':
        to(current === undefined ? 0 : current + 1);
        return true;
      case 'ArrowLeft':
      case 'ArrowUp':
        to(current === undefined ? count - 1 : current - 1);
        return true;
      case 'Home':
        to(0);
        return true;
      case 'End':
        to(count - 1);
        return true;
      case 'Escape':
        if (current === undefined) return false;
        go(undefined);
        return true;
      case 'Enter':
        if (current === undefined) return false;
        pick(current);
        return true;
      default:
        return false;
    }
  };
  if (count > 0 && act()) event.preventDefault();
}
