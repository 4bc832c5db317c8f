import type { Experiment } from '@slipway/client';
import { memo, useState } from 'react';
import type { RunKeys, RunTreeQuery } from '../../data/run-table.ts';
import { SegmentedControl } from '../../ui/segmented-control.tsx';
import { ColumnsPanel } from './columns-panel.tsx';
import { DisplayMenu } from './display-menu.tsx';
import { EqualStrip } from './equal-strip.tsx';
import { ExperimentHeader } from './experiment-header.tsx';
import { ExperimentNote } from './experiment-note.tsx';
import { exportMatching } from './export-runs.ts';
import { FilterBox } from './filter/filter-box.tsx';
import { GroupMenu } from './group-menu.tsx';
import classes from './runs-page.module.css';
import type { Mode, RunsState } from './runs-search.ts';
import { ViewsMenu } from './views-menu.tsx';

interface RunsTopProps {
  readonly experimentIds: readonly string[];
  /** Those that have been read. */
  readonly experiments: readonly Experiment[];
  readonly state: RunsState;
  /** Column codes that are shown. */
  readonly columns: readonly string[];
  readonly keys: RunKeys | undefined;
  readonly query: RunTreeQuery;
  readonly error: unknown;
  readonly isBusy: boolean;
  readonly onChange: (change: Partial<RunsState>) => void;
  readonly onFilter: (filter: string) => Promise<void>;
  readonly onBuild: () => void;
  /** The keyboard goes to the rows. */
  readonly onLeaveFilter: () => void;
  readonly onAstray: (isAstray: boolean) => void;
  /** The pointer or the focus is where charts are chosen. */
  readonly onExpectCharts: () => void;
}

const MODES = [
  { value: 'table', label: 'Table' },
  { value: 'both', label: 'Both' },
  { value: 'charts', label: 'Charts' },
];

/** What stands above the runs. It is not drawn again while the table below scrolls. */
export const RunsTop = memo(function RunsTop(props: RunsTopProps) {
  const { experimentIds, experiments, state, columns, keys, query, onChange } = props;
  const [isNoteOpen, setNoteOpen] = useState(false);
  const only = experimentIds.length === 1 ? experiments[0] : undefined;
  return (
    <div className={classes.top}>
      <ExperimentHeader
        experiments={experiments}
        expected={experimentIds.length}
        isNoteOpen={isNoteOpen}
        onNote={() => setNoteOpen(!isNoteOpen)}
      >
        <ViewsMenu scope={`experiment:${experimentIds.join(',')}`} state={state} onChange={onChange} />
        <SegmentedControl
          size="xs"
          aria-label="What is shown"
          data={MODES}
          value={state.mode}
          onPointerEnter={props.onExpectCharts}
          onFocus={props.onExpectCharts}
          onChange={(mode) => onChange({ mode: mode as Mode })}
        />
      </ExperimentHeader>
      {isNoteOpen && only && <ExperimentNote experiment={only} onClose={() => setNoteOpen(false)} />}
      <div className={classes.toolbar}>
        <FilterBox
          experimentIds={experimentIds}
          filter={state.filter}
          error={props.error}
          isBusy={props.isBusy}
          onFilter={props.onFilter}
          onBuild={props.onBuild}
          keys={keys}
          onLeave={props.onLeaveFilter}
          onAstray={props.onAstray}
        />
        <GroupMenu
          experimentIds={experimentIds}
          groupBy={state.groupBy}
          onChange={(groupBy) => onChange({ groupBy })}
        />
        <ColumnsPanel
          experimentIds={experimentIds}
          columns={columns}
          isUsual={state.columns === undefined}
          onChange={(next) => onChange({ columns: next })}
        />
        <DisplayMenu state={state} onChange={onChange} onExport={() => exportMatching(query, columns)} />
      </div>
      {keys && state.mode !== 'charts' && <EqualStrip keys={keys} columns={columns} />}
    </div>
  );
});
