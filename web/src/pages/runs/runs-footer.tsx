import { renderWhole } from '../../ui/numbers.ts';
import classes from './runs-page.module.css';
import type { RunsState } from './runs-search.ts';

interface FooterProps {
  readonly selected: number;
  /** Of the list as it is on the server, without the runs in folded parents. */
  readonly rows: number;
  readonly matching: number;
  readonly all: number;
  readonly state: RunsState;
}

const STAGES = { active: 'in all', deleted: 'in the trash', all: 'in all, with the trash' } as const;

/** How much of everything is shown: never what happens to be loaded. */
export function Footer({ selected, rows, matching, all, state }: FooterProps) {
  const parts = [
    ...(selected > 0 ? [`${renderWhole(selected)} selected`] : []),
    ...(state.filter !== '' ? [`${renderWhole(matching)} matching`] : []),
  ];
  const inside = state.isFlat ? 0 : matching - rows;
  const total = `${renderWhole(all)} ${all === 1 ? 'run' : 'runs'} ${STAGES[state.stage]}`;
  const text = parts.length === 0 ? total : `${parts.join(' of ')}${parts.length > 0 ? ', ' : ''}${total}`;
  return (
    <footer className={classes.footer} aria-live="polite">
      {text}
      {inside > 0 && `: ${renderWhole(rows)} shown, ${renderWhole(inside)} inside`}
    </footer>
  );
}
