import { Select } from '@mantine/core';
import type { Measure, TableVersion } from '../../data/models.ts';
import { MetricChoice } from './metric-choice.tsx';
import classes from './model-page.module.css';
import { type ModelSearch, shownMetrics } from './model-search.ts';

interface VersionToolsProps {
  readonly keys: readonly string[];
  readonly search: ModelSearch;
  readonly versions: readonly TableVersion[];
  readonly baseline: TableVersion | undefined;
  readonly onChange: (next: ModelSearch) => void;
}

/** What stands for a history of a metric. */
const MEASURES: readonly { readonly value: Measure; readonly label: string }[] = [
  { value: 'last', label: 'last value' },
  { value: 'min', label: 'lowest value' },
  { value: 'max', label: 'highest value' },
];

/** Which metrics stand as columns, and what they are held against. */
export function VersionTools({ keys, search, versions, baseline, onChange }: VersionToolsProps) {
  const aliases = versions.flatMap((version) => version.aliases ?? []).sort();
  const against = [
    { value: 'none', label: 'nothing' },
    ...aliases.map((alias) => ({ value: alias, label: `@${alias}` })),
    ...versions.map(({ version }) => ({ value: version, label: `version ${version}` })),
  ];
  if (keys.length === 0) return null;
  const shown = shownMetrics(search, keys);
  return (
    <div className={classes.versionTools}>
      <MetricChoice
        label="Metrics shown as columns"
        keys={keys}
        chosen={shown}
        onChoose={(metrics) => onChange({ ...search, metrics })}
      />
      <Select
        size="xs"
        className={classes.measureChoice}
        aria-label="Value of the source run"
        data={[...MEASURES]}
        value={search.measure ?? 'last'}
        allowDeselect={false}
        onChange={(value) =>
          onChange({ ...search, measure: value === 'min' || value === 'max' ? value : undefined })
        }
      />
      <Select
        size="xs"
        openOnFocus={false}
        className={classes.againstChoice}
        aria-label="Metrics are held against"
        data={against}
        value={search.against ?? baseline?.aliases?.[0] ?? 'none'}
        searchable
        limit={100}
        allowDeselect={false}
        leftSection={<span className={classes.against}>against</span>}
        leftSectionWidth={60}
        onChange={(value) => value !== null && onChange({ ...search, against: value })}
      />
    </div>
  );
}
