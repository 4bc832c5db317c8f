import { MultiSelect, Select } from '@mantine/core';
import type { TableVersion } from '../../data/models.ts';
import classes from './model-page.module.css';
import { type ModelSearch, shownMetrics } from './model-search.ts';

interface VersionToolsProps {
  readonly keys: readonly string[];
  readonly search: ModelSearch;
  readonly versions: readonly TableVersion[];
  readonly baseline: TableVersion | undefined;
  readonly onChange: (next: ModelSearch) => void;
}

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
    <div className={classes.tools}>
      <MultiSelect
        size="xs"
        className={classes.metricChoice}
        aria-label="Metrics shown as columns"
        placeholder={shown.length === 0 ? 'Metrics' : ''}
        data={[...keys]}
        value={[...shown]}
        searchable
        limit={100}
        nothingFoundMessage="No such metric"
        onChange={(metrics) => onChange({ ...search, metrics })}
      />
      <Select
        size="xs"
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
