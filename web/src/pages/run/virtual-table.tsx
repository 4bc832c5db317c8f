import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useRef } from 'react';
import classes from './virtual-table.module.css';

export interface TableColumn<Row> {
  readonly label: string;
  /** A CSS grid track: `minmax(160px, 2fr)`. */
  readonly track: string;
  readonly align?: 'end';
  readonly render: (row: Row) => ReactNode;
}

interface VirtualTableProps<Row> {
  readonly label: string;
  readonly columns: readonly TableColumn<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  /** Told which rows are in view, when that changes. */
  readonly onWindow?: (rows: readonly Row[]) => void;
}

const ROW_HEIGHT = 32;
const HEADER_HEIGHT = 32;
/** More rows than this scroll in a place of their own. */
const MOST_ROWS_SHOWN = 14;
/** The last row in view is cut, so that it is seen that more follow. */
const MOST_HEIGHT = HEADER_HEIGHT + (MOST_ROWS_SHOWN + 0.5) * ROW_HEIGHT;

/** A table of any length in a place of a few rows. */
export function VirtualTable<Row>({ label, columns, rows, keyOf, onWindow }: VirtualTableProps<Row>) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 6,
    scrollMargin: 0,
  });
  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? -1;
  useEffect(() => {
    onWindow?.(rows.slice(first, last + 1));
  }, [onWindow, rows, first, last]);
  const tracks = columns.map(({ track }) => track).join(' ');
  const isLong = rows.length > MOST_ROWS_SHOWN;
  return (
    <div
      ref={scroller}
      role="table"
      aria-label={label}
      aria-rowcount={rows.length + 1}
      className={classes.table}
      // A short table is as high as it has to be, with the bar that scrolls it sideways.
      style={isLong ? { height: MOST_HEIGHT } : undefined}
      {...(isLong && { tabIndex: 0 })}
    >
      <div role="rowgroup" className={classes.header}>
        <div role="row" aria-rowindex={1} className={classes.row} style={{ gridTemplateColumns: tracks }}>
          {columns.map((column) => (
            <div key={column.label} role="columnheader" data-align={column.align} className={classes.cell}>
              {column.label}
            </div>
          ))}
        </div>
      </div>
      <div role="rowgroup" className={classes.body} style={{ height: virtual.getTotalSize() }}>
        {items.map(({ index, start }) => {
          const row = rows[index]!;
          return (
            <div
              key={keyOf(row)}
              role="row"
              aria-rowindex={index + 2}
              className={classes.row}
              data-body
              style={{ gridTemplateColumns: tracks, transform: `translateY(${start}px)` }}
            >
              {columns.map((column) => (
                <div key={column.label} role="cell" data-align={column.align} className={classes.cell}>
                  {column.render(row)}
                </div>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}
