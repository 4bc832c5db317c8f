import { Menu } from '@mantine/core';
import {
  ArrowDownWideNarrow,
  ArrowUpNarrowWide,
  ChartLine,
  EyeOff,
  Group,
  Pin,
  PinOff,
  Sigma,
} from 'lucide-react';
import { type ReactNode, type Ref, useCallback, useMemo, useRef, useState } from 'react';
import { hoverRun, useHoveredRun } from '../../charts/linked-runs.ts';
import { runColor } from '../../charts/run-colors.ts';
import type { GridColumn } from '../../tables/columns.ts';
import { Grid } from '../../tables/grid.tsx';
import type { GridHandle, GridWindow } from '../../tables/grid-props.ts';
import type { TreePlace } from '../../tables/grid-row.tsx';
import type { SelectionChange } from '../../tables/selection.ts';
import { AnchoredMenu } from '../../ui/anchored-menu.tsx';
import { useNow } from '../../ui/now.ts';
import { CellMenu, type CellTarget } from './cell-menu.tsx';
import {
  ATTRIBUTES,
  type ColumnCode,
  codeOf,
  groupOfColumn,
  historyColumn,
  isMetric,
  isSortable,
  labelOfColumn,
  parseColumnCode,
  serverColumn,
} from './column-codes.ts';
import { NameCell, renderRunCell, textOfCell } from './run-cells.tsx';
import { defaultWidth, USUAL_SORT } from './run-columns.ts';
import type { RunRow } from './run-rows.ts';
import { NAME_COLUMN, type RunsState } from './runs-search.ts';
import { Sparkline, useSparks } from './sparklines.tsx';
import { useNumberParams } from './use-number-params.ts';
import type { RunList } from './use-run-list.ts';

interface RunGridProps {
  readonly label: string;
  readonly state: RunsState;
  /** Column codes in their order. */
  readonly columns: readonly string[];
  readonly list: RunList;
  readonly widths: ReadonlyMap<string, number>;
  readonly selected: ReadonlySet<string>;
  readonly onSelect: (change: SelectionChange) => void;
  readonly onChange: (change: Partial<RunsState>) => void;
  readonly onMoveColumn: (id: string, before: string | undefined) => void;
  readonly onResizeColumn: (id: string, width: number) => void;
  readonly onOpen: (row: RunRow) => void;
  readonly onCursor: (index: number | undefined) => void;
  readonly onFold: (row: RunRow, isOpen: boolean) => void;
  readonly onCondition: (condition: string) => void;
  readonly actionsOf: (row: RunRow, index: number) => ReactNode;
  readonly activeRow: number | undefined;
  readonly handle: Ref<GridHandle>;
  /** The keyboard goes back to the rows. */
  readonly onReturn: () => void;
}

const EVERY_HALF_MINUTE_MS = 30_000;
const COMPACT_HEIGHT = 28;

export function RunGrid(props: RunGridProps) {
  const { state, list, columns: codes, widths, onFold, onOpen } = props;
  const now = useNow(EVERY_HALF_MINUTE_MS);
  const [cellMenu, setCellMenu] = useState<CellTarget | undefined>();
  const sparkKeys = useMemo(
    () => codes.filter((code) => code.startsWith('s.')).map((code) => code.slice(2)),
    [codes],
  );
  const idsInView = useMemo(() => list.rowsInView.map(({ runId }) => runId), [list.rowsInView]);
  const sparkOf = useSparks(idsInView, sparkKeys);
  const isTree = useIsTree(list, state.isFlat);
  const fractions = useFractions(list, codes);
  const numberParams = useNumberParams(list, codes);
  const opened = useMemo(() => new Set(state.expanded), [state.expanded]);
  const isOpen = useCallback((row: RunRow) => opened.has('*') || opened.has(row.runId), [opened]);

  const columns = useMemo((): readonly GridColumn<RunRow>[] => {
    const name: GridColumn<RunRow> = {
      id: NAME_COLUMN,
      label: 'Run',
      width: widths.get(NAME_COLUMN) ?? defaultWidth(NAME_COLUMN, 'Run', state.mode),
      isPinned: true,
      isSortable: true,
      render: (row) => (
        <NameCell row={row} isOpen={isOpen(row)} isTree={isTree} onFold={onFold} onOpen={onOpen} />
      ),
      textOf: (row) => row.name,
    };
    const others = codes.flatMap((id): readonly GridColumn<RunRow>[] => {
      const code = parseColumnCode(id);
      if (code === undefined) return [];
      const label = labelOfColumn(code);
      return [
        {
          id,
          label,
          group: groupOfColumn(code),
          width:
            widths.get(id) ??
            (code.kind === 'a' ? ATTRIBUTES[code.key]?.width : undefined) ??
            defaultWidth(id, label),
          align: isNumeric(code) || numberParams.has(id) ? 'end' : 'start',
          isPinned: state.pinned.includes(id),
          isSortable: isSortable(code),
          render:
            code.kind === 's'
              ? sparkCell(sparkOf, code.key)
              : (row) => renderRunCell(row, code, { now, hasFractions: fractions.has(id) }),
          textOf: (row) => textOfCell(row, code),
        },
      ];
    });
    return [name, ...others];
  }, [
    codes,
    widths,
    state.pinned,
    state.mode,
    isTree,
    isOpen,
    onFold,
    onOpen,
    now,
    sparkOf,
    fractions,
    numberParams,
  ]);

  const treeOf = useCallback(
    (row: RunRow): TreePlace => ({
      level: row.depth + 1,
      isOpen: row.childCount > 0 ? isOpen(row) : undefined,
    }),
    [isOpen],
  );
  const { onWindow } = list;
  const tellWindow = useCallback(
    (window: GridWindow) =>
      onWindow({
        ...window,
        columnIds: window.columnIds.flatMap((id) => {
          const code = parseColumnCode(id);
          return code === undefined ? [] : [serverColumn(code)];
        }),
      }),
    [onWindow],
  );

  const liftedRun = useHoveredRun();
  const { selected } = props;
  return (
    <>
      <Grid
        label={props.label}
        columns={columns}
        rowCount={list.total ?? 0}
        rowAt={list.rowAt}
        keyOf={keyOfRow}
        nameOf={nameOfRow}
        onWindow={tellWindow}
        rowHeight={state.isCompact ? COMPACT_HEIGHT : undefined}
        markedKey={state.run}
        liftedKey={liftedRun}
        selected={selected}
        selection={selected.size === 0 ? 'none' : selected.size >= list.matching ? 'all' : 'some'}
        onSelect={props.onSelect}
        onOpen={onOpen}
        onCursor={props.onCursor}
        onPoint={state.mode === 'both' ? lift : undefined}
        onCellMenu={(row, id, anchor) => {
          const code = parseColumnCode(id);
          if (code && code.kind !== 's' && !row.isGone) setCellMenu({ row, code, anchor });
        }}
        actionsOf={props.actionsOf}
        activeRow={props.activeRow}
        treeOf={isTree ? treeOf : undefined}
        onFold={onFold}
        sort={state.sort}
        usualSort={USUAL_SORT}
        onSort={(sort) => props.onChange({ sort })}
        onMoveColumn={props.onMoveColumn}
        onResizeColumn={props.onResizeColumn}
        columnMenu={(id) => <ColumnMenu id={id} codes={codes} state={state} onChange={props.onChange} />}
        isStale={list.isStale}
        restorationId="runs"
        handle={props.handle}
      />
      {cellMenu && (
        <AnchoredMenu
          anchor={cellMenu.anchor}
          label="Value"
          width={300}
          onClose={() => setCellMenu(undefined)}
          onReturn={props.onReturn}
        >
          <CellMenu target={cellMenu} onCondition={props.onCondition} />
        </AnchoredMenu>
      )}
    </>
  );
}

/** Once a parent was seen the list is a tree, whatever rows are in view. */
function useIsTree({ rowsInView, query }: RunList, isFlat: boolean): boolean {
  const key = query.experimentIds.join();
  const seen = useRef<string | undefined>(undefined);
  if (rowsInView.some(({ childCount }) => childCount > 0)) seen.current = key;
  return !isFlat && seen.current === key;
}

/** Columns of metrics of which some number in view has a fraction; once it was seen, the column stays so. */
function useFractions({ rowsInView }: RunList, codes: readonly string[]): ReadonlySet<string> {
  const known = useRef<ReadonlySet<string>>(new Set());
  return useMemo(() => {
    const found = codes.filter((id) => {
      if (known.current.has(id)) return false;
      const code = parseColumnCode(id);
      if (code === undefined || !isMetric(code)) return false;
      const column = serverColumn(code);
      return rowsInView.some((row) => {
        const cell = row.cell(column);
        return typeof cell === 'number' && !Number.isInteger(cell);
      });
    });
    if (found.length > 0) known.current = new Set([...known.current, ...found]);
    return known.current;
  }, [rowsInView, codes]);
}

const keyOfRow = (row: RunRow) => row.runId;
const nameOfRow = (row: RunRow) => row.name;
/** In the charts beside the table. */
const lift = (row: RunRow | undefined) => hoverRun(row === undefined || row.isGone ? undefined : row.runId);
const isNumeric = ({ kind, key }: ColumnCode) =>
  kind === 'm' || kind === 'h' || (kind === 'a' && ATTRIBUTES[key]?.isNumber === true);

const sparkCell = (sparkOf: ReturnType<typeof useSparks>, key: string) =>
  function renderSpark(row: RunRow) {
    const spark = sparkOf(row.runId, key);
    return spark ? <Sparkline spark={spark} color={runColor(row.runId)} /> : null;
  };

const HISTORIES = [
  ['min', 'lowest'],
  ['max', 'highest'],
  ['first', 'first'],
] as const;

interface ColumnMenuProps {
  readonly id: string;
  readonly codes: readonly string[];
  readonly state: RunsState;
  readonly onChange: (change: Partial<RunsState>) => void;
}

/** What can be done with a column, for those who do not drag. */
function ColumnMenu({ id, codes, state, onChange }: ColumnMenuProps) {
  const code = parseColumnCode(id);
  const canSort = id === NAME_COLUMN || (code !== undefined && isSortable(code));
  const isPinned = state.pinned.includes(id);
  const without = codes.filter((one) => one !== id);
  const column = code && serverColumn(code);
  const history = `s.${code?.key}`;
  return (
    <>
      {canSort && (
        <>
          <Menu.Item
            leftSection={<ArrowUpNarrowWide size={14} aria-hidden />}
            onClick={() => onChange({ sort: [{ id, isDescending: false }] })}
          >
            Sort ascending
          </Menu.Item>
          <Menu.Item
            leftSection={<ArrowDownWideNarrow size={14} aria-hidden />}
            onClick={() => onChange({ sort: [{ id, isDescending: true }] })}
          >
            Sort descending
          </Menu.Item>
        </>
      )}
      {code?.kind === 'm' && !codes.includes(history) && (
        <Menu.Item
          leftSection={<ChartLine size={14} aria-hidden />}
          onClick={() => onChange({ columns: codes.flatMap((one) => (one === id ? [one, history] : [one])) })}
        >
          Show its history
        </Menu.Item>
      )}
      {code?.kind === 'm' &&
        HISTORIES.map(([fn, words]) => {
          const drawn = codeOf(historyColumn({ fn, key: code.key }));
          return codes.includes(drawn) ? null : (
            <Menu.Item
              key={fn}
              leftSection={<Sigma size={14} aria-hidden />}
              onClick={() =>
                onChange({ columns: codes.flatMap((one) => (one === id ? [one, drawn] : [one])) })
              }
            >
              Show its {words} value
            </Menu.Item>
          );
        })}
      {(code?.kind === 'p' || code?.kind === 't') && column && (
        <Menu.Item
          leftSection={<Group size={14} aria-hidden />}
          onClick={() => onChange({ groupBy: [column] })}
        >
          Group by {code.key}
        </Menu.Item>
      )}
      {code !== undefined && (
        <>
          <Menu.Divider />
          <Menu.Item
            leftSection={isPinned ? <PinOff size={14} aria-hidden /> : <Pin size={14} aria-hidden />}
            onClick={() =>
              onChange({
                pinned: isPinned ? state.pinned.filter((one) => one !== id) : [...state.pinned, id],
              })
            }
          >
            {isPinned ? 'Unpin' : 'Pin at the left'}
          </Menu.Item>
          <Menu.Item
            leftSection={<EyeOff size={14} aria-hidden />}
            onClick={() => onChange({ columns: without, pinned: state.pinned.filter((one) => one !== id) })}
          >
            Hide
          </Menu.Item>
        </>
      )}
    </>
  );
}
