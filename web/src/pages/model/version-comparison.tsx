import { CloseButton, Switch } from '@mantine/core';
import type { Run } from '@slipway/client';
import { useQueries } from '@tanstack/react-query';
import { useState } from 'react';
import type { TableVersion } from '../../data/models.ts';
import { client } from '../../data/server.ts';
import { renderNumber } from '../../ui/numbers.ts';
import { Panel } from '../../ui/panel.tsx';
import { comparisonRows } from './comparison-rows.ts';
import classes from './model-page.module.css';

interface VersionComparisonProps {
  readonly name: string;
  readonly versions: readonly TableVersion[];
  readonly onClose: () => void;
}

/** Versions side by side: what they hold, and the params, metrics and tags of their runs. */
export function VersionComparison({ name, versions, onClose }: VersionComparisonProps) {
  const [onlyDifferent, setOnlyDifferent] = useState(true);
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
  const rows = comparisonRows(versions, runs);
  const shown = onlyDifferent ? rows.filter(({ isDifferent }) => isDifferent) : rows;
  return (
    <Panel
      title={`Versions ${versions.map(({ version }) => version).join(', ')} side by side`}
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
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section className={classes.scroll} tabIndex={0} aria-label={`Comparison of versions of ${name}`}>
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">What</th>
              {versions.map(({ version }) => (
                <th key={version} scope="col">
                  Version {version}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map(({ group, key, values, isDifferent }) => (
              <tr key={`${group} ${key}`} data-different={isDifferent || undefined}>
                <th scope="row" className={classes.rowHead} title={key}>
                  <span className="dim">{group}</span> <span dir="auto">{key}</span>
                </th>
                {values.map((value, i) => (
                  <td
                    key={versions[i]!.version}
                    className={typeof value === 'number' ? 'numeric' : classes.wide}
                    title={value === undefined ? undefined : String(value)}
                    dir="auto"
                  >
                    {value === undefined ? (
                      <span className="dim">–</span>
                    ) : typeof value === 'number' ? (
                      renderNumber(value)
                    ) : (
                      value
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        {shown.length === 0 && <p className={classes.nothing}>Nothing differs.</p>}
      </section>
    </Panel>
  );
}
