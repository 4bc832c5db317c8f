import { Skeleton } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { useRef } from 'react';
import type { Endpoint, ServedEntity } from '../../data/endpoints.ts';
import { sayingOf, stateOf } from '../../serving/endpoint-state.ts';
import { renderMs } from '../../serving/milliseconds.ts';
import { renderBriefly, renderWhole } from '../../ui/numbers.ts';
import { scrollRegion } from '../../ui/scroll-region.ts';
import { Status } from '../../ui/status.tsx';
import { TimeText } from '../../ui/texts.tsx';
import classes from './endpoints-page.module.css';
import { type EndpointSort, errorShareOf } from './endpoints-search.ts';

interface EndpointTableProps {
  /** Undefined while they come. */
  readonly rows: readonly Endpoint[] | undefined;
  readonly sort: EndpointSort;
  readonly onSort: (sort: EndpointSort) => void;
}

const ROW_PX = 48;
const WAITING_ROWS = 8;

/** As many endpoints as there are: only the rows in sight exist. */
export function EndpointTable({ rows, sort, onSort }: EndpointTableProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const count = rows?.length ?? WAITING_ROWS;
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 10,
    scrollPaddingStart: 32,
  });
  const header = (label: string, by: EndpointSort, isNumber = true) => (
    <div
      role="columnheader"
      className={isNumber ? classes.number : undefined}
      aria-sort={sort === by ? (isNumber ? 'descending' : 'ascending') : 'none'}
    >
      <button type="button" className={classes.sort} onClick={() => onSort(by)}>
        {label}
        {sort === by && (isNumber ? <ArrowDown size={12} aria-hidden /> : <ArrowUp size={12} aria-hidden />)}
      </button>
    </div>
  );
  return (
    <div
      ref={scroller}
      className={classes.scroller}
      role="table"
      aria-label="Endpoints"
      aria-rowcount={count + 1}
      aria-busy={rows === undefined}
      data-scroll-restoration-id="endpoints"
      {...scrollRegion}
    >
      <div role="row" aria-rowindex={1} className={classes.head}>
        {header('Name', 'name', false)}
        <div role="columnheader">State</div>
        <div role="columnheader">Serves</div>
        {header('Requests/s', 'requests')}
        <div role="columnheader" className={classes.number}>
          p50
        </div>
        {header('p95', 'p95')}
        {header('Errors', 'errors')}
        <div role="columnheader" className={classes.number}>
          Processes
        </div>
        <div role="columnheader" className={classes.number}>
          Changed
        </div>
      </div>
      <div role="rowgroup" className={classes.rows} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, start }) => {
          const row = rows?.[index];
          const place = { role: 'row', 'aria-rowindex': index + 2, style: { top: start } } as const;
          return row === undefined ? (
            <div key={index} {...place} className={classes.row}>
              <div role="cell">
                <Skeleton height={12} width={160} />
              </div>
            </div>
          ) : (
            <div key={row.id} {...place} className={classes.row}>
              <EndpointCells endpoint={row} />
            </div>
          );
        })}
      </div>
    </div>
  );
}

function EndpointCells({ endpoint }: { readonly endpoint: Endpoint }) {
  const { name, recent, active, pending, updated_at: updatedAt, replicas } = endpoint;
  const saying = sayingOf(endpoint);
  const errors = errorShareOf(endpoint);
  const entities = (active ?? pending)?.entities ?? [];
  return (
    <>
      <div role="cell" className={classes.name}>
        <Link to="/endpoints/$name" params={{ name }} title={name}>
          {name}
        </Link>
      </div>
      <div role="cell" className={classes.state}>
        <Status status={stateOf(endpoint)} />
        {saying !== undefined && (
          <span className={classes.saying} title={saying.text} dir="auto">
            {saying.text}
          </span>
        )}
      </div>
      <div role="cell" className={classes.serves} title={entities.map(describeEntity).join('\n')}>
        {entities.slice(0, 2).map((entity) => (
          <span key={entity.name} className={classes.served} dir="auto">
            {describeEntity(entity)}
            {entities.length > 2 && entity === entities[1] && ` and ${entities.length - 2} more`}
          </span>
        ))}
        {entities.length === 0 && <span className="dim">nothing yet</span>}
      </div>
      <div
        role="cell"
        className={classes.number}
        title={`${renderWhole(recent.requests)} in the last 5 minutes`}
      >
        {recent.requests === 0 ? (
          <span className="dim">0</span>
        ) : (
          renderBriefly(recent.requests / (recent.span_ms / 1000))
        )}
      </div>
      <div role="cell" className={classes.number}>
        <Milliseconds ms={recent.p50_ms} />
      </div>
      <div role="cell" className={classes.number}>
        <Milliseconds ms={recent.p95_ms} />
      </div>
      <div
        role="cell"
        className={classes.number}
        title={`${renderWhole(recent.refused)} refused, ${renderWhole(recent.failed)} failed`}
      >
        {errors === undefined ? (
          <span className="dim">–</span>
        ) : (
          <span className={errors > 0 ? classes.wrong : undefined}>{renderBriefly(errors * 100)} %</span>
        )}
      </div>
      <div role="cell" className={classes.number}>
        {replicas === 0 ? <span className="dim">0</span> : replicas}
        {entities.some(({ scale_to_zero: scales }) => scales) && (
          <span className={classes.atRest} title="Without requests its processes end">
            to zero
          </span>
        )}
      </div>
      <div role="cell" className={classes.number}>
        <TimeText timeMs={updatedAt} />
      </div>
    </>
  );
}

function Milliseconds({ ms }: { readonly ms: number | undefined }) {
  return ms === undefined ? <span className="dim">–</span> : <span title={`${ms} ms`}>{renderMs(ms)}</span>;
}

function describeEntity({ model, version, alias, percent }: ServedEntity): string {
  const target = alias === undefined ? `v${version}` : `@${alias} v${version}`;
  return `${model} ${target}${percent === 100 ? '' : ` · ${percent} %`}`;
}
