import type { Run } from '@slipway/client';
import { Flag } from 'lucide-react';
import { hoverRun } from '../../charts/linked-runs.ts';
import { runColor } from '../../charts/run-colors.ts';
import classes from './compare-page.module.css';

interface LegendStripProps {
  readonly runs: readonly Run[];
  readonly base: number;
  /** Ids of those that are not drawn. */
  readonly hidden: readonly string[];
  readonly onHidden: (hidden: readonly string[]) => void;
}

/** Which colour is which run; a click hides a run from all charts and shows it again. */
export function LegendStrip({ runs, base, hidden, onHidden }: LegendStripProps) {
  return (
    <ul className={classes.legend} aria-label="Runs in the charts">
      {runs.map(({ runId, name }, i) => {
        const isHidden = hidden.includes(runId);
        const title = name === '' ? runId : name;
        // Charts of nothing would say that nothing was measured.
        const isLast = !isHidden && runs.length - hidden.length < 2;
        return (
          <li key={runId}>
            <button
              type="button"
              className={classes.legendRun}
              aria-pressed={!isHidden}
              title={isHidden ? `Show ${title}` : isLast ? title : `Hide ${title}`}
              disabled={isLast}
              onPointerEnter={() => hoverRun(runId)}
              onPointerLeave={() => hoverRun(undefined)}
              onClick={() => {
                hoverRun(undefined);
                onHidden(isHidden ? hidden.filter((id) => id !== runId) : [...hidden, runId]);
              }}
            >
              <svg width={20} height={8} aria-hidden>
                <line x1={0} x2={20} y1={4} y2={4} strokeWidth={2.5} stroke={runColor(runId)} />
              </svg>
              <span className={classes.legendName} dir="auto">
                {title}
              </span>
              {i === base && (
                <>
                  <Flag size={12} aria-hidden />
                  <span className="visually-hidden">baseline</span>
                </>
              )}
            </button>
          </li>
        );
      })}
    </ul>
  );
}
