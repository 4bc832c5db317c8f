import type { ReactNode } from 'react';
import classes from './facts.module.css';

interface FactsProps {
  /** One whose value is not known is left out. */
  readonly facts: readonly (readonly [name: string, value: ReactNode])[];
  /** Names above their values, as many beside one another as there is room for; or beside them, one below the other. */
  readonly layout?: 'grid' | 'rows';
}

/** Facts by name. */
export function Facts({ facts, layout = 'grid' }: FactsProps) {
  return (
    <dl className={classes.facts} data-layout={layout}>
      {facts.map(([name, value]) =>
        value === undefined || value === null || value === '' ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}
