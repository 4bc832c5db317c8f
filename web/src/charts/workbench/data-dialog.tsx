import { Modal } from '@mantine/core';
import { renderNumber } from '../../ui/numbers.ts';
import { scrollRegion } from '../../ui/scroll-region.ts';
import type { ChartTable } from '../chart-handle.ts';
import classes from './data-dialog.module.css';

const MOST_ROWS = 1000;

interface DataDialogProps {
  readonly title: string;
  readonly table: ChartTable;
  readonly onClose: () => void;
}

/** What a chart shows, as a table. */
export function DataDialog({ title, table, onClose }: DataDialogProps) {
  const { columns, rows } = table;
  return (
    <Modal opened onClose={onClose} size="xl" title={`${title}: data`} transitionProps={{ duration: 0 }}>
      <section className={classes.scroll} {...scrollRegion} aria-label="Data of the chart">
        <table className={classes.table}>
          <caption className="visually-hidden">{title}</caption>
          <thead>
            <tr>
              {columns.map((column, i) => (
                <th key={`${i} ${column}`} scope="col" dir="auto">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, MOST_ROWS).map((row, i) => (
              <tr key={i}>
                {row.map((value, c) => (
                  <td
                    key={c}
                    className={typeof value === 'number' ? 'numeric' : undefined}
                    title={String(value ?? '')}
                    dir="auto"
                  >
                    {typeof value === 'number' ? renderNumber(value) : (value ?? '–')}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {rows.length > MOST_ROWS && (
        <p className="dim">
          The first {MOST_ROWS.toLocaleString('en-US')} of {rows.length.toLocaleString('en-US')} rows; the CSV
          has all.
        </p>
      )}
    </Modal>
  );
}
