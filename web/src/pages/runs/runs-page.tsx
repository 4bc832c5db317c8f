import { type Experiment, SlipwayError } from '@slipway/client';
import { type UseQueryResult, useQueries, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { ArrowUp } from 'lucide-react';
import {
  type CSSProperties,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { useLeavingList } from '../../data/left-list.ts';
import { queryClient } from '../../data/query-client.ts';
import { OPENING_KEYS, openingQuery } from '../../data/run-opening.ts';
import { keysQuery, locateRun } from '../../data/run-table.ts';
import { isUnreachable } from '../../data/unreachable.ts';
import { moveColumn } from '../../tables/columns.ts';
import type { GridHandle } from '../../tables/grid-props.ts';
import { AnchoredMenu } from '../../ui/anchored-menu.tsx';
import { useCrumbs } from '../../ui/crumbs.tsx';
import { notify } from '../../ui/notices.tsx';
import { renderCount } from '../../ui/numbers.ts';
import { useShortcut } from '../../ui/shortcuts.ts';
import { ErrorNotice } from '../../ui/states.tsx';
import { deleteRuns } from './bulk-actions.ts';
import { useChartsAhead, useChartsPane } from './charts-ahead.ts';
import { experimentQuery } from './experiment-queries.ts';
import { exportSelected } from './export-runs.ts';
import { addCondition } from './filter/conditions.ts';
import { FilterBuilder } from './filter/filter-builder.tsx';
import { GroupGrid } from './group-grid.tsx';
import { RowActions, RunMenuItems } from './row-actions.tsx';
import { usualColumns, withFiltered } from './run-columns.ts';
import { RunGrid } from './run-grid.tsx';
import { RunPanel } from './run-panel.tsx';
import { CHUNK_COLUMNS, serverColumnsOf, treeQueryOf } from './run-query.ts';
import type { RunRow } from './run-rows.ts';
import { NoAnswer, NoSuchExperiment, NothingHere, Waiting } from './runs-empty.tsx';
import { Footer } from './runs-footer.tsx';
import classes from './runs-page.module.css';
import type { Mode } from './runs-search.ts';
import { RunsTop } from './runs-top.tsx';
import { explainComparison, MOST_COMPARED, SelectionBar } from './selection-bar.tsx';
import { SplitDivider } from './split-divider.tsx';
import { useKeptPlace } from './use-kept-place.ts';
import { useReturnToRows, useRevealedRun } from './use-row-focus.ts';
import { headQuery, useRunList } from './use-run-list.ts';
import { useRunsState } from './use-runs-state.ts';
import { useSelection } from './use-selection.ts';
import { useUnfoldedOnly } from './use-unfolded-only.ts';
import { useWidths } from './use-widths.ts';

const TOP_PX = 4;

/** The runs of one experiment or of several: a table of all of them, charts of all of them, or both. */
export function RunsPage() {
  const { experimentIds, state, change, adjust } = useRunsState();
  const navigate = useNavigate();
  const grid = useRef<GridHandle>(null);
  const body = useRef<HTMLDivElement>(null);
  const [isBuilding, setBuilding] = useState(false);
  const [isAstray, setAstray] = useState(false);
  const [dragged, setDragged] = useState<number | undefined>();
  const [rowMenu, setRowMenu] = useState<{ readonly index: number; readonly anchor: DOMRect } | undefined>();

  const { filter, sort, stage, isFlat, expanded } = state;
  const query = useMemo(
    () => treeQueryOf(experimentIds, { filter, sort, stage, isFlat, expanded }),
    [experimentIds, filter, sort, stage, isFlat, expanded],
  );
  useLeavingList(query, experimentIds[0]);
  const chosen = useMemo(() => state.columns && serverColumnsOf(state.columns), [state.columns]);
  // Everything below is asked for by itself only where this has not brought it.
  const isReady = !useQuery(openingQuery(query, chosen?.slice(0, CHUNK_COLUMNS))).isPending;
  const { found, missing } = useQueries({
    queries: experimentIds.map((id) => ({ ...experimentQuery(id), enabled: isReady })),
    combine: joinExperiments,
  });
  const only = experimentIds.length === 1 ? found[0] : undefined;
  useCrumbs([
    { label: 'Experiments', link: { to: '/experiments' } },
    {
      label:
        experimentIds.length === 1
          ? (only?.name ?? (missing ? `Experiment ${experimentIds[0]}` : '…'))
          : `${experimentIds.length} experiments`,
    },
  ]);

  const keys = useQuery({ ...keysQuery(experimentIds, '', OPENING_KEYS), enabled: isReady });
  const { mode } = state;
  const usual = useMemo(
    () => withFiltered(usualColumns(keys.data, { experiments: experimentIds.length, mode }), filter),
    [keys.data, experimentIds, mode, filter],
  );
  const columns = state.columns ?? usual;
  const serverColumns = useMemo(() => chosen ?? serverColumnsOf(usual), [chosen, usual]);
  const isAtTop = useCallback(() => {
    const scroller = body.current?.querySelector('[role="grid"], [role="treegrid"]');
    return !scroller || scroller.scrollTop < TOP_PX;
  }, []);
  const list = useRunList(query, serverColumns, {
    isAtTop,
    isReady: isReady && (chosen !== undefined || !keys.isPending),
  });
  // The order of the rows that are shown, which are of the last question that was answered.
  const shownSort = useRef(sort);
  if (!list.isStale) shownSort.current = sort;
  const retry = () => {
    list.retry();
    if (keys.isError) void keys.refetch();
  };
  const expectCharts = useChartsAhead(query, list);
  const ChartsPane = useChartsPane(state.mode !== 'table');
  const place = useKeptPlace();
  const selection = useSelection(list, place.before?.selected);
  const { selected } = selection;
  useUnfoldedOnly(list, state, adjust);
  const cursorRow = useRef<number | undefined>(place.before?.row);
  useEffect(() => place.keep({ selected, row: cursorRow.current }), [selected, place.keep]);
  const widths = useWidths(state, adjust);
  const build = useCallback(() => setBuilding(true), []);
  const keepCharts = useCallback((charts: unknown) => adjust({ charts }), [adjust]);
  const closePanel = useCallback(() => {
    adjust({ run: undefined });
    grid.current?.focus();
  }, [adjust]);
  const focusRows = useCallback(() => grid.current?.focus(), []);
  const step = useCallback((by: -1 | 1) => grid.current?.moveCursor(by), []);

  /** Chosen columns are joined by those that the filter newly asks for; the usual ones have them anyway. */
  const filtered = useCallback(
    (next: string) => ({
      filter: next,
      ...(state.columns && { columns: withFiltered(state.columns, next, state.filter) }),
    }),
    [state.columns, state.filter],
  );
  const filterBy = useCallback(
    async (filter: string) => {
      // Asked before the page changes: a filter that cannot be understood leaves everything as it is.
      const next = { ...query, filter };
      if (filter !== state.filter)
        await queryClient.fetchQuery(headQuery(next, serverColumns.slice(0, CHUNK_COLUMNS)));
      change(filtered(filter));
    },
    [query, state.filter, serverColumns, change, filtered],
  );
  const addToFilter = (condition: string) => change(filtered(addCondition(state.filter, condition)));

  // Not of what the callback closes over: all cells would be drawn again when another run opens.
  const openedRun = useRef(state.run);
  openedRun.current = state.run;
  const open = useCallback(
    (row: RunRow) => {
      if (row.isGone) return;
      if (openedRun.current === row.runId) {
        void navigate({
          to: '/experiments/$experimentId/runs/$runId/$',
          params: { experimentId: row.experimentId, runId: row.runId, _splat: '' },
        });
      } else change({ run: row.runId });
    },
    [navigate, change],
  );
  const fold = useCallback(
    (row: RunRow, isOpen: boolean) =>
      adjust({
        expanded: isOpen
          ? [...state.expanded, row.runId]
          : state.expanded.filter((id) => id !== row.runId && id !== '*'),
      }),
    [adjust, state.expanded],
  );
  const follow = (index: number | undefined) => {
    cursorRow.current = index;
    place.keep({ selected, row: index });
    const row = index === undefined ? undefined : list.rowAt(index);
    if (state.run === undefined || row === undefined || row.isGone || row.runId === state.run) return;
    adjust({ run: row.runId });
  };

  const openRowMenu = (index: number) => {
    const anchor = grid.current?.rectOfRow(index);
    if (anchor) setRowMenu({ index, anchor });
  };
  const atCursor = () => {
    const index = grid.current?.cursorRow();
    return index === undefined ? undefined : list.rowAt(index);
  };
  const chosenIds = (): readonly string[] => {
    if (selected.size > 0) return [...selected];
    const row = atCursor();
    return row === undefined || row.isGone ? [] : [row.runId];
  };
  const isGrouped = state.groupBy.length > 0;
  const hasTable = state.mode !== 'charts';
  useShortcut('j', 'Next run', () => grid.current?.moveCursor(1));
  useShortcut('k', 'Previous run', () => grid.current?.moveCursor(-1));
  useShortcut('x', 'Select the run', () => grid.current?.toggleAtCursor());
  useShortcut('c', 'Compare the selected runs', () => {
    const ids = [...selected];
    if (ids.length >= 2 && ids.length <= MOST_COMPARED)
      void navigate({ to: '/compare', search: { runs: ids.join(',') } as never });
    else notify({ text: explainComparison(ids.length) });
  });
  useShortcut('shift+f10', 'Filter by the value at the cursor, as a right click does', () =>
    grid.current?.openMenu(),
  );
  useShortcut('e', 'What can be done with the run', () => {
    const index = grid.current?.cursorRow();
    if (index !== undefined) openRowMenu(index);
  });
  useShortcut('backspace', 'Move the run or the selected runs to the trash', () => {
    const ids = chosenIds();
    if (ids.length > 0 && state.stage !== 'deleted')
      void deleteRuns(ids).then((isDone) => isDone && selection.clear());
  });
  useShortcut('escape', 'Close the details, clear the selection', () => {
    if (state.run !== undefined) adjust({ run: undefined });
    else selection.clear();
  });
  useShortcut('v', 'Table, both, charts in turn', () => change({ mode: nextMode(state.mode) }));

  const hasRows = list.total !== undefined && list.total > 0 && hasTable && !isGrouped;
  useReturnToRows(hasRows, place.before !== undefined, () => {
    const row = place.before?.row;
    if (row !== undefined && state.run === undefined) grid.current?.setCursorRow(row);
    if (document.activeElement === document.body) focusRows();
  });
  // What the rows are ordered by stays in view when the details take their room.
  const isBeside = state.run !== undefined;
  const sortedBy = sort[0]?.id;
  useLayoutEffect(() => {
    if (isBeside && hasRows && sortedBy !== undefined) grid.current?.revealColumn(sortedBy);
  }, [isBeside, sortedBy, hasRows]);
  useRevealedRun(state.run, list.total !== undefined && hasTable && !isGrouped, async (runId) => {
    const index = await locateRun(query, { snapshot: list.snapshot, runId });
    if (index !== undefined) grid.current?.setCursorRow(index);
  });

  if (missing && found.length === 0) {
    if (isMissing(missing.error)) return <NoSuchExperiment ids={experimentIds} />;
    return (
      <div className={classes.padded}>
        <h1 className={classes.title}>
          {experimentIds.length === 1 ? `Experiment ${experimentIds[0]}` : 'Runs'}
        </h1>
        <ErrorNotice
          error={missing.error}
          what="The experiment could not be read"
          onRetry={() => {
            void missing.refetch();
            retry();
          }}
        />
      </div>
    );
  }

  const actionsOf = (row: RunRow, index: number) => (
    <RowActions
      row={row}
      isOpen={rowMenu?.index === index}
      onMenu={() => openRowMenu(index)}
      onDetails={() => change({ run: row.runId })}
    />
  );
  const menuRow = rowMenu && list.rowAt(rowMenu.index);
  const metricKeys = columns.filter((code) => code.startsWith('m.')).map((code) => code.slice(2));
  const label = experimentIds.length === 1 ? `Runs of ${only?.name ?? 'the experiment'}` : 'Runs';
  // Rows of an earlier question say nothing of one that could not be answered.
  const isEmpty = list.total === 0 && (!list.isStale || list.error != null);
  // Nobody who filters is to blame for a server that is away.
  const filterError = isUnreachable(list.error) ? undefined : list.error;
  const isOutOfUse = isAstray || (list.isStale && filterError != null);
  const isUnanswered = list.isStale && list.error != null;
  // Rows that nothing comes for are not faded: they are what there is to read.
  const gridState = isUnanswered ? { ...state, sort: shownSort.current } : state;
  const gridList = isUnanswered ? { ...list, isStale: false } : list;
  const split = dragged ?? state.split;

  return (
    <div className={classes.page}>
      <RunsTop
        experimentIds={experimentIds}
        experiments={found}
        state={state}
        columns={columns}
        keys={keys.data}
        query={query}
        error={filterError}
        isBusy={list.isStale && list.error == null}
        onChange={change}
        onFilter={filterBy}
        onBuild={build}
        onLeaveFilter={focusRows}
        onAstray={setAstray}
        onExpectCharts={expectCharts}
      />
      <div
        className={classes.body}
        data-mode={state.mode}
        style={{ '--split': `${split}%` } as CSSProperties}
      >
        {hasTable && (
          <div className={classes.table} ref={body}>
            {selected.size > 0 && (
              <SelectionBar
                selected={selected}
                onClear={selection.clear}
                canDelete={state.stage !== 'deleted'}
                canRestore={state.stage !== 'active'}
                onExport={() => void exportSelected(query, [...selected], columns)}
              />
            )}
            {list.newRows > 0 && (
              <button
                type="button"
                className={classes.newRuns}
                onClick={() => {
                  list.showNew();
                  grid.current?.scrollToTop();
                }}
              >
                <ArrowUp size={13} aria-hidden />
                {renderCount(list.newRows)} new {list.newRows === 1 ? 'run' : 'runs'}
              </button>
            )}
            {isOutOfUse && !isEmpty && list.total !== undefined && (
              <p className={classes.astray} role="status">
                These are the runs of the last filter that could be used
                {list.query.filter === '' ? ': none, so all runs.' : ': '}
                {list.query.filter !== '' && (
                  <span className="mono" dir="auto">
                    {list.query.filter}
                  </span>
                )}
              </p>
            )}
            <div className={classes.grid} data-stale={(isOutOfUse && !isEmpty) || undefined}>
              {isGrouped ? (
                <GroupGrid
                  query={query}
                  groupBy={state.groupBy}
                  metrics={metricKeys}
                  onOpen={(group) =>
                    change({ groupBy: [], filter: addCondition(state.filter, group.filter) })
                  }
                />
              ) : list.total === undefined && list.error ? (
                <NoAnswer error={list.error} onRetry={retry} onClear={() => change({ filter: '' })} />
              ) : list.total === undefined ? (
                <Waiting />
              ) : isEmpty ? (
                <NothingHere
                  state={state}
                  all={list.all}
                  experimentName={only?.name ?? ''}
                  isAstray={isOutOfUse}
                  onChange={change}
                />
              ) : (
                <RunGrid
                  label={label}
                  state={gridState}
                  columns={columns}
                  list={gridList}
                  widths={widths.widths}
                  selected={selected}
                  onSelect={selection.change}
                  onChange={change}
                  onMoveColumn={(id, before) => adjust({ columns: moveColumn(columns, id, before) })}
                  onResizeColumn={widths.resize}
                  onOpen={open}
                  onCursor={follow}
                  onFold={fold}
                  onCondition={addToFilter}
                  actionsOf={actionsOf}
                  activeRow={rowMenu?.index}
                  handle={grid}
                  onReturn={focusRows}
                />
              )}
            </div>
            {!isGrouped && list.total !== undefined && (
              <Footer
                selected={selected.size}
                rows={list.total + list.newRows}
                matching={list.matching}
                all={list.all}
                state={state}
              />
            )}
          </div>
        )}
        {state.mode === 'both' && (
          <SplitDivider
            split={split}
            onMove={setDragged}
            onRest={(rested) => {
              setDragged(undefined);
              if (rested !== state.split) adjust({ split: rested });
            }}
          />
        )}
        {state.mode !== 'table' && (
          <div className={classes.charts}>
            {ChartsPane === undefined ? (
              <Waiting />
            ) : (
              <ChartsPane
                query={query}
                selected={selected}
                onSelect={selection.set}
                layout={state.charts}
                onLayout={keepCharts}
              />
            )}
          </div>
        )}
        {state.run !== undefined && <RunPanel runId={state.run} onClose={closePanel} onStep={step} />}
      </div>
      {rowMenu && menuRow && !menuRow.isGone && (
        <AnchoredMenu
          anchor={rowMenu.anchor}
          align="end"
          label={`Actions of ${menuRow.name}`}
          onClose={() => setRowMenu(undefined)}
          onReturn={focusRows}
        >
          <RunMenuItems
            row={menuRow}
            onDetails={() => change({ run: menuRow.runId })}
            onCompare={() => selection.set([...selected, menuRow.runId])}
          />
        </AnchoredMenu>
      )}
      {isBuilding && (
        <FilterBuilder
          experimentIds={experimentIds}
          onCondition={addToFilter}
          onClose={() => setBuilding(false)}
        />
      )}
    </div>
  );
}

/** An id that is none is refused, not looked for. */
const isMissing = (error: unknown): boolean =>
  error instanceof SlipwayError &&
  (error.errorCode === 'RESOURCE_DOES_NOT_EXIST' || error.errorCode === 'INVALID_PARAMETER_VALUE');

function joinExperiments(answers: readonly UseQueryResult<Experiment>[]) {
  return {
    found: answers.flatMap(({ data }) => (data === undefined ? [] : [data])),
    missing: answers.find(({ error, data }) => error !== null && data === undefined),
  };
}

const nextMode = (mode: Mode): Mode => (mode === 'table' ? 'both' : mode === 'both' ? 'charts' : 'table');
