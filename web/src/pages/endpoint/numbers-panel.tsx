import { Button, Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Download, Table } from 'lucide-react';
import { useMemo, useState } from 'react';
import { type EntityNumbers, endpointNumbersQuery } from '../../data/endpoints.ts';
import facts from '../../registry/facts-page.module.css';
import { CountedBy } from '../../serving/counted-by.tsx';
import { renderBriefly, renderTime, renderWhole } from '../../ui/numbers.ts';
import { Panel } from '../../ui/panel.tsx';
import { scrollRegion } from '../../ui/scroll-region.ts';
import { SegmentedControl } from '../../ui/segmented-control.tsx';
import { ErrorNotice } from '../../ui/states.tsx';
import classes from './endpoint-page.module.css';
import { type EndpointSearch, SPANS, type SpanName } from './endpoint-search.ts';
import { NumberChart } from './number-chart.tsx';
import { csvOf, type NumberSeries, seriesOf } from './number-series.ts';

interface NumbersPanelProps {
  readonly name: string;
  readonly search: EndpointSearch;
  readonly onSearch: (search: EndpointSearch) => void;
}

const ALL = 'all models';

/** Requests, latency, errors, processes and queue over the last minutes, by served model. */
export function NumbersPanel({ name, search, onSearch }: NumbersPanelProps) {
  const span: SpanName = search.span ?? '15m';
  const { data, error, refetch } = useQuery(endpointNumbersQuery(name, SPANS[span]));
  const [pointed, setPointed] = useState<number | undefined>();
  const [isTable, setTable] = useState(false);
  const series = useMemo(
    () => data && seriesOf(data.entities, search.entity, data.step_ms),
    [data, search.entity],
  );
  const at = data?.entities[0]?.at ?? NO_STEPS;
  const names = data?.entities.map((entity) => entity.name) ?? [];
  return (
    <Panel
      title="Numbers"
      aside={
        <div className={classes.asides}>
          {names.length > 1 && (
            <SegmentedControl
              size="xs"
              aria-label="Of which model"
              data={[{ value: ALL, label: 'All models' }, ...names]}
              value={names.includes(search.entity ?? '') ? search.entity! : ALL}
              onChange={(value) => onSearch({ ...search, entity: value === ALL ? undefined : value })}
            />
          )}
          <SegmentedControl
            size="xs"
            aria-label="Of which time"
            data={Object.entries(SPANS).map(([value, { label }]) => ({ value, label }))}
            value={span}
            onChange={(value) => onSearch({ ...search, span: value === '1h' ? '1h' : undefined })}
          />
          <Button
            size="compact-xs"
            variant="default"
            aria-pressed={isTable}
            leftSection={<Table size={12} aria-hidden />}
            onClick={() => setTable(!isTable)}
          >
            {isTable ? 'Charts' : 'Table'}
          </Button>
          <Button
            size="compact-xs"
            variant="default"
            leftSection={<Download size={12} aria-hidden />}
            disabled={series === undefined || at.length === 0}
            onClick={() => series && save(`${name}.csv`, csvOf(series, at))}
          >
            CSV
          </Button>
        </div>
      }
    >
      {error !== null && (
        <div className={classes.inset}>
          <ErrorNotice
            error={error}
            what={data === undefined ? 'The numbers could not be read' : 'The numbers may be out of date'}
            onRetry={() => void refetch()}
          />
        </div>
      )}
      {data === undefined && error === null && <Skeleton height={320} m={16} width="auto" />}
      {data?.entities.length === 0 && (
        <p className={`${classes.inset} dim`}>
          Nothing is counted yet: the endpoint has not answered on this server process.
        </p>
      )}
      {series !== undefined && data !== undefined && data.entities.length > 0 && (
        <>
          {isTable ? (
            <NumberTable series={series} at={at} />
          ) : (
            <div className={classes.charts}>
              {series.map((each) => (
                <NumberChart key={each.id} series={each} at={at} pointed={pointed} onPoint={setPointed} />
              ))}
              <Totals entities={data.entities} />
            </div>
          )}
          <p className={classes.note}>
            <CountedBy
              process={data.process}
              what={`Steps of ${data.step_ms / 1000} s, percentiles estimated within the bounds of a histogram; the last hour is kept, and Prometheus reads all of it at /metrics`}
            />
          </p>
        </>
      )}
    </Panel>
  );
}

const NO_STEPS: readonly number[] = [];

function save(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

/** Everything since the server process started. */
function Totals({ entities }: { readonly entities: readonly EntityNumbers[] }) {
  return (
    <div className={classes.totals}>
      <h3 className={classes.totalsTitle}>Since the start</h3>
      <section className={facts.scroll} {...scrollRegion} aria-label="Counts since the start">
        <table className={`${facts.table} ${classes.counts}`}>
          <thead>
            <tr>
              <th scope="col">Model</th>
              <th scope="col">Answer</th>
              <th scope="col">Lane</th>
              <th scope="col" className="numeric">
                Requests
              </th>
            </tr>
          </thead>
          <tbody>
            {entities.flatMap(({ name, total }) =>
              (total?.answers ?? []).map(({ lane, status, count }) => (
                <tr key={`${name} ${lane} ${status}`}>
                  <th scope="row" className={facts.cut} title={name}>
                    {name}
                  </th>
                  <td>{status}</td>
                  <td>{lane}</td>
                  <td className="numeric">{renderWhole(count)}</td>
                </tr>
              )),
            )}
            {entities.map(
              ({ name, total }) =>
                total !== undefined &&
                total.cold_starts > 0 && (
                  <tr key={`${name} cold`}>
                    <th scope="row" className={facts.cut} title={name}>
                      {name}
                    </th>
                    <td colSpan={2}>
                      cold starts, {renderBriefly(total.cold_start_seconds / total.cold_starts)} s on average
                    </td>
                    <td className="numeric">{renderWhole(total.cold_starts)}</td>
                  </tr>
                ),
            )}
          </tbody>
        </table>
      </section>
      {entities.every(({ total }) => (total?.answers.length ?? 0) === 0) && (
        <p className="dim">No request yet.</p>
      )}
    </div>
  );
}

/** The same numbers for those who read or listen rather than look. */
function NumberTable({
  series,
  at,
}: {
  readonly series: readonly NumberSeries[];
  readonly at: readonly number[];
}) {
  const columns = series.flatMap(({ id, title, unit, lines }) =>
    lines.map(({ name, values }) => ({ key: `${id} ${name}`, head: `${title} ${name}`, unit, values })),
  );
  return (
    <section className={facts.scroll} {...scrollRegion} aria-label="Numbers by step">
      <table className={`${facts.table} ${classes.steps}`}>
        <thead>
          <tr>
            <th scope="col">Until</th>
            {columns.map(({ key, head, unit }) => (
              <th key={key} scope="col" className="numeric">
                {head}
                {unit !== '' && ` (${unit})`}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {at
            .map((timeMs, i) => ({ timeMs, i }))
            .reverse()
            .map(({ timeMs, i }) => (
              <tr key={timeMs}>
                <th scope="row">{renderTime(timeMs).slice(11)}</th>
                {columns.map(({ key, values }) => {
                  const value = values[i];
                  return (
                    <td key={key} className="numeric">
                      {value === null || value === undefined ? (
                        <span className="dim">–</span>
                      ) : (
                        renderBriefly(value)
                      )}
                    </td>
                  );
                })}
              </tr>
            ))}
        </tbody>
      </table>
    </section>
  );
}
