import { MultiSelect, Pill } from '@mantine/core';
import classes from './model-page.module.css';

interface MetricChoiceProps {
  readonly label: string;
  readonly keys: readonly string[];
  readonly chosen: readonly string[];
  readonly most?: number;
  readonly onChoose: (metrics: readonly string[]) => void;
}

/** Some of the metrics, in the order in which they were chosen. */
export function MetricChoice({ label, keys, chosen, most, onChoose }: MetricChoiceProps) {
  return (
    <MultiSelect
      size="xs"
      className={classes.metricChoice}
      aria-label={label}
      placeholder={chosen.length === 0 ? 'Metrics' : ''}
      data={[...keys]}
      value={[...chosen]}
      searchable
      openOnFocus={false}
      limit={100}
      {...(most !== undefined && { maxValues: most })}
      nothingFoundMessage="No such metric"
      renderPill={({ value, onRemove, disabled }) => (
        <Pill
          withRemoveButton
          {...(onRemove !== undefined && { onRemove })}
          {...(disabled !== undefined && { disabled })}
          removeButtonProps={{ 'aria-label': `Remove ${String(value)}`, 'aria-hidden': false }}
        >
          {String(value)}
        </Pill>
      )}
      onChange={onChoose}
    />
  );
}
