import { Boxes, CircleCheck, CircleX, FlaskConical, type LucideIcon, OctagonX } from 'lucide-react';
import type { Changes } from '../../data/home.ts';
import { renderCount } from '../../ui/numbers.ts';
import { TimeText } from '../../ui/texts.tsx';
import classes from './home-page.module.css';

/** Where the server stopped counting. */
const MOST_COUNTED = 10_000;

interface Line {
  readonly count: number;
  readonly one: string;
  readonly many: string;
  readonly icon: LucideIcon;
  readonly tone?: 'ok' | 'failed' | 'warning';
}

/** What happened since the reader looked, in one line. */
export function ChangeSummary({ changes }: { readonly changes: Changes }) {
  const lines: readonly Line[] = [
    { count: changes.failed, one: 'run failed', many: 'runs failed', icon: CircleX, tone: 'failed' },
    {
      count: changes.killed,
      one: 'run was killed',
      many: 'runs were killed',
      icon: OctagonX,
      tone: 'warning',
    },
    { count: changes.finished, one: 'run finished', many: 'runs finished', icon: CircleCheck, tone: 'ok' },
    { count: changes.model_versions, one: 'new model version', many: 'new model versions', icon: Boxes },
    { count: changes.experiments, one: 'new experiment', many: 'new experiments', icon: FlaskConical },
  ];
  const shown = lines.filter(({ count }) => count > 0);
  return (
    <section className={classes.changes} aria-label="Since you looked">
      <span className="dim">
        {shown.length === 0 ? 'Nothing changed since you looked, ' : 'Since you looked, '}
        <TimeText timeMs={changes.since} />
      </span>
      {shown.map(({ count, one, many, icon: Icon, tone }) => (
        <span key={one} className={classes.change} data-tone={tone}>
          <Icon size={14} aria-hidden />
          {renderCount(count)}
          {count >= MOST_COUNTED && ' or more'} {count === 1 ? one : many}
        </span>
      ))}
    </section>
  );
}
