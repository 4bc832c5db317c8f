import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import { scrollRegion } from '../ui/scroll-region.ts';
import type { CodeLine } from './code-lines.ts';
import classes from './line-list.module.css';

const LINE_HEIGHT = 20;
/** Browsers slow down on longer ones. */
const MOST_LETTERS = 5000;

interface LineListProps {
  readonly lines: readonly (string | CodeLine)[];
  /** Of the first line; undefined where nobody knows it. */
  readonly firstNumber: number | undefined;
  readonly isWrapped: boolean;
  readonly label: string;
  /** Counted from 0; comes into view and is marked. */
  readonly marked?: number | undefined;
}

/** Lines of text with their numbers; only those in view are drawn. */
export function LineList({ lines, firstNumber, isWrapped, label, marked }: LineListProps) {
  const scroller = useRef<HTMLElement>(null);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_HEIGHT,
    overscan: 30,
  });
  useEffect(() => virtual.measure(), [isWrapped, virtual]);
  useEffect(() => {
    if (marked !== undefined) virtual.scrollToIndex(marked, { align: 'center' });
  }, [marked, virtual]);
  const digits = String((firstNumber ?? 0) + lines.length).length;
  return (
    <section
      ref={scroller}
      className={classes.scroller}
      aria-label={label}
      {...scrollRegion}
      data-wrapped={isWrapped || undefined}
    >
      <div className={classes.lines} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, start }) => (
          <div
            key={index}
            ref={isWrapped ? virtual.measureElement : undefined}
            data-index={index}
            data-marked={index === marked || undefined}
            className={classes.line}
            style={{ transform: `translateY(${start}px)` }}
          >
            {firstNumber !== undefined && (
              <span className={classes.number} style={{ width: `${digits + 2}ch` }} aria-hidden>
                {firstNumber + index}
              </span>
            )}
            <code className={classes.code}>
              <Line line={lines[index]!} />
            </code>
          </div>
        ))}
      </div>
    </section>
  );
}

export function Line({ line }: { readonly line: string | CodeLine }) {
  if (typeof line === 'string') {
    if (line.length <= MOST_LETTERS) return line === '' ? ' ' : line;
    const rest = (line.length - MOST_LETTERS).toLocaleString('en-US');
    return (
      <>
        {line.slice(0, MOST_LETTERS)}
        <span className={classes.cut}>… {rest} more characters</span>
      </>
    );
  }
  if (line.length === 0) return ' ';
  let place = 0;
  return line.map(({ text, kind }) => {
    const key = place;
    place += text.length;
    return (
      <span key={key} className={kind}>
        {text}
      </span>
    );
  });
}
