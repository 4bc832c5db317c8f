import { ActionIcon, Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ArrowDownUp, ChevronLeft, ChevronRight } from 'lucide-react';
import { useMemo, useReducer, useRef, useState } from 'react';
import type { GridColumn } from '../tables/columns.ts';
import { Grid } from '../tables/grid.tsx';
import type { GridWindow } from '../tables/grid-props.ts';
import { notifyFailure } from '../ui/notices.tsx';
import classes from './artifact-view.module.css';
import { DataGrid, defaultCell } from './data-grid.tsx';
import type { ViewerProps } from './file-view.tsx';
import { nameOf } from './kinds.ts';
import { openParquet, type ParquetRow, type ParquetSource } from './parquet-source.ts';
import { cellText, MOST_ROWS, type TableData } from './table-data.ts';
import { Waiting } from './waiting.tsx';

/** A table of this size can be read whole, and so be put in any order. */
const MOST_SORTED_BYTES = 32 * 1024 * 1024;
const MOST_SORTED_CELLS = 20_000_000;

/** A Parquet file as a table; only the rows in view are fetched. */
export function ParquetViewer({ file }: ViewerProps) {
  const [whole, setWhole] = useState<TableData | 'loading' | undefined>();
  const [first, setFirst] = useState(0);
  const source = useQuery({
    queryKey: ['artifact-parquet', file.url, file.sizeBytes],
    queryFn: ({ signal }) => openParquet(file, signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });
  if (source.isError) throw source.error;
  if (source.data === undefined) return <Waiting />;
  const { rowCount, columns, groupCount, writer } = source.data;
  const canSort =
    file.sizeBytes <= MOST_SORTED_BYTES &&
    rowCount <= MOST_ROWS &&
    rowCount * columns.length <= MOST_SORTED_CELLS;
  const loadWhole = async () => {
    setWhole('loading');
    try {
      setWhole(await source.data.readAll());
    } catch (error) {
      setWhole(undefined);
      notifyFailure(error);
    }
  };
  return (
    <>
      <div className={classes.toolbar}>
        <span>
          {rowCount.toLocaleString('en-US')} rows × {columns.length} columns · {groupCount}{' '}
          {groupCount === 1 ? 'row group' : 'row groups'}
          {writer && ` · ${writer.split(' (')[0]}`}
        </span>
        <PartSteps rowCount={rowCount} first={first} onFirst={setFirst} />
        <span className={classes.spread} />
        {canSort && typeof whole !== 'object' && (
          <Button
            size="compact-xs"
            variant="default"
            loading={whole === 'loading'}
            leftSection={<ArrowDownUp size={13} aria-hidden />}
            onClick={() => void loadWhole()}
          >
            Make sortable
          </Button>
        )}
        {!canSort && <span>Too large to be sorted here</span>}
      </div>
      {typeof whole === 'object' ? (
        <DataGrid label={nameOf(file.path)} table={whole} />
      ) : (
        <WindowGrid key={first} label={nameOf(file.path)} source={source.data} first={first} />
      )}
    </>
  );
}

const BLOCK_ROWS = 2000;
const MOST_BLOCKS = 60;
/** Wider tables are read by the columns in view. */
const MOST_READ_TOGETHER = 60;

interface LoadedRow {
  readonly index: number;
  readonly values: ParquetRow;
}

interface PartStepsProps {
  readonly rowCount: number;
  readonly first: number;
  readonly onFirst: (first: number) => void;
}

/** A table that is too long to scroll through is shown by the million rows. */
function PartSteps({ rowCount, first, onFirst }: PartStepsProps) {
  if (rowCount <= MOST_ROWS) return null;
  const end = Math.min(rowCount, first + MOST_ROWS);
  const steps = [
    { label: 'Rows before', icon: ChevronLeft, isOff: first === 0, to: first - MOST_ROWS },
    { label: 'Next rows', icon: ChevronRight, isOff: end === rowCount, to: end },
  ];
  return (
    <>
      <span>
        · rows {(first + 1).toLocaleString('en-US')} – {end.toLocaleString('en-US')}
      </span>
      {steps.map(({ label, icon: Icon, isOff, to }) => (
        <ActionIcon
          key={label}
          size="sm"
          variant="subtle"
          color="gray"
          aria-label={label}
          disabled={isOff}
          onClick={() => onFirst(to)}
        >
          <Icon size={15} aria-hidden />
        </ActionIcon>
      ))}
    </>
  );
}

interface WindowGridProps {
  readonly label: string;
  readonly source: ParquetSource;
  /** The row of the file at which the grid begins. */
  readonly first: number;
}

function WindowGrid({ label, source, first }: WindowGridProps) {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const [widths, setWidths] = useState<ReadonlyMap<string, number>>(new Map());
  const blocks = useRef(new Map<string, readonly LoadedRow[] | 'loading'>());
  const shownColumns = useRef<readonly string[] | undefined>(undefined);
  const isWide = source.columns.length > MOST_READ_TOGETHER;
  const blockKey = (block: number) => `${block} ${isWide ? (shownColumns.current ?? []).join('\u0000') : ''}`;

  const load = async (block: number) => {
    const key = blockKey(block);
    if (blocks.current.has(key)) return;
    blocks.current.set(key, 'loading');
    const start = block * BLOCK_ROWS;
    try {
      const rows = await source.readRows(
        { start, end: start + BLOCK_ROWS },
        isWide ? shownColumns.current : undefined,
      );
      blocks.current.set(
        key,
        rows.map((values, i) => ({ index: start + i, values })),
      );
      const [oldest] = blocks.current.keys();
      if (blocks.current.size > MOST_BLOCKS && oldest !== undefined) blocks.current.delete(oldest);
    } catch (error) {
      blocks.current.delete(key);
      notifyFailure(error);
    }
    redraw();
  };
  const onWindow = ({ firstRow, endRow, columnIds }: GridWindow) => {
    shownColumns.current = columnIds.filter((id) => id !== '#').map((id) => source.columns[Number(id)]!.name);
    const last = Math.floor((first + Math.max(firstRow, endRow - 1)) / BLOCK_ROWS);
    for (let block = Math.floor((first + firstRow) / BLOCK_ROWS); block <= last; block++) void load(block);
  };
  const rowAt = (index: number): LoadedRow | undefined => {
    const row = first + index;
    const block = blocks.current.get(blockKey(Math.floor(row / BLOCK_ROWS)));
    return block === undefined || block === 'loading' ? undefined : block[row % BLOCK_ROWS];
  };
  const columns = useMemo(() => columnsOf(source, widths), [source, widths]);
  return (
    <div className={classes.body}>
      <Grid<LoadedRow>
        label={label}
        columns={columns}
        rowCount={Math.min(MOST_ROWS, source.rowCount - first)}
        rowAt={rowAt}
        keyOf={({ index }) => String(index)}
        rowHeight={28}
        onWindow={onWindow}
        onResizeColumn={(id, width) => setWidths(new Map(widths).set(id, width))}
      />
    </div>
  );
}

const NUMERIC = /^(INT|UINT|DOUBLE|FLOAT|DECIMAL|INTEGER)/;

function columnsOf(
  source: ParquetSource,
  widths: ReadonlyMap<string, number>,
): readonly GridColumn<LoadedRow>[] {
  const number: GridColumn<LoadedRow> = {
    id: '#',
    label: 'Row',
    header: <span className="visually-hidden">Row</span>,
    width: 84,
    align: 'end',
    isPinned: true,
    isFixed: true,
    render: ({ index }) => <span className="dim">{(index + 1).toLocaleString('en-US')}</span>,
  };
  const data = source.columns.map(
    ({ name, type }, i): GridColumn<LoadedRow> => ({
      id: String(i),
      label: `${name}, ${type}`,
      header: (
        <span title={`${name}: ${type}`}>
          {name} <span className="dim">{type.toLowerCase()}</span>
        </span>
      ),
      width:
        widths.get(String(i)) ??
        Math.max(type === 'TIMESTAMP' ? 180 : 120, Math.min(280, (name.length + type.length) * 8 + 40)),
      align: NUMERIC.test(type) ? 'end' : 'start',
      render: ({ values }) => defaultCell(values[name]),
      textOf: ({ values }) => cellText(values[name]),
    }),
  );
  return [number, ...data];
}
