import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { renderBytes } from '../ui/numbers.ts';
import { SegmentedControl } from '../ui/segmented-control.tsx';
import classes from './artifact-view.module.css';
import { DataGrid } from './data-grid.tsx';
import { readDelimited } from './delimited.ts';
import type { ViewerProps } from './file-view.tsx';
import { nameOf } from './kinds.ts';
import { TextViewer } from './text-viewer.tsx';
import { Waiting } from './waiting.tsx';

const WAYS = [
  { value: 'table', label: 'Table' },
  { value: 'text', label: 'Text' },
];

/** CSV and TSV as a table that can be put in any order. */
export function DelimitedViewer({ file, owner }: ViewerProps) {
  const [way, setWay] = useState('table');
  const table = useQuery({
    queryKey: ['artifact-delimited', file.url, file.sizeBytes],
    queryFn: ({ signal }) => readDelimited(file, signal),
    gcTime: 60_000,
  });
  const tools = (
    <SegmentedControl
      size="xs"
      aria-label="How to show the table"
      data={WAYS}
      value={way}
      onChange={setWay}
    />
  );
  if (way === 'text') return <TextViewer file={file} owner={owner} tools={tools} />;
  if (table.isError) throw table.error;
  if (table.data === undefined) return <Waiting />;
  const { rowCount, columns, readBytes, hasMoreRows, fault } = table.data;
  return (
    <>
      <div className={classes.toolbar}>
        {tools}
        <span className={classes.spread} />
        <span>
          {rowCount.toLocaleString('en-US')} rows × {columns.length} columns
        </span>
      </div>
      {hasMoreRows && (
        <p className={classes.words}>
          The first {rowCount.toLocaleString('en-US')} rows are shown ({renderBytes(readBytes)} of{' '}
          {renderBytes(file.sizeBytes)}), and only they are sorted. Download the file for all of it.
        </p>
      )}
      {fault !== undefined && <p className={classes.words}>Some rows are not as the others are: {fault}</p>}
      {columns.length === 0 ? (
        <p className={classes.words}>The table is empty.</p>
      ) : (
        <DataGrid label={nameOf(file.path)} table={table.data} />
      )}
    </>
  );
}
