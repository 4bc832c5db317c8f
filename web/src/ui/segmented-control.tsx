import { type ReactNode, useId } from 'react';
import classes from './segmented-control.module.css';

interface Choice {
  readonly value: string;
  readonly label: ReactNode;
}

interface SegmentedControlProps {
  readonly 'aria-label': string;
  readonly data: readonly (string | Choice)[];
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly size?: 'xs' | 'sm';
  readonly className?: string | undefined;
  readonly onPointerEnter?: () => void;
  readonly onFocus?: () => void;
}

/** One of a few, all of them in sight. Nothing is measured to draw it, so that it costs a page nothing as it opens. */
export function SegmentedControl(props: SegmentedControlProps) {
  const { data, value, onChange, size = 'sm', className, onPointerEnter, onFocus } = props;
  const name = useId();
  return (
    <div
      role="radiogroup"
      aria-label={props['aria-label']}
      className={className === undefined ? classes.control : `${classes.control} ${className}`}
      data-size={size}
      onPointerEnter={onPointerEnter}
      onFocus={onFocus}
    >
      {data.map((one) => {
        const choice = typeof one === 'string' ? { value: one, label: one } : one;
        return (
          <label key={choice.value} className={classes.choice}>
            <input
              type="radio"
              name={name}
              value={choice.value}
              checked={choice.value === value}
              onChange={() => onChange(choice.value)}
            />
            {choice.label}
          </label>
        );
      })}
    </div>
  );
}
