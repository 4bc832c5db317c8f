import { Link } from '@tanstack/react-router';
import { type DragEvent, useState } from 'react';
import type { TableVersion } from '../../data/models.ts';
import { AliasBadge, DRAGGED_ALIAS } from '../../registry/alias-badge.tsx';
import type { AliasProposal } from '../../registry/alias-dialog.tsx';
import { describeMeasured, metricOf } from '../../registry/metric-deltas.ts';
import type { Stage } from '../../registry/stages.ts';
import { renderNumber } from '../../ui/numbers.ts';
import { Status } from '../../ui/status.tsx';
import classes from './pipeline.module.css';
import { type Lane, pipelineLanes } from './pipeline-lanes.ts';
import { VersionMenu } from './version-menu.tsx';

interface PipelineProps {
  readonly name: string;
  readonly versions: readonly TableVersion[];
  /** The metric that stands on every card. */
  readonly metric: string | undefined;
  readonly onAlias: (proposal: AliasProposal) => void;
  readonly onStage: (version: TableVersion, to: Stage) => void;
}

/** The type of what is dragged when a version is. */
const DRAGGED_VERSION = 'application/x-slipway-version';

/** Where versions stand: stages as lanes, who holds which alias on the cards. Cards are dragged to lanes, aliases to cards. */
export function Pipeline(props: PipelineProps) {
  const lanes = pipelineLanes(props.versions);
  if (lanes.length === 0) return null;
  return (
    <section className={classes.pipeline} data-lanes={lanes.length} aria-label="Where versions stand">
      {lanes.map((lane) => (
        <PipelineLane key={lane.stage} {...props} lane={lane} isOnly={lanes.length === 1} />
      ))}
    </section>
  );
}

function PipelineLane({
  lane,
  isOnly,
  ...props
}: PipelineProps & { readonly lane: Lane; readonly isOnly: boolean }) {
  const { versions, onStage } = props;
  const target = useDropTarget(DRAGGED_VERSION, (number) => {
    const version = versions.find((one) => one.version === number);
    if (version !== undefined && version.current_stage !== lane.stage) onStage(version, lane.stage);
  });
  const title = isOnly ? 'Aliases and latest' : lane.stage === 'None' ? 'No stage' : lane.stage;
  return (
    <section className={classes.lane} data-stage={lane.stage} aria-label={title} {...target}>
      <h2 className={classes.title}>
        {title}
        {!isOnly && <span className={classes.count}> {lane.count}</span>}
      </h2>
      <div className={classes.cards}>
        {lane.shown.map((version) => (
          <VersionCard key={version.version} {...props} version={version} canDrag={!isOnly} />
        ))}
        {lane.count === 0 && <p className={classes.nothing}>Nothing here</p>}
        {lane.count > lane.shown.length && (
          <p className={classes.nothing}>and {lane.count - lane.shown.length} more below</p>
        )}
      </div>
    </section>
  );
}

function VersionCard({
  name,
  version,
  metric,
  canDrag,
  onAlias,
  onStage,
}: PipelineProps & { readonly version: TableVersion; readonly canDrag: boolean }) {
  const { version: number, aliases = [], source_run: run } = version;
  const target = useDropTarget(DRAGGED_ALIAS, (alias) => onAlias({ alias, version: number }));
  const value = metric === undefined ? undefined : metricOf(version, metric);
  return (
    <article
      className={classes.card}
      data-held={aliases.length > 0 || undefined}
      draggable={canDrag || undefined}
      onDragStart={(event) => {
        // An alias that is dragged off the card is not the card.
        if (event.target !== event.currentTarget) return;
        event.dataTransfer.setData(DRAGGED_VERSION, number);
        event.dataTransfer.effectAllowed = 'move';
      }}
      {...target}
    >
      <div className={classes.line}>
        <Link
          to="/models/$name/versions/$version"
          params={{ name, version: number }}
          className={classes.number}
          draggable={false}
        >
          Version {number}
        </Link>
        {version.status !== 'READY' && <Status status={version.status} isShort />}
        <span className={classes.spread} />
        <VersionMenu name={name} version={version} onAlias={onAlias} onStage={onStage} />
      </div>
      {aliases.length > 0 && (
        <div className={classes.aliases}>
          {aliases.map((alias) => (
            <AliasBadge key={alias} alias={alias} onMove={() => onAlias({ alias, version: number })} />
          ))}
        </div>
      )}
      <div className={classes.facts}>
        <span className={classes.run} title={run?.run_name} dir="auto">
          {run?.run_name ?? 'no source run'}
        </span>
        {metric !== undefined && value !== undefined && (
          <span className={classes.metric} title={describeMeasured(version, metric)}>
            <span className={classes.key}>{metric}</span> {renderNumber(value)}
          </span>
        )}
      </div>
    </article>
  );
}

/** Takes what is dragged here if it is of the type; what lies within other targets is theirs. */
function useDropTarget(type: string, onDrop: (dragged: string) => void) {
  const [isTarget, setTarget] = useState(false);
  return {
    'data-target': isTarget || undefined,
    onDragOver(event: DragEvent) {
      if (!event.dataTransfer.types.includes(type)) return;
      event.preventDefault();
      setTarget(true);
    },
    onDragLeave(event: DragEvent) {
      if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setTarget(false);
    },
    onDrop(event: DragEvent) {
      if (!event.dataTransfer.types.includes(type)) return;
      event.preventDefault();
      setTarget(false);
      onDrop(event.dataTransfer.getData(type));
    },
  };
}
