import { Checkbox, Skeleton } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Fragment, useDeferredValue, useState } from 'react';
import type { TableVersion } from '../../data/models.ts';
import { AliasBadge, DRAGGED_ALIAS, StageBadge } from '../../registry/alias-badge.tsx';
import type { AliasProposal } from '../../registry/alias-dialog.tsx';
import type { Stage } from '../../registry/stages.ts';
import { scrollRegion } from '../../ui/scroll-region.ts';
import { Status } from '../../ui/status.tsx';
import { TimeText } from '../../ui/texts.tsx';
import { MetricCells, metricsWithDeltas } from './metric-cell.tsx';
import classes from './model-page.module.css';
import { VersionMenu } from './version-menu.tsx';

interface VersionTableProps {
  readonly name: string;
  /** Undefined while they come. */
  readonly versions: readonly TableVersion[] | undefined;
  readonly metrics: readonly string[];
  readonly baseline: TableVersion | undefined;
  readonly selected: readonly string[];
  readonly onSelect: (versions: readonly string[]) => void;
  readonly onAlias: (proposal: AliasProposal) => void;
  readonly onStage: (version: TableVersion, to: Stage) => void;
}

/** Every version with what it holds and what its run measured; an alias is dragged onto the version that is to have it. */
export function VersionTable(props: VersionTableProps) {
  const { versions, metrics, baseline } = props;
  // Hundreds of rows are drawn in pieces, between what is pressed and typed; the page around them does not wait.
  const drawn = useDeferredValue(versions);
  const withDeltas = metricsWithDeltas(metrics, versions ?? [], baseline);
  const isAnyDescribed = versions?.some(({ description = '' }) => description !== '') ?? false;
  return (
    <section className={classes.scroll} {...scrollRegion} aria-label="Versions">
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col" className={classes.select}>
              <span className="visually-hidden">Compare</span>
            </th>
            <th scope="col">Version</th>
            <th scope="col">Holds</th>
            {metrics.map((key) => (
              <Fragment key={key}>
                <th scope="col" className="numeric" title={key} dir="auto">
                  {key}
                </th>
                {withDeltas.has(key) && (
                  <th scope="col" className={classes.deltaCell}>
                    <span className="visually-hidden">
                      Difference of {key} to version {baseline?.version}
                    </span>
                  </th>
                )}
              </Fragment>
            ))}
            <th scope="col">Source run</th>
            <th scope="col">Created</th>
            {isAnyDescribed && <th scope="col">Description</th>}
            <th scope="col" className={classes.actions}>
              <span className="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {drawn === undefined
            ? [1, 2, 3].map((row) => (
                <tr key={row}>
                  <td colSpan={6 + metrics.length + withDeltas.size}>
                    <Skeleton height={12} width="60%" />
                  </td>
                </tr>
              ))
            : drawn.map((version) => (
                <VersionRow key={version.version} {...props} {...{ withDeltas, isAnyDescribed, version }} />
              ))}
        </tbody>
      </table>
    </section>
  );
}

interface VersionRowProps extends VersionTableProps {
  readonly version: TableVersion;
  readonly withDeltas: ReadonlySet<string>;
  /** Else there is no column for it. */
  readonly isAnyDescribed: boolean;
}

function VersionRow({
  name,
  version,
  metrics,
  baseline,
  selected,
  onSelect,
  onAlias,
  onStage,
  withDeltas,
  isAnyDescribed,
}: VersionRowProps) {
  const [isTarget, setTarget] = useState(false);
  const { version: number, aliases = [], source_run: run } = version;
  const isSelected = selected.includes(number);
  return (
    <tr
      data-target={isTarget || undefined}
      data-baseline={version === baseline || undefined}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes(DRAGGED_ALIAS)) return;
        event.preventDefault();
        setTarget(true);
      }}
      onDragLeave={() => setTarget(false)}
      onDrop={(event) => {
        event.preventDefault();
        setTarget(false);
        onAlias({ alias: event.dataTransfer.getData(DRAGGED_ALIAS), version: number });
      }}
    >
      <td className={classes.select}>
        <Checkbox
          size="xs"
          aria-label={`Compare version ${number}`}
          checked={isSelected}
          onChange={() =>
            onSelect(isSelected ? selected.filter((one) => one !== number) : [...selected, number])
          }
        />
      </td>
      <td>
        <span className={classes.version}>
          <Link to="/models/$name/versions/$version" params={{ name, version: number }}>
            Version {number}
          </Link>
          {version.status !== 'READY' && <Status status={version.status} isShort />}
        </span>
      </td>
      <td>
        <span className={classes.badges}>
          {aliases.map((alias) => (
            <AliasBadge key={alias} alias={alias} onMove={() => onAlias({ alias, version: number })} />
          ))}
          <StageBadge stage={version.current_stage} />
        </span>
      </td>
      {metrics.map((key) => (
        <MetricCells
          key={key}
          metric={key}
          version={version}
          baseline={baseline}
          withDelta={withDeltas.has(key)}
        />
      ))}
      <td className={classes.cut}>
        {run === undefined ? (
          <span className="dim">{version.run_id ? 'deleted' : 'none'}</span>
        ) : (
          <Link
            to="/experiments/$experimentId/runs/$runId/$"
            params={{ experimentId: run.experiment_id, runId: run.run_id, _splat: '' }}
            title={run.run_name}
            dir="auto"
          >
            {run.run_name}
          </Link>
        )}
      </td>
      <td className={classes.time}>
        <TimeText timeMs={version.creation_timestamp} />
      </td>
      {isAnyDescribed && (
        <td className={classes.cut} title={version.description} dir="auto">
          {version.description?.split('\n')[0]}
        </td>
      )}
      <td className={classes.actions}>
        <VersionMenu name={name} version={version} onAlias={onAlias} onStage={onStage} />
      </td>
    </tr>
  );
}
