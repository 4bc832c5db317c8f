import { Button, Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { RotateCw } from 'lucide-react';
import { lazy, Suspense, useMemo } from 'react';
import type { EndpointDetails } from '../../data/endpoints.ts';
import { keyOf } from '../../data/securables.ts';
import { runStatement } from '../../data/statements.ts';
import { EmptyState, ErrorNotice } from '../../ui/states.tsx';
import { TimeText } from '../../ui/texts.tsx';
import type { TableData } from '../../viewers/table-data.ts';
import classes from './endpoint-page.module.css';

const DataGrid = lazy(async () => ({ default: (await import('../../viewers/data-grid.tsx')).DataGrid }));

const SHOWN = 100;

/** The newest rows of the table with the endpoint's requests, under the reader's own rights. */
export function RequestsTab({ endpoint }: { readonly endpoint: EndpointDetails }) {
  const { table, active, pending } = endpoint;
  const capture = (active ?? pending)?.capture;
  if (table === undefined)
    return (
      <EmptyState title="Requests are not kept" code={AUTO_CAPTURE}>
        <p>
          With a table each request and its answer are a row of the catalog: for monitoring, labels and
          audits. Say where by <em>Update…</em>, or from Python.
        </p>
      </EmptyState>
    );
  const key = keyOf({ type: 'table', name: table.name });
  const statement = statementFor(table.name, capture?.kind);
  return (
    <section className={classes.requests} aria-label="Requests">
      <div className={classes.logTools}>
        <Link to="/catalog" search={{ on: key } as never} dir="auto">
          {table.name}
        </Link>
        <span className="dim">
          {capture?.enabled === false
            ? 'Nothing is added any more; its rows stay.'
            : 'Rows come some seconds after their requests.'}
        </span>
        <span className={classes.spread} />
        <Link to="/sql" search={{ q: statement } as never}>
          Open in SQL
        </Link>
      </div>
      {table.status === 'FAILED' && (
        <ErrorNotice error={new Error(table.message)} what="Requests are not kept in the table" />
      )}
      {table.status === 'PENDING' && <p className="dim">The table is being made.</p>}
      {table.status === 'READY' && <Rows statement={statement} />}
    </section>
  );
}

/** @param kind whose columns the table has */
function statementFor(name: string, kind: 'legacy' | 'gateway' | undefined): string {
  const quoted = name
    .split('.')
    .map((part) => `\`${part.replaceAll('`', '``')}\``)
    .join('.');
  const time = kind === 'gateway' ? 'request_time' : 'timestamp_ms';
  return `SELECT * FROM ${quoted} ORDER BY ${time} DESC LIMIT ${SHOWN}`;
}

const AUTO_CAPTURE = `from databricks.sdk.service.serving import AutoCaptureConfigInput

AutoCaptureConfigInput(catalog_name="prod", schema_name="ml", table_name_prefix="fraud")`;

function Rows({ statement }: { readonly statement: string }) {
  const { data, error, isFetching, dataUpdatedAt, refetch } = useQuery({
    queryKey: ['endpoint-requests', statement],
    queryFn: ({ signal }) => runStatement(statement, signal),
    placeholderData: undefined,
    staleTime: 0,
  });
  const shown = useMemo(
    (): TableData | undefined =>
      data && {
        columns: data.columns.map(({ name }, i) => ({
          name,
          values: data.rows.map((row) => row[i] ?? null),
        })),
        rowCount: data.rows.length,
      },
    [data],
  );
  return (
    <>
      {error !== null && (
        <ErrorNotice error={error} what="The rows could not be read" onRetry={() => void refetch()} />
      )}
      {shown === undefined && error === null && <Skeleton height={240} />}
      {shown?.rowCount === 0 && <p className="dim">No request is in the table yet.</p>}
      {shown !== undefined && shown.rowCount > 0 && (
        <div className={classes.grid}>
          <Suspense fallback={<Skeleton height={240} />}>
            <DataGrid label="Newest requests" table={shown} />
          </Suspense>
        </div>
      )}
      {data !== undefined && (
        <div className={classes.logFoot}>
          <span className="dim">
            {shown?.rowCount === SHOWN ? `The newest ${SHOWN} rows` : `${shown?.rowCount} rows`}, read{' '}
            <TimeText timeMs={dataUpdatedAt} />
          </span>
          <Button
            size="compact-xs"
            variant="default"
            loading={isFetching}
            leftSection={<RotateCw size={12} aria-hidden />}
            onClick={() => void refetch()}
          >
            Read again
          </Button>
        </div>
      )}
    </>
  );
}
