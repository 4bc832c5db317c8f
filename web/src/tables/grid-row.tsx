import { type CSSProperties, memo, type ReactNode } from 'react';
import type { PlacedColumn } from './columns.ts';
import classes from './grid.module.css';

/** Where a row stands in a tree. */
export interface TreePlace {
  /** From 1. */
  readonly level: number;
  /** Undefined for a row without children. */
  readonly isOpen: boolean | undefined;
}

const treePlaces = new Map<string, TreePlace>();

/** Equal places as one object, so that a row is not drawn again for them. */
export function sameTreePlace(place: TreePlace | undefined): TreePlace | undefined {
  if (place === undefined) return undefined;
  const key = `${place.level} ${place.isOpen}`;
  const known = treePlaces.get(key);
  if (known === undefined) treePlaces.set(key, place);
  return known ?? place;
}

interface GridRowProps<Row> {
  /** Undefined while it has not come. */
  readonly row: Row | undefined;
  readonly index: number;
  readonly height: number;
  readonly pinned: readonly PlacedColumn<Row>[];
  readonly scrolled: readonly PlacedColumn<Row>[];
  /** Pixels at the left that the check box takes; 0 where rows are not selected. */
  readonly checkWidth: number;
  readonly pinnedWidth: number;
  readonly isSelected: boolean;
  readonly isMarked: boolean;
  readonly isLifted: boolean;
  /** The number of the column under the cursor, if it stands in this row. */
  readonly cursorColumn: number | undefined;
  /** So many cells take turns in a row. */
  readonly columnSlots: number;
  readonly gridId: string;
  readonly tree: TreePlace | undefined;
  readonly name: string;
  /** What can be done with the row, shown while it is pointed at. */
  readonly actions: ReactNode;
  readonly actionsColumn: number;
  /** Where the first column ends, and they with it. */
  readonly actionsEnd: number;
}

/**
 * One row. Its cells stand at fixed places, so a row that comes into view costs its own cells and moves no others.
 * Drawn again only when something of its own has changed.
 */
export const GridRow = memo(function GridRow(props: GridRowProps<unknown>) {
  const { row, index, height, pinned, scrolled, checkWidth, pinnedWidth, isSelected, tree } = props;
  const cell = (place: PlacedColumn<unknown>, key: string | number) => (
    <GridCell
      key={key}
      row={row}
      index={index}
      place={place}
      columnIndex={place.position + (checkWidth > 0 ? 2 : 1)}
      cursorId={
        props.cursorColumn === place.position ? cellId(props.gridId, index, place.position) : undefined
      }
    />
  );
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={checkWidth > 0 ? isSelected : undefined}
      aria-level={tree?.level}
      aria-expanded={tree?.isOpen}
      aria-busy={row === undefined || undefined}
      className={classes.row}
      data-index={index}
      data-selected={isSelected || undefined}
      data-marked={props.isMarked || undefined}
      data-lifted={props.isLifted || undefined}
      style={{ height, transform: `translateY(${index * height}px)` }}
    >
      <div role="presentation" className={classes.pinned} style={{ width: pinnedWidth }}>
        {checkWidth > 0 && (
          <div
            role="gridcell"
            aria-colindex={1}
            className={classes.check}
            data-check
            style={{ width: checkWidth }}
          >
            {row !== undefined && (
              <input
                type="checkbox"
                tabIndex={-1}
                checked={isSelected}
                readOnly
                aria-label={`Select ${props.name}`}
              />
            )}
          </div>
        )}
        {pinned.map((place) => cell(place, place.column.id))}
        {props.actions != null && row !== undefined && (
          <div
            role="gridcell"
            aria-colindex={props.actionsColumn}
            className={classes.actions}
            data-actions
            style={{ right: Math.max(0, pinnedWidth - props.actionsEnd) }}
          >
            <span className={classes.actionButtons}>{props.actions}</span>
          </div>
        )}
      </div>
      {scrolled.map((place) => cell(place, place.position % props.columnSlots))}
    </div>
  );
});

interface GridCellProps {
  readonly row: unknown;
  readonly index: number;
  readonly place: PlacedColumn<unknown>;
  readonly columnIndex: number;
  /** Set where the cursor stands. */
  readonly cursorId: string | undefined;
}

/** Scrolling sideways draws the columns that come into view, and those that stay not again. */
const GridCell = memo(function GridCell({ row, index, place, columnIndex, cursorId }: GridCellProps) {
  const { column, position, left } = place;
  return (
    <div
      id={cursorId}
      role="gridcell"
      aria-colindex={columnIndex}
      className={classes.cell}
      data-align={column.align}
      data-cursor={cursorId !== undefined || undefined}
      data-position={position}
      style={{ left, width: column.width }}
    >
      {row === undefined ? <Skeleton index={index} position={position} /> : column.render(row, index)}
    </div>
  );
});

export const cellId = (gridId: string, row: number, position: number) => `${gridId}-${row}-${position}`;

/** In the shape of what comes: of differing lengths, the same for a place each time. */
function Skeleton({ index, position }: { readonly index: number; readonly position: number }) {
  const width = 30 + ((index * 37 + position * 53) % 45);
  return <span className={classes.skeleton} style={{ '--length': `${width}%` } as CSSProperties} />;
}
