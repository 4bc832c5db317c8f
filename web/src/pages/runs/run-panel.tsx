import { ActionIcon, Button, TextInput } from '@mantine/core';
import type { Run } from '@slipway/client';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ArrowUpRight, ChevronDown, ChevronUp, RotateCcw, Search, Trash2, X } from 'lucide-react';
import { lazy, memo, type ReactNode, Suspense, useState } from 'react';
import { runColor } from '../../charts/run-colors.ts';
import { useLiveChanges } from '../../data/live.ts';
import { isSystemMetric } from '../../data/metric-keys.ts';
import { client } from '../../data/server.ts';
import { renderDuration } from '../../ui/numbers.ts';
import { scrollRegion } from '../../ui/scroll-region.ts';
import { ErrorNotice } from '../../ui/states.tsx';
import { Status } from '../../ui/status.tsx';
import { CopyButton, IdText, NumberText, TimeText } from '../../ui/texts.tsx';
import { Tooltip } from '../../ui/tooltip.tsx';
import { deleteRuns, restoreRuns } from './bulk-actions.ts';
import { NOTE_TAG } from './experiment-queries.ts';
import classes from './run-panel.module.css';

// Few open the panel to register: the dialog comes when the run is there.
const RegisterMenu = lazy(async () => ({
  default: (await import('../../registry/register-menu.tsx')).RegisterMenu,
}));
const Markdown = lazy(async () => ({ default: (await import('../../viewers/markdown.tsx')).Markdown }));

interface RunPanelProps {
  readonly runId: string;
  readonly onClose: () => void;
  /** To the run above or below in the table. */
  readonly onStep: (by: -1 | 1) => void;
}

const MOST_ROWS = 200;
const SEARCH_FROM = 12;

/** What a run is, beside the list that it was found in. */
export const RunPanel = memo(function RunPanel({ runId, onClose, onStep }: RunPanelProps) {
  const { data, error, refetch } = useQuery({
    queryKey: ['run', runId],
    queryFn: ({ signal }) => client.runs.get(runId, { signal }),
    placeholderData: undefined,
  });
  const [sought, setSought] = useState('');
  useLiveChanges(data === undefined ? NOWHERE : [data.experimentId], (changes) => {
    if (changes.isReset || changes.runs.has(runId) || changes.points.has(runId)) void refetch();
  });
  return (
    <aside className={classes.panel} aria-label="Details of the run">
      <header className={classes.header}>
        <span className={classes.dot} style={{ background: runColor(runId) }} aria-hidden />
        <h2 className={classes.title} dir="auto" title={data?.name}>
          {data?.name ?? 'Run'}
        </h2>
        <Tooltip label="Run above ( k )">
          <ActionIcon
            size="sm"
            variant="subtle"
            color="gray"
            aria-label="Run above"
            onClick={() => onStep(-1)}
          >
            <ChevronUp size={16} aria-hidden />
          </ActionIcon>
        </Tooltip>
        <Tooltip label="Run below ( j )">
          <ActionIcon
            size="sm"
            variant="subtle"
            color="gray"
            aria-label="Run below"
            onClick={() => onStep(1)}
          >
            <ChevronDown size={16} aria-hidden />
          </ActionIcon>
        </Tooltip>
        <Tooltip label="Close ( Esc )">
          <ActionIcon
            size="sm"
            variant="subtle"
            color="gray"
            aria-label="Close the details"
            onClick={onClose}
          >
            <X size={16} aria-hidden />
          </ActionIcon>
        </Tooltip>
      </header>
      <section {...scrollRegion} className={classes.content} aria-label="Facts of the run">
        {error && data === undefined ? (
          <ErrorNotice error={error} what="The run could not be read" onRetry={() => void refetch()} />
        ) : data === undefined ? (
          <Waiting />
        ) : (
          <Facts run={data} sought={sought} onSeek={setSought} />
        )}
      </section>
    </aside>
  );
});

const NOWHERE: readonly string[] = ['0'];

function Facts({
  run,
  sought,
  onSeek,
}: {
  readonly run: Run;
  readonly sought: string;
  readonly onSeek: (text: string) => void;
}) {
  const note = run.tags[NOTE_TAG] ?? '';
  const metrics = Object.entries(run.metrics).map(([key, { value }]) => [key, value] as const);
  const params = Object.entries(run.params);
  const tags = Object.entries(run.tags).filter(([key]) => !key.startsWith('mlflow.'));
  const count = metrics.length + params.length + tags.length;
  const isFound = ([key]: readonly [string, unknown]) => key.toLowerCase().includes(sought.toLowerCase());
  const isActive = run.lifecycleStage === 'active';
  return (
    <>
      <div className={classes.buttons}>
        <Button
          size="compact-sm"
          className={classes.linkButton}
          rightSection={<ArrowUpRight size={14} aria-hidden />}
          renderRoot={(props) => (
            <Link
              to="/experiments/$experimentId/runs/$runId/$"
              params={{ experimentId: run.experimentId, runId: run.runId, _splat: '' }}
              {...props}
            />
          )}
        >
          Open run
        </Button>
        {isActive && (
          <Suspense>
            <RegisterMenu run={run} variant="default" />
          </Suspense>
        )}
        <Button
          size="compact-sm"
          variant="default"
          leftSection={isActive ? <Trash2 size={14} aria-hidden /> : <RotateCcw size={14} aria-hidden />}
          onClick={() => void (isActive ? deleteRuns([run.runId]) : restoreRuns([run.runId]))}
        >
          {isActive ? 'Move to the trash' : 'Restore'}
        </Button>
      </div>
      <dl className={classes.facts}>
        <Fact name="Status">
          <Status status={run.status} />
          {!isActive && <span className="dim"> · in the trash</span>}
        </Fact>
        <Fact name="Started">
          <TimeText timeMs={Number(run.startTimeMs)} />
        </Fact>
        <Fact name="Duration">
          {run.endTimeMs === undefined
            ? '–'
            : renderDuration(Number(run.endTimeMs) - Number(run.startTimeMs))}
        </Fact>
        <Fact name="User">{run.tags['mlflow.user'] || run.userId || '–'}</Fact>
        <Fact name="Source">{run.tags['mlflow.source.name'] ?? '–'}</Fact>
        <Fact name="ID">
          <IdText id={run.runId} what="the run ID" most={20} />
        </Fact>
      </dl>
      {note !== '' && (
        <div className={classes.note}>
          <Suspense fallback={<pre>{note}</pre>}>
            <Markdown text={note} />
          </Suspense>
        </div>
      )}
      {count > SEARCH_FROM && (
        <TextInput
          size="xs"
          type="search"
          aria-label="Search metrics, params and tags of the run"
          placeholder="Search metrics, params and tags"
          leftSection={<Search size={14} aria-hidden />}
          value={sought}
          onChange={(event) => onSeek(event.currentTarget.value)}
        />
      )}
      <Numbers title="Metrics" metrics={metrics.filter((one) => isFound(one) && !isSystemMetric(one[0]))} />
      <Pairs title="Params" pairs={params.filter(isFound)} render={(value) => value} />
      <Pairs title="Tags" pairs={tags.filter(isFound)} render={(value) => value} />
      <Numbers
        title="System metrics"
        metrics={metrics.filter((one) => isFound(one) && isSystemMetric(one[0]))}
      />
    </>
  );
}

interface NumbersProps {
  readonly title: string;
  readonly metrics: readonly (readonly [string, number])[];
}

const Numbers = ({ title, metrics }: NumbersProps) => (
  <Pairs title={title} pairs={metrics} isNumber render={(value) => <NumberText value={value} />} />
);

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className={classes.fact}>
      <dt>{name}</dt>
      <dd dir="auto">{children}</dd>
    </div>
  );
}

interface PairsProps<Value> {
  readonly title: string;
  readonly pairs: readonly (readonly [string, Value])[];
  readonly isNumber?: boolean;
  readonly render: (value: Value) => ReactNode;
}

function Pairs<Value>({ title, pairs, isNumber = false, render }: PairsProps<Value>) {
  if (pairs.length === 0) return null;
  const rest = pairs.length - MOST_ROWS;
  return (
    <section>
      <h3 className={classes.pairsTitle}>
        {title} <span className="dim">{pairs.length}</span>
      </h3>
      <dl className={classes.pairs}>
        {pairs.slice(0, MOST_ROWS).map(([key, value]) => (
          <div key={key} className={classes.pair}>
            <dt title={key} dir="auto">
              {key}
            </dt>
            <dd className={isNumber ? 'numeric' : classes.textValue} dir={isNumber ? undefined : 'auto'}>
              {render(value)}
              <span className={classes.copy}>
                <CopyButton text={String(value)} label={`Copy ${key}`} />
              </span>
            </dd>
          </div>
        ))}
      </dl>
      {rest > 0 && <p className="dim">{rest.toLocaleString('en-US')} more: search, or open the run.</p>}
    </section>
  );
}

function Waiting() {
  return (
    <div className={classes.waiting} aria-busy="true">
      {[60, 80, 45, 70, 55, 75].map((width) => (
        <span key={width} style={{ width: `${width}%` }} />
      ))}
    </div>
  );
}
