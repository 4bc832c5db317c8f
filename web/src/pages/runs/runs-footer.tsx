import { renderWhole } from '../../ui/numbers.ts';
import classes from './runs-page.module.css';
import type { RunsState } from './runs-search.ts';

interface FooterProps {
  readonly selected: number;
  readonly matching: number;
  readonly all: number;
  readonly state: RunsState;
}

const STAGES = { active: 'in all', deleted: 'in the trash', all: 'in all, with the trash' } as const;

/** How much of everything is shown: never what happens to be loaded. */
export function Footer({ selected, matching, all, state }: FooterProps) {
  const parts = [
    ...(selected > 0 ? [`${renderWhole(selected)} selected`] : []),
    ...(state.filter !== '' ? [`${renderWhole(matching)} matching`] : []),
  ];
  const total = `${renderWhole(all)} ${all === 1 ? 'run' : 'runs'} ${STAGES[state.stage]}`;
  const text = parts.length === 0 ? total : `${parts.join(' of ')}${parts.length > 0 ? ', ' : ''}${total}`;
  return (
    <footer className={classes.footer} aria-live="polite">
      {text}
    </footer>
  );
}
