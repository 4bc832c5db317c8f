import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { FlaskConical, FlaskConicalOff, SearchX, Trash2 } from 'lucide-react';
import { RequestError } from '../../data/request-error.ts';
import { serverUrl } from '../../data/server.ts';
import { EmptyState, ErrorNotice } from '../../ui/states.tsx';
import classes from './runs-page.module.css';
import type { RunsState } from './runs-search.ts';

interface NothingHereProps {
  readonly state: RunsState;
  /** Runs without the filter. */
  readonly all: number;
  readonly experimentName: string;
  /** The box holds another filter, which could not be used. */
  readonly isAstray: boolean;
  readonly onChange: (change: Partial<RunsState>) => void;
}

/** Why there is no run, and what to do about it. */
export function NothingHere({ state, all, experimentName, isAstray, onChange }: NothingHereProps) {
  if (isAstray) {
    return (
      <EmptyState icon={SearchX} title="The filter above was not used">
        <p>The box says what is wrong with it. No run matched the filter before it either:</p>
        {state.filter !== '' && (
          <p className="mono" dir="auto">
            {state.filter}
          </p>
        )}
        <Button mt="sm" size="compact-sm" variant="default" onClick={() => onChange({ filter: '' })}>
          Show all runs
        </Button>
      </EmptyState>
    );
  }
  if (state.filter !== '' && all > 0) {
    return (
      <EmptyState icon={SearchX} title="No run matches the filter">
        <p>
          {all.toLocaleString('en-US')} {all === 1 ? 'run is' : 'runs are'} here without it.
        </p>
        <Button mt="sm" size="compact-sm" variant="default" onClick={() => onChange({ filter: '' })}>
          Clear the filter
        </Button>
      </EmptyState>
    );
  }
  if (state.stage === 'deleted') {
    return (
      <EmptyState icon={Trash2} title="The trash is empty">
        <p>Runs that were deleted stand here until the server removes them for good.</p>
        <Button mt="sm" size="compact-sm" variant="default" onClick={() => onChange({ stage: 'active' })}>
          Show the active runs
        </Button>
      </EmptyState>
    );
  }
  return (
    <EmptyState icon={FlaskConical} title="No run is here yet" code={firstRun(experimentName)}>
      <p>A run appears here by itself as soon as a client starts it.</p>
    </EmptyState>
  );
}

/** An address of experiments of which none is there. */
export function NoSuchExperiment({ ids }: { readonly ids: readonly string[] }) {
  return (
    <EmptyState icon={FlaskConicalOff} title="There is no such experiment" isWholePage>
      <p>
        No experiment has the id <span className="mono">{ids.join(', ').slice(0, 64)}</span>. It may have been
        deleted for good, the link may be cut off, or you have no right to see it. See{' '}
        <Link to="/experiments">all experiments</Link>.
      </p>
    </EmptyState>
  );
}

interface NoAnswerProps {
  readonly error: unknown;
  readonly onRetry: () => void;
  readonly onClear: () => void;
}

/** There never was a good answer: the filter of the address cannot be understood, or the server did not answer. */
export function NoAnswer({ error, onRetry, onClear }: NoAnswerProps) {
  if (error instanceof RequestError && error.position !== undefined) {
    return (
      <EmptyState icon={SearchX} title="The filter of this link cannot be understood">
        <p>The box above says where; mend it there, or show all runs.</p>
        <Button mt="sm" size="compact-sm" variant="default" onClick={onClear}>
          Clear the filter
        </Button>
      </EmptyState>
    );
  }
  return (
    <div className={classes.padded}>
      <ErrorNotice error={error} what="The runs could not be read" onRetry={onRetry} />
    </div>
  );
}

const firstRun = (experiment: string) => `import mlflow

mlflow.set_tracking_uri("${serverUrl}")
mlflow.set_experiment(${JSON.stringify(experiment)})
with mlflow.start_run():
    mlflow.log_metric("accuracy", 0.9)`;

/** In the shape of what comes. */
export function Waiting() {
  return (
    <div className={classes.waiting} role="status" aria-label="The runs are being read">
      {WAITING_ROWS.map((row) => (
        <span key={row} style={{ width: `${40 + ((row * 37) % 50)}%` }} />
      ))}
    </div>
  );
}

const WAITING_ROWS = Array.from({ length: 14 }, (_, i) => i);
