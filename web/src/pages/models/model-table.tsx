import { Skeleton } from '@mantine/core';
import type { RegisteredModel } from '@slipway/client';
import { Link } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { useMemo, useRef } from 'react';
import { AliasBadge, StageBadge } from '../../registry/alias-badge.tsx';
import { scrollRegion } from '../../ui/scroll-region.ts';
import { TimeText } from '../../ui/texts.tsx';
import type { ModelRow } from './model-rows.ts';
import classes from './models-page.module.css';
import type { ModelsSearch } from './models-search.ts';

interface ModelTableProps {
  /** Undefined while they come. */
  readonly rows: readonly ModelRow[] | undefined;
  readonly isStale: boolean;
  readonly sort: ModelsSearch['sort'];
  readonly onSort: (sort: ModelsSearch['sort']) => void;
}

const ROW_PX = 32;
const WAITING_ROWS = 12;
const SHOWN_ALIASES = 2;

/** `champion` first, the others by name. */
const byImportance = ([a]: [string, string], [b]: [string, string]): number =>
  Number(b === 'champion') - Number(a === 'champion') || (a < b ? -1 : 1);

/** As many models as there are: only the rows in sight exist. */
export function ModelTable({ rows, isStale, sort, onSort }: ModelTableProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const count = rows?.length ?? WAITING_ROWS;
  const hasOwners = useMemo(
    () => rows?.some((row) => row.kind === 'model' && ownerOf(row.model) !== undefined) ?? false,
    [rows],
  );
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
    scrollPaddingStart: ROW_PX,
  });
  return (
    <div
      ref={scroller}
      className={classes.scroller}
      role="table"
      aria-label="Models"
      aria-rowcount={count + 1}
      aria-busy={rows === undefined || isStale}
      data-stale={isStale || undefined}
      data-owners={hasOwners || undefined}
      data-scroll-restoration-id="models"
      {...scrollRegion}
    >
      <div role="row" aria-rowindex={1} className={classes.head}>
        <SortHeader label="Name" isSorted={sort === undefined} onSort={() => onSort(undefined)} />
        <div role="columnheader" className={classes.number}>
          Latest
        </div>
        <div role="columnheader">Aliases</div>
        <div role="columnheader">Stages</div>
        <SortHeader label="Changed" isSorted={sort === 'changed'} onSort={() => onSort('changed')} isNumber />
        {hasOwners && <div role="columnheader">Owner</div>}
        <div role="columnheader">Description</div>
      </div>
      <div role="rowgroup" className={classes.rows} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, start }) => {
          const row = rows?.[index];
          const place = { role: 'row', 'aria-rowindex': index + 2, style: { top: start } } as const;
          if (row === undefined)
            return (
              <div key={index} {...place} className={classes.row}>
                <div role="cell">
                  <Skeleton height={12} width={160} />
                </div>
              </div>
            );
          if (row.kind === 'schema')
            return (
              <div key={`schema ${row.catalog}.${row.schema}`} {...place} className={classes.schema}>
                <div role="cell" dir="auto">
                  <ScopeLink label={row.catalog} within={row.catalog} />
                  <span className={classes.level}>/</span>
                  <ScopeLink label={row.schema} within={`${row.catalog}.${row.schema}`} />
                  <span className={classes.count}>{row.count.toLocaleString('en-US')}</span>
                </div>
              </div>
            );
          return (
            <div key={`model ${row.model.name}`} {...place} className={classes.row}>
              <ModelCells model={row.model} label={row.label} hasOwners={hasOwners} />
            </div>
          );
        })}
      </div>
    </div>
  );
}

function ScopeLink({ label, within }: { readonly label: string; readonly within: string }) {
  return (
    <Link to="/models" search={{ in: within } as never} title={`Models of ${within} alone`}>
      {label}
    </Link>
  );
}

interface SortHeaderProps {
  readonly label: string;
  readonly isSorted: boolean;
  readonly onSort: () => void;
  readonly isNumber?: boolean;
}

function SortHeader({ label, isSorted, onSort, isNumber = false }: SortHeaderProps) {
  const Arrow = isNumber ? ArrowDown : ArrowUp;
  return (
    <div
      role="columnheader"
      className={isNumber ? classes.number : undefined}
      aria-sort={isSorted ? (isNumber ? 'descending' : 'ascending') : 'none'}
    >
      <button type="button" className={classes.sort} onClick={onSort}>
        {label}
        {isSorted && <Arrow size={12} aria-hidden />}
      </button>
    </div>
  );
}

/** Who answers for a model: its tag `owner`, or who registered its latest version. */
const ownerOf = ({ tags, latestVersions }: RegisteredModel): string | undefined =>
  tags.owner || latestVersions.at(-1)?.userId || undefined;

interface ModelCellsProps {
  readonly model: RegisteredModel;
  readonly label: string;
  readonly hasOwners: boolean;
}

function ModelCells({ model, label, hasOwners }: ModelCellsProps) {
  const { name, aliases, latestVersions, updatedAtMs, description } = model;
  const latest = latestVersions.reduce((highest, { version }) => Math.max(highest, Number(version)), 0);
  const held = Object.entries(aliases).sort(byImportance);
  const staged = latestVersions.filter(({ stage }) => stage === 'Production' || stage === 'Staging');
  return (
    <>
      <div role="cell" className={classes.name}>
        <Link to="/models/$name" params={{ name }} title={name} dir="auto">
          {label}
        </Link>
      </div>
      <div role="cell" className={classes.number}>
        {latest === 0 ? <span className="dim">none</span> : `v${latest}`}
      </div>
      <div role="cell" className={classes.badges}>
        {held.slice(0, SHOWN_ALIASES).map(([alias, version]) => (
          <AliasBadge key={alias} alias={alias} version={version} />
        ))}
        {held.length > SHOWN_ALIASES && (
          <span className="dim" title={held.map(([alias, version]) => `${alias} v${version}`).join(', ')}>
            +{held.length - SHOWN_ALIASES}
          </span>
        )}
      </div>
      <div role="cell" className={classes.badges}>
        {staged.map(({ stage, version }) => (
          <span key={stage} className={classes.staged}>
            <StageBadge stage={stage} version={version} />
          </span>
        ))}
      </div>
      <div role="cell" className={classes.number}>
        <TimeText timeMs={updatedAtMs} />
      </div>
      {hasOwners && (
        <div role="cell" className={classes.note} title={ownerOf(model)} dir="auto">
          {ownerOf(model)}
        </div>
      )}
      <div role="cell" className={classes.note} title={description} dir="auto">
        {description.replaceAll(/[#*_`>\s]+/g, ' ').trim()}
      </div>
    </>
  );
}
