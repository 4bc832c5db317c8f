import type { ReactNode } from 'react';
import { type ArtifactOwner, viewUrl } from './artifact-owner.ts';
import classes from './artifact-view.module.css';
import { DataGrid, defaultCell } from './data-grid.tsx';
import { pictureInCell } from './logged-table.ts';
import tableClasses from './logged-table-view.module.css';
import type { TableData } from './table-data.ts';

interface LoggedTableViewProps {
  readonly table: TableData;
  readonly owner: ArtifactOwner;
  readonly tools: ReactNode;
}

/** What `mlflow.log_table` wrote, with its pictures. */
export function LoggedTableView({ table, owner, tools }: LoggedTableViewProps) {
  return (
    <>
      <div className={classes.toolbar}>
        {tools}
        <span className={classes.spread} />
        <span>
          {table.rowCount.toLocaleString('en-US')} rows × {table.columns.length} columns
        </span>
      </div>
      <DataGrid label="Table" table={table} renderCell={cellOf(owner)} />
    </>
  );
}

const renderers = new WeakMap<ArtifactOwner, (value: unknown) => ReactNode>();

/** One function an owner, so that rows are not drawn anew. */
function cellOf(owner: ArtifactOwner): (value: unknown) => ReactNode {
  const known = renderers.get(owner);
  if (known !== undefined) return known;
  const render = (value: unknown) => {
    const picture = pictureInCell(value);
    if (picture === undefined) return defaultCell(value);
    return (
      <img className={tableClasses.picture} src={viewUrl(owner, picture)} alt={picture} loading="lazy" />
    );
  };
  renderers.set(owner, render);
  return render;
}
