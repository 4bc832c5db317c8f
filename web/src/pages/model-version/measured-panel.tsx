import { Select } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { TableVersion } from '../../data/models.ts';
import facts from '../../registry/facts-page.module.css';
import { baselineOf, deltaOf, describeMeasured, judge, metricOf } from '../../registry/metric-deltas.ts';
import { renderNumber } from '../../ui/numbers.ts';
import { Panel } from '../../ui/panel.tsx';
import { scrollRegion } from '../../ui/scroll-region.ts';
import classes from './model-version-page.module.css';

interface MeasuredPanelProps {
  readonly version: TableVersion;
  /** All of the model, the newest first. */
  readonly versions: readonly TableVersion[];
}

/** What was measured of the version, against another one: who holds the alias, or the one before. */
export function MeasuredPanel({ version, versions }: MeasuredPanelProps) {
  const [against, setAgainst] = useState<string | undefined>();
  const others = versions.filter((one) => one !== version);
  const before = others.find((one) => Number(one.version) < Number(version.version));
  const base = others.find((one) => one.version === against) ?? baselineOf(others, undefined) ?? before;
  const keys = Object.keys(version.metrics ?? {}).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  if (keys.length === 0) return null;
  return (
    <Panel
      title="Metrics"
      aside={
        base !== undefined && (
          <Select
            size="xs"
            className={classes.against}
            aria-label="Metrics are held against"
            data={others.map((one) => ({
              value: one.version,
              label: [`version ${one.version}`, ...(one.aliases ?? []).map((alias) => `@${alias}`)].join(' '),
            }))}
            value={base.version}
            searchable
            openOnFocus={false}
            limit={100}
            allowDeselect={false}
            leftSection={<span className={classes.againstWord}>against</span>}
            leftSectionWidth={60}
            onChange={(value) => setAgainst(value ?? undefined)}
          />
        )
      }
    >
      <section className={facts.scroll} {...scrollRegion} aria-label="Metrics of this version">
        <table className={`${facts.table} ${classes.measured}`}>
          <thead>
            <tr>
              <th scope="col">Metric</th>
              <th scope="col" className="numeric">
                Version {version.version}
              </th>
              <th scope="col" className="numeric">
                Step
              </th>
              {base !== undefined && (
                <>
                  <th scope="col" className="numeric">
                    Version {base.version}
                  </th>
                  <th scope="col" className="numeric">
                    Difference
                  </th>
                </>
              )}
            </tr>
          </thead>
          <tbody>
            {keys.map((key) => (
              <MetricRow key={key} metric={key} version={version} base={base} />
            ))}
          </tbody>
        </table>
      </section>
      {version.linked_metrics !== undefined && (
        <p className={classes.measuredNote}>
          The last values of the source run. What was logged with the model itself is on{' '}
          {version.model_id !== undefined && version.source_run !== undefined ? (
            <Link
              to="/experiments/$experimentId/models/$modelId/$"
              params={{
                experimentId: version.source_run.experiment_id,
                modelId: version.model_id,
                _splat: '',
              }}
            >
              the page of the logged model
            </Link>
          ) : (
            'the page of the logged model'
          )}
          .
        </p>
      )}
    </Panel>
  );
}

interface MetricRowProps {
  readonly metric: string;
  readonly version: TableVersion;
  readonly base: TableVersion | undefined;
}

function MetricRow({ metric, version, base }: MetricRowProps) {
  const value = metricOf(version, metric) ?? Number.NaN;
  const before = base && metricOf(base, metric);
  const delta = before === undefined ? undefined : deltaOf(value, before);
  return (
    <tr>
      <th scope="row" className={facts.cut} title={metric} dir="auto">
        {metric}
      </th>
      <td className="numeric">
        <span title={describeMeasured(version, metric)}>{renderNumber(value)}</span>
      </td>
      <td className="numeric dim">{version.metric_steps?.[metric] ?? ''}</td>
      {base !== undefined && (
        <>
          <td className="numeric">
            {before === undefined ? (
              <span className="dim">–</span>
            ) : (
              <span title={describeMeasured(base, metric)}>{renderNumber(before)}</span>
            )}
          </td>
          <td className="numeric">
            {delta !== undefined && (
              <span className={classes.delta} data-verdict={judge(metric, delta)} title={String(delta)}>
                {delta > 0 ? '+' : ''}
                {renderNumber(delta)}
              </span>
            )}
          </td>
        </>
      )}
    </tr>
  );
}
