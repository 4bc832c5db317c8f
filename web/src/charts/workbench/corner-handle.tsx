import { type PointerEvent, type RefObject, useRef } from 'react';
import classes from './chart-card.module.css';
import type { ChartConfig } from './chart-config.ts';

interface CornerHandleProps {
  readonly config: ChartConfig;
  readonly card: RefObject<HTMLElement | null>;
  readonly onConfig: (config: ChartConfig) => void;
}

/** Pulls a card to the next size: up to three columns, and three heights. The menu does the same by key. */
export function CornerHandle({ config, card, onConfig }: CornerHandleProps) {
  const start = useRef<{ x: number; y: number; width: number; height: number; columns: number }>(undefined);
  const onPointerDown = (event: PointerEvent<HTMLElement>) => {
    const { width, height } = card.current!.getBoundingClientRect();
    start.current = { x: event.clientX, y: event.clientY, width, height, columns: config.width ?? 1 };
    event.currentTarget.setPointerCapture(event.pointerId);
  };
  const onPointerMove = (event: PointerEvent) => {
    const from = start.current;
    if (from === undefined) return;
    const width = columnsFor((from.width + event.clientX - from.x) / (from.width / from.columns));
    const height = heightFor(from.height + event.clientY - from.y);
    if (width !== (config.width ?? 1) || height !== config.height) onConfig({ ...config, width, height });
  };
  return (
    <span
      className={classes.corner}
      aria-hidden
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={() => {
        start.current = undefined;
      }}
    />
  );
}

const columnsFor = (share: number): 1 | 2 | 3 => (share < 1.5 ? 1 : share < 2.5 ? 2 : 3);
const heightFor = (pixels: number) => (pixels < 240 ? 'low' : pixels < 360 ? undefined : 'high');
