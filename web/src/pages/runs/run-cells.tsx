import { ChevronDown, ChevronRight } from 'lucide-react';
import type { MouseEvent } from 'react';
import { runColor } from '../../charts/run-colors.ts';
import type { DatasetCell, ModelCell, WireCell } from '../../data/run-table.ts';
import { renderAgo, renderCount, renderDuration, renderNumber, renderTime } from '../../ui/numbers.ts';
import { Status } from '../../ui/status.tsx';
import { type ColumnCode, isMetric, serverColumn } from './column-codes.ts';
import classes from './run-cells.module.css';
import type { RunRow } from './run-rows.ts';

interface NameCellProps {
  readonly row: RunRow;
  readonly isOpen: boolean;
  readonly isTree: boolean;
  readonly onFold: (row: RunRow, isOpen: boolean) => void;
  readonly onOpen: (row: RunRow) => void;
}

/**
 * The run's colour, its name, and in a tree its place and how many children it has. The link is a plain one: a click
 * goes to `onOpen`, and one that follows the router would cost more than all cells of the row.
 */
export function NameCell({ row, isOpen, isTree, onFold, onOpen }: NameCellProps) {
  if (row.isGone) return <span className="dim">Deleted for good</span>;
  const Chevron = isOpen ? ChevronDown : ChevronRight;
  const open = (event: MouseEvent) => {
    // With a modifier the browser opens the run's own page in a new tab.
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    onOpen(row);
  };
  return (
    <span className={classes.name} style={{ paddingLeft: row.depth * 16 }}>
      {isTree &&
        (row.childCount > 0 ? (
          <button
            type="button"
            tabIndex={-1}
            className={classes.fold}
            aria-label={isOpen ? `Fold ${row.name}` : `Unfold ${row.name}`}
            onClick={() => onFold(row, !isOpen)}
          >
            <Chevron size={14} aria-hidden />
          </button>
        ) : (
          <span className={classes.noFold} />
        ))}
      <span className={classes.dot} style={{ background: runColor(row.runId) }} aria-hidden />
      <a
        href={`/experiments/${row.experimentId}/runs/${row.runId}`}
        tabIndex={-1}
        className={classes.link}
        data-deleted={row.isDeleted || undefined}
        title={row.name}
        dir="auto"
        onClick={open}
      >
        {row.name}
      </a>
      {row.childCount > 0 && (
        <span className={classes.children} title={`${row.childCount} child runs`}>
          {renderCount(row.childCount)}
        </span>
      )}
    </span>
  );
}

export interface CellLook {
  /** In ms, for what is told from now on. */
  readonly now: number;
  /** Whether the column shows fractions. */
  readonly hasFractions: boolean;
}

/** A cell of any other column. */
export function renderRunCell(row: RunRow, column: ColumnCode, { now, hasFractions }: CellLook) {
  if (row.isGone) return null;
  if (column.kind === 'a') return renderAttribute(row, column, now);
  const cell = row.cell(serverColumn(column));
  if (cell === undefined) return <span className={classes.waiting} />;
  if (cell === null) return <span className={classes.none}>–</span>;
  if (isMetric(column)) return <NumberCell cell={cell} hasFractions={hasFractions} />;
  return <TextCell text={String(cell)} />;
}

function renderAttribute(row: RunRow, column: ColumnCode, now: number) {
  switch (column.key) {
    case 'status':
      return (
        <span data-value className={classes.status}>
          <Status status={row.status} />
        </span>
      );
    case 'start_time':
      return <Ago timeMs={row.startTimeMs} now={now} />;
    case 'end_time':
      return <Ago timeMs={row.endTimeMs} now={now} />;
    case 'duration':
      return <Duration row={row} now={now} />;
    case 'run_id':
      return <TextCell text={row.runId} isMono />;
    case 'lifecycle_stage':
      return <span>{row.isDeleted ? 'deleted' : 'active'}</span>;
  }
  const cell = row.cell(serverColumn(column));
  if (cell === undefined) return <span className={classes.waiting} />;
  if (cell === null || (typeof cell === 'object' && cell.length === 0))
    return <span className={classes.none}>–</span>;
  if (typeof cell === 'object') return <NameList items={cell} />;
  return <TextCell text={String(cell)} isMono={column.key === 'parent_run_id'} />;
}

function Ago({ timeMs, now }: { readonly timeMs: number | undefined; readonly now: number }) {
  if (timeMs === undefined) return <span className={classes.none}>–</span>;
  return (
    <time title={renderTime(timeMs)} className={classes.text}>
      {renderAgo(timeMs, now)}
    </time>
  );
}

function Duration({ row, now }: { readonly row: RunRow; readonly now: number }) {
  const { startTimeMs, endTimeMs, status } = row;
  if (startTimeMs === undefined) return <span className={classes.none}>–</span>;
  if (endTimeMs !== undefined) return <span>{renderDuration(endTimeMs - startTimeMs)}</span>;
  if (status !== 'RUNNING') return <span className={classes.none}>–</span>;
  return <span className={classes.running}>{renderDuration(Math.max(0, now - startTimeMs))}</span>;
}

function NumberCell({ cell, hasFractions }: { readonly cell: WireCell; readonly hasFractions: boolean }) {
  return (
    <span data-value className={classes.value} title={String(cell)}>
      {renderNumber(Number(cell), hasFractions)}
    </span>
  );
}

/** As many letters as could ever be seen of a cell. */
const MOST_LETTERS = 300;

function TextCell({ text, isMono = false }: { readonly text: string; readonly isMono?: boolean }) {
  const shown = text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS)}…` : text;
  return (
    <span
      data-value
      dir="auto"
      className={isMono ? `${classes.text} ${classes.value} mono` : `${classes.text} ${classes.value}`}
      title={text.slice(0, 2000)}
    >
      {shown === '' ? '“”' : shown}
    </span>
  );
}

function NameList({ items }: { readonly items: readonly DatasetCell[] | readonly ModelCell[] }) {
  const names = items.map((item) =>
    'versions' in item && item.versions.length > 0
      ? item.versions.map(({ name, version }) => `${name} v${version}`).join(', ')
      : item.name,
  );
  const text = names.join(', ');
  return (
    <span className={classes.text} title={text} dir="auto">
      {text}
    </span>
  );
}

/** What copying a cell takes: the whole value. */
export function textOfCell(row: RunRow, column: ColumnCode): string {
  if (column.kind === 'a') {
    switch (column.key) {
      case 'status':
        return row.status;
      case 'start_time':
        return row.startTimeMs === undefined ? '' : new Date(row.startTimeMs).toISOString();
      case 'end_time':
        return row.endTimeMs === undefined ? '' : new Date(row.endTimeMs).toISOString();
      case 'duration':
        return row.endTimeMs === undefined || row.startTimeMs === undefined
          ? ''
          : String(row.endTimeMs - row.startTimeMs);
      case 'run_id':
        return row.runId;
      case 'lifecycle_stage':
        return row.isDeleted ? 'deleted' : 'active';
    }
  }
  const cell = row.cell(serverColumn(column));
  if (cell === undefined || cell === null) return '';
  return typeof cell === 'object' ? JSON.stringify(cell) : String(cell);
}
