import type { FilterAdvice, FilterRemedy } from './filter-advice.ts';
import classes from './filter-box.module.css';

interface FilterNoteProps {
  readonly id?: string;
  readonly advice: FilterAdvice;
  /** A mistake keeps the filter from being used; a doubt does not. */
  readonly kind: 'mistake' | 'doubt';
  readonly onRemedy: (remedy: FilterRemedy) => void;
}

/** What is wrong or doubtful about a filter, with what could stand there instead, one click away. */
export function FilterNote({ id, advice: { text, remedies }, kind, onRemedy }: FilterNoteProps) {
  return (
    <p
      id={id}
      className={kind === 'mistake' ? classes.problem : classes.doubt}
      role={kind === 'mistake' ? 'alert' : 'status'}
      dir="auto"
    >
      {text}
      {remedies.length > 0 && ' Did you mean '}
      {remedies.map((remedy, i) => (
        <span key={remedy.by}>
          {i > 0 && (i === remedies.length - 1 ? ' or ' : ', ')}
          <button type="button" className={classes.remedy} onClick={() => onRemedy(remedy)}>
            {remedy.by}
          </button>
        </span>
      ))}
      {remedies.length > 0 && '?'}
    </p>
  );
}
