import { type KeyboardEvent, type PointerEvent, useRef } from 'react';
import classes from './runs-page.module.css';
import { clampSplit, SPLIT_RANGE } from './runs-search.ts';

interface SplitDividerProps {
  /** How much of the width the table takes, in percent. */
  readonly split: number;
  /** While it is dragged. */
  readonly onMove: (split: number) => void;
  /** When it rests. */
  readonly onRest: (split: number) => void;
}

const KEY_STEP = 5;

/** Between the table and the charts: dragged, or moved by arrows. */
export function SplitDivider({ split, onMove, onRest }: SplitDividerProps) {
  const latest = useRef(split);
  latest.current = split;
  const follow = (event: PointerEvent<HTMLElement>) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const [before, after] = [
      event.currentTarget.previousElementSibling,
      event.currentTarget.nextElementSibling,
    ];
    if (before === null || after === null) return;
    const { left } = before.getBoundingClientRect();
    const { right } = after.getBoundingClientRect();
    onMove(clampSplit(((event.clientX - left) / (right - left)) * 100));
  };
  const press = (event: KeyboardEvent) => {
    const to = {
      ArrowLeft: split - KEY_STEP,
      ArrowRight: split + KEY_STEP,
      Home: SPLIT_RANGE.least,
      End: SPLIT_RANGE.most,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    onRest(clampSplit(to));
  };
  return (
    <div
      className={classes.divider}
      role="separator"
      aria-label="Width of the table"
      aria-orientation="vertical"
      aria-valuenow={split}
      aria-valuemin={SPLIT_RANGE.least}
      aria-valuemax={SPLIT_RANGE.most}
      tabIndex={0}
      onPointerDown={(event) => {
        event.preventDefault();
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={follow}
      onLostPointerCapture={() => onRest(latest.current)}
      onDoubleClick={() => onRest(50)}
      onKeyDown={press}
    />
  );
}
