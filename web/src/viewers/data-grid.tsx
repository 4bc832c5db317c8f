import { type ReactNode, useMemo, useState } from 'react';
import type { GridColumn } from '../tables/columns.ts';
import { Grid } from '../tables/grid.tsx';
import type { SortKey } from '../tables/grid-header.tsx';
import classes from './artifact-view.module.css';
import { cellText, isNumeric, orderRows, type TableData } from './table-data.ts';

interface DataGridProps {
  readonly label: string;
  readonly table: TableData;
  /** Instead of the value's text. */
  readonly renderCell?: (value: unknown) => ReactNode;
}

const MOST_LETTERS = 300;
/** Fractions in six digits, which a column has room for; the value itself on hover. */
const SHOWN_DIGITS = 6;

/** A table in memory, in any order. Its rows are their numbers. */
export function DataGrid({ label, table, renderCell = defaultCell }: DataGridProps) {
  const [sort, setSort] = useState<readonly SortKey[]>([]);
  const [widths, setWidths] = useState<ReadonlyMap<string, number>>(new Map());
  const columns = useMemo(
    () => [numberColumn, ...columnsOf(table, { widths, renderCell })],
    [table, widths, renderCell],
  );
  const order = useMemo(() => {
    const [key] = sort;
    const column = key && table.columns[Number(key.id)];
    return column && orderRows(column, key.isDescending);
  }, [table, sort]);
  const rowAt = useMemo(() => (index: number) => (order === undefined ? index : order[index]), [order]);
  return (
    <div className={classes.body}>
      <Grid<number>
        label={label}
        columns={columns}
        rowCount={table.rowCount}
        rowAt={rowAt}
        keyOf={String}
        rowHeight={28}
        sort={sort}
        onSort={(keys) => setSort(keys.slice(-1))}
        onResizeColumn={(id, width) => setWidths(new Map(widths).set(id, width))}
      />
    </div>
  );
}

/** Rows keep the number that they have in the file. */
const numberColumn: GridColumn<number> = {
  id: 'number',
  label: 'Row',
  header: <span className="visually-hidden">Row</span>,
  width: 72,
  align: 'end',
  isPinned: true,
  isFixed: true,
  render: (row) => <span className="dim">{(row + 1).toLocaleString('en-US')}</span>,
};

interface ColumnOptions {
  readonly widths: ReadonlyMap<string, number>;
  readonly renderCell: (value: unknown) => ReactNode;
}

function columnsOf({ columns }: TableData, { widths, renderCell }: ColumnOptions): GridColumn<number>[] {
  return columns.map((column, i) => ({
    id: String(i),
    label: column.name,
    width: widths.get(String(i)) ?? widthOf(column.name, column.values),
    align: isNumeric(column) ? 'end' : 'start',
    isSortable: true,
    render: (row) => renderCell(column.values[row]),
    textOf: (row) => cellText(column.values[row]),
  }));
}

const lettersOf = (value: unknown): number =>
  typeof value === 'number' && !Number.isInteger(value) ? SHOWN_DIGITS + 4 : cellText(value).length;

/** As wide as what its first cells hold, within reason. */
function widthOf(name: string, values: ArrayLike<unknown>): number {
  let letters = name.length + 3;
  for (let i = 0; i < Math.min(values.length, 50); i++) letters = Math.max(letters, lettersOf(values[i]));
  return Math.max(64, Math.min(360, Math.round(letters * 7.4) + 24));
}

export function defaultCell(value: unknown): ReactNode {
  if (value === null || value === undefined) return <span className="dim">null</span>;
  if (typeof value === 'number' && !Number.isInteger(value)) {
    return <span title={String(value)}>{String(Number(value.toPrecision(SHOWN_DIGITS)))}</span>;
  }
  const text = cellText(value);
  return <span dir="auto">{text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS)}…` : text}</span>;
}
