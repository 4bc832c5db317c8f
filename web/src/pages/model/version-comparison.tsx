import { CloseButton, Switch } from '@mantine/core';
import type { Run } from '@slipway/client';
import { useQueries } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Fragment, useState } from 'react';
import type { TableVersion } from '../../data/models.ts';
import { client } from '../../data/server.ts';
import { deltaOf, judge } from '../../registry/metric-deltas.ts';
import { mlmodelQuery, requirementsQuery } from '../../registry/model-files.ts';
import { renderNumber } from '../../ui/numbers.ts';
import { Panel } from '../../ui/panel.tsx';
import { scrollRegion } from '../../ui/scroll-region.ts';
import {
  type ComparedVersion,
  type ComparisonGroup,
  type ComparisonRow,
  comparisonGroups,
} from './comparison-rows.ts';
import classes from './model-page.module.css';

interface VersionComparisonProps {
  readonly name: string;
  readonly versions: readonly TableVersion[];
  /** Stands first, if it is among them. */
  readonly baseline: TableVersion | undefined;
  readonly onClose: () => void;
}

/** Versions side by side: what they hold and measured, their params, signatures, environments and tags. */
export function VersionComparison({ name, versions, baseline, onClose }: VersionComparisonProps) {
  const [onlyDifferent, setOnlyDifferent] = useState(true);
  const ordered = [...versions].sort((a, b) => Number(b === baseline) - Number(a === baseline));
  const compared = useCompared(name, ordered);
  const groups = comparisonGroups(compared)
    .map((group) => ({
      ...group,
      rows: onlyDifferent ? group.rows.filter(({ isDifferent }) => isDifferent) : group.rows,
    }))
    .filter(({ rows }) => rows.length > 0);
  return (
    <Panel
      title={`Versions ${ordered.map(({ version }) => version).join(', ')} side by side`}
      aside={
        <span className={classes.tools}>
          <Switch
            size="xs"
            label="Differences only"
            checked={onlyDifferent}
            onChange={({ currentTarget }) => setOnlyDifferent(currentTarget.checked)}
          />
          <CloseButton size="sm" aria-label="Close the comparison" onClick={onClose} />
        </span>
      }
    >
      <section className={classes.scroll} {...scrollRegion} aria-label={`Comparison of versions of ${name}`}>
        <table className={classes.table}>
          <thead>
            <tr>
              <td className={classes.rowHead} />
              {ordered.map(({ version }) => (
                <th key={version} scope="col">
                  <Link to="/models/$name/versions/$version" params={{ name, version }}>
                    Version {version}
                  </Link>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {groups.map((group) => (
              <Fragment key={group.title}>
                <tr className={classes.groupHead}>
                  <th scope="rowgroup" colSpan={ordered.length + 1}>
                    {group.title}
                  </th>
                </tr>
                {group.rows.map((row) => (
                  <Row key={row.key} group={group} row={row} versions={ordered} />
                ))}
              </Fragment>
            ))}
          </tbody>
        </table>
        {groups.length === 0 && <p className={classes.nothing}>Nothing differs.</p>}
      </section>
    </Panel>
  );
}

interface RowProps {
  readonly group: ComparisonGroup;
  readonly row: ComparisonRow;
  readonly versions: readonly TableVersion[];
}

function Row({ group, row: { key, values, isDifferent }, versions }: RowProps) {
  const [first] = values;
  return (
    <tr data-different={isDifferent || undefined}>
      <th scope="row" className={classes.rowHead} title={key} dir="auto">
        {key}
      </th>
      {values.map((value, i) => {
        const delta =
          group.kind === 'metrics' && i > 0 && typeof value === 'number' && typeof first === 'number'
            ? deltaOf(value, first)
            : undefined;
        return (
          <td
            key={versions[i]!.version}
            className={classes.wide}
            title={value === undefined ? undefined : String(value)}
            data-same={(i > 0 && Object.is(value, first)) || undefined}
            dir="auto"
          >
            {value === undefined ? (
              <span className="dim">–</span>
            ) : typeof value === 'number' ? (
              renderNumber(value)
            ) : (
              value
            )}
            {delta !== undefined && delta !== 0 && (
              <span className={classes.delta} data-verdict={judge(key, delta)}>
                {delta > 0 ? '+' : ''}
                {renderNumber(delta)}
              </span>
            )}
          </td>
        );
      })}
    </tr>
  );
}

/** Versions with their runs and files as these come; what cannot be read is left out of the comparison. */
function useCompared(name: string, versions: readonly TableVersion[]): readonly ComparedVersion[] {
  const runs = useQueries({
    queries: versions.map(({ source_run: run }) => ({
      queryKey: ['run', run?.run_id ?? 'none'],
      queryFn: ({ signal }: { signal: AbortSignal }): Promise<Run> =>
        client.runs.get(run!.run_id, { signal }),
      enabled: run !== undefined,
      placeholderData: undefined,
    })),
    combine: (results) => results.map(({ data }) => data),
  });
  const owners = versions.map(({ version }) => ({ modelName: name, version }));
  const mlmodels = useQueries({
    queries: owners.map(mlmodelQuery),
    combine: (results) => results.map(({ data }) => data ?? undefined),
  });
  const requirements = useQueries({
    queries: owners.map(requirementsQuery),
    combine: (results) => results.map(({ data }) => data ?? undefined),
  });
  return versions.map((version, i) => ({
    version,
    run: runs[i],
    mlmodel: mlmodels[i],
    requirements: requirements[i],
  }));
}
