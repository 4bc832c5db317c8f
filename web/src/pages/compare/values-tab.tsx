import { Button, Switch, TextInput } from '@mantine/core';
import type { Run } from '@slipway/client';
import { Search } from 'lucide-react';
import { type ReactNode, useMemo, useState } from 'react';
import { renderDuration, renderTime } from '../../ui/numbers.ts';
import { scrollRegion } from '../../ui/scroll-region.ts';
import classes from './compare-page.module.css';
import { type CompareGroup, type CompareRow, compareRow, compareRows } from './compare-rows.ts';

interface ValuesTabProps {
  readonly runs: readonly Run[];
  readonly base: number;
  readonly withEqual: boolean;
  readonly onWithEqual: (withEqual: boolean) => void;
  readonly experimentName: (id: string) => string;
  readonly head: (run: Run) => ReactNode;
}

const MOST_ROWS = 300;

/** Everything that was logged to runs, side by side; what is equal is left out. */
export function ValuesTab({ runs, base, withEqual, onWithEqual, experimentName, head }: ValuesTabProps) {
  const [contains, setContains] = useState('');
  const groups = useMemo(
    () => [aboutRuns(runs, base, experimentName), ...compareRows(runs, base)],
    [runs, base, experimentName],
  );
  const wanted = contains.trim().toLowerCase();
  return (
    <>
      <div className={classes.tools}>
        <TextInput
          size="xs"
          aria-label="Search metrics, params and tags"
          placeholder="Search metrics, params and tags"
          leftSection={<Search size={14} aria-hidden />}
          value={contains}
          onChange={({ currentTarget }) => setContains(currentTarget.value)}
          w={260}
        />
        <Switch
          size="sm"
          label="Differences only"
          checked={!withEqual}
          onChange={({ currentTarget }) => onWithEqual(!currentTarget.checked)}
        />
      </div>
      <section className={classes.scroll} {...scrollRegion} aria-label="Values of the runs">
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col" className={classes.keyHead}>
                <span className="visually-hidden">Name</span>
              </th>
              {runs.map((run) => (
                <th key={run.runId} scope="col">
                  {head(run)}
                </th>
              ))}
            </tr>
          </thead>
          {groups.map((group) => (
            <GroupRows
              key={group.title}
              group={group}
              columns={runs.length}
              isWanted={(row) => (withEqual || row.isDifferent) && row.key.toLowerCase().includes(wanted)}
            />
          ))}
        </table>
      </section>
    </>
  );
}

function aboutRuns(runs: readonly Run[], base: number, experimentName: (id: string) => string): CompareGroup {
  const row = (key: string, of: (run: Run) => string | undefined) => compareRow(key, runs.map(of), base);
  return {
    title: 'Run',
    isNumeric: false,
    marksChanges: false,
    rows: [
      row('Experiment', ({ experimentId }) => experimentName(experimentId)),
      row('Status', ({ status }) => status.toLowerCase()),
      row('Started', ({ startTimeMs }) => renderTime(Number(startTimeMs))),
      row('Duration', ({ startTimeMs, endTimeMs }) =>
        endTimeMs === undefined ? undefined : renderDuration(Number(endTimeMs) - Number(startTimeMs)),
      ),
      // Servers that know nobody leave the user to a tag of the client's.
      row('User', ({ userId, tags }) => userId || tags['mlflow.user'] || undefined),
      row(
        'Datasets',
        ({ datasets }) => datasets.map(({ name, digest }) => `${name} (${digest})`).join(', ') || undefined,
      ),
    ],
  };
}

interface GroupRowsProps {
  readonly group: CompareGroup;
  readonly columns: number;
  readonly isWanted: (row: CompareRow) => boolean;
}

function GroupRows({ group, columns, isWanted }: GroupRowsProps) {
  const [isWhole, setWhole] = useState(false);
  const found = group.rows.filter(isWanted);
  const shown = isWhole ? found : found.slice(0, MOST_ROWS);
  // Room for a difference only in the columns that show one, so that figures stand below one another.
  const withDeltas = Array.from({ length: columns }, (_, i) =>
    found.some(({ cells }) => cells[i]?.delta !== undefined),
  );
  return (
    <tbody>
      <tr className={classes.groupRow}>
        <th scope="rowgroup">{group.title}</th>
        <td colSpan={columns}>
          {found.length === group.rows.length
            ? `${found.length.toLocaleString('en-US')}`
            : `${found.length.toLocaleString('en-US')} of ${group.rows.length.toLocaleString('en-US')}`}
        </td>
      </tr>
      {shown.map((row) => (
        <tr key={row.key}>
          <th scope="row" title={row.key} dir="auto">
            {row.key}
          </th>
          {row.cells.map((cell, i) => (
            <td
              key={i}
              className={group.isNumeric ? 'numeric' : undefined}
              data-changed={(group.marksChanges && cell.isChanged) || undefined}
              title={cell.full}
              dir="auto"
            >
              {cell.text ?? <span className="dim">–</span>}
              {withDeltas[i] && group.isNumeric && <span className={classes.delta}>{cell.delta}</span>}
            </td>
          ))}
        </tr>
      ))}
      {shown.length < found.length && (
        <tr>
          <td colSpan={columns + 1}>
            <Button size="compact-sm" variant="subtle" onClick={() => setWhole(true)}>
              Show all {found.length.toLocaleString('en-US')}
            </Button>
          </td>
        </tr>
      )}
    </tbody>
  );
}
