import { ActionIcon, Menu, Skeleton } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import {
  ChevronRight,
  Ellipsis,
  FlaskConical,
  Folder,
  FolderOpen,
  FolderSearch,
  Lock,
  PencilLine,
  RotateCcw,
  Trash2,
} from 'lucide-react';
import type { ReactNode } from 'react';
import type { ExperimentOverview, TreeFolder } from '../../data/experiments.ts';
import { renderCount } from '../../ui/numbers.ts';
import { Status } from '../../ui/status.tsx';
import { TimeText } from '../../ui/texts.tsx';
import type { Renamed } from './experiment-actions.ts';
import classes from './experiments-page.module.css';
import type { ExperimentsSearch } from './experiments-search.ts';

/** Where a row stands. */
export interface Place {
  readonly row: number;
  readonly top: number;
  readonly isActive: boolean;
}

interface RowFrameProps {
  readonly place: Place;
  readonly depth: number;
  readonly isOpen?: boolean | undefined;
  readonly children: ReactNode;
}

function RowFrame({ place, depth, isOpen, children }: RowFrameProps) {
  return (
    <div
      id={`experiment-row-${place.row}`}
      role="row"
      aria-rowindex={place.row + 2}
      data-row={place.row}
      aria-level={depth + 1}
      aria-expanded={isOpen}
      aria-selected={place.isActive}
      className={classes.row}
      style={{ transform: `translateY(${place.top}px)` }}
    >
      {children}
    </div>
  );
}

const indent = (depth: number) => ({ paddingLeft: 12 + 20 * depth });

interface FolderRowProps {
  readonly place: Place;
  readonly folder: TreeFolder;
  readonly depth: number;
  readonly isOpen: boolean;
  readonly isTrash: boolean;
  readonly search: ExperimentsSearch;
  readonly onToggle: (path: string) => void;
  readonly onRename: (renamed: Renamed) => void;
  readonly onRemove: () => void;
}

export function FolderRow(props: FolderRowProps) {
  const { place, folder, depth, isOpen, isTrash, search, onToggle, onRename, onRemove } = props;
  const Icon = isOpen ? FolderOpen : Folder;
  const into: ExperimentsSearch = { ...search, q: undefined, open: undefined, in: folder.path };
  const count = isTrash ? folder.deleted_experiments : folder.active_experiments;
  return (
    <RowFrame place={place} depth={depth} isOpen={isOpen}>
      <div role="gridcell" className={classes.name} style={indent(depth)}>
        <button
          type="button"
          className={classes.fold}
          data-open={isOpen || undefined}
          tabIndex={-1}
          title={folder.path}
          onClick={() => onToggle(folder.path)}
        >
          <ChevronRight size={14} aria-hidden className={classes.chevron} />
          <Icon size={14} aria-hidden />
          <span className={classes.label} dir="auto">
            {folder.name}
          </span>
        </button>
        <Running count={folder.running_count ?? 0} />
        <span className={classes.inside}>
          {renderCount(count)} {count === 1 ? 'experiment' : 'experiments'}
        </span>
      </div>
      <div role="gridcell" className={classes.count} title={folder.run_count?.toString()}>
        {folder.run_count !== undefined && renderCount(folder.run_count)}
      </div>
      <div role="gridcell" className={classes.time}>
        <TimeText timeMs={folder.last_activity ?? folder.last_update_time} />
      </div>
      <div role="gridcell" className={classes.time} />
      <div role="gridcell" className={classes.note} />
      <div role="gridcell" className={classes.actions}>
        <RowMenu label={`Actions of the folder ${folder.name}`}>
          <Menu.Item
            leftSection={<FolderSearch size={14} aria-hidden />}
            renderRoot={(root) => <Link to="/experiments" search={into} {...root} />}
          >
            Look into this folder alone
          </Menu.Item>
          <Changes {...{ isTrash, onRemove }} onRename={() => onRename({ kind: 'folder', folder })} />
        </RowMenu>
      </div>
    </RowFrame>
  );
}

interface ExperimentRowProps {
  readonly place: Place;
  readonly experiment: ExperimentOverview;
  readonly depth: number;
  readonly isTrash: boolean;
  /** Names come with their folders, from `root` on. */
  readonly showsPath: boolean;
  readonly root: string | undefined;
  readonly onLock: (experiment: ExperimentOverview) => void;
  readonly onRename: (renamed: Renamed) => void;
  readonly onRemove: () => void;
}

export function ExperimentRow(props: ExperimentRowProps) {
  const { place, experiment, depth, isTrash, showsPath, root, onLock, onRename, onRemove } = props;
  const leaf =
    experiment.folder === '' ? experiment.name : experiment.name.slice(experiment.folder.length + 1);
  const above = experiment.folder.slice(root === undefined ? 0 : root.length + 1);
  const isWhole = showsPath && above !== '';
  const label = isWhole ? (
    <>
      <span className={classes.path}>{`${above}/`}</span>
      <span className={classes.leaf}>{leaf}</span>
    </>
  ) : (
    leaf
  );
  return (
    <RowFrame place={place} depth={depth}>
      <div role="gridcell" className={classes.name} style={indent(depth)}>
        <FlaskConical size={14} aria-hidden className={classes.icon} />
        {isTrash ? (
          <span className={classes.label} title={experiment.name} dir="auto">
            {label}
          </span>
        ) : (
          <Link
            className={classes.label}
            to="/experiments/$experimentId"
            params={{ experimentId: experiment.experiment_id }}
            tabIndex={-1}
            title={experiment.name}
            // One word, though its two parts are cut apart.
            aria-label={isWhole ? `${above}/${leaf}` : undefined}
            dir="auto"
          >
            {label}
          </Link>
        )}
        <Running count={experiment.running_count} />
      </div>
      <div role="gridcell" className={classes.count} title={String(experiment.run_count)}>
        {isTrash ? '' : renderCount(experiment.run_count)}
      </div>
      <div role="gridcell" className={classes.time}>
        <TimeText timeMs={experiment.last_activity} />
      </div>
      <div role="gridcell" className={classes.time}>
        <TimeText timeMs={experiment.creation_time} />
      </div>
      <div role="gridcell" className={classes.note} title={experiment.note} dir="auto">
        {experiment.note?.replaceAll(/[#*_`>\s]+/g, ' ').trim()}
      </div>
      <div role="gridcell" className={classes.actions}>
        <RowMenu label={`Actions of ${leaf}`}>
          {!isTrash && (
            <Menu.Item leftSection={<Lock size={14} aria-hidden />} onClick={() => onLock(experiment)}>
              Lock finished runs
            </Menu.Item>
          )}
          <Changes {...{ isTrash, onRemove }} onRename={() => onRename({ kind: 'experiment', experiment })} />
        </RowMenu>
      </div>
    </RowFrame>
  );
}

function Running({ count }: { readonly count: number }) {
  if (count === 0) return null;
  return (
    <span className={classes.running} title={`${count} running`}>
      <Status status="RUNNING" isShort />
    </span>
  );
}

function RowMenu({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon size="sm" variant="subtle" color="gray" aria-label={label} tabIndex={-1}>
          <Ellipsis size={14} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>{children}</Menu.Dropdown>
    </Menu>
  );
}

interface ChangesProps {
  readonly isTrash: boolean;
  readonly onRename: () => void;
  readonly onRemove: () => void;
}

function Changes({ isTrash, onRename, onRemove }: ChangesProps) {
  if (isTrash) {
    return (
      <Menu.Item leftSection={<RotateCcw size={14} aria-hidden />} onClick={onRemove}>
        Restore
      </Menu.Item>
    );
  }
  return (
    <>
      <Menu.Item leftSection={<PencilLine size={14} aria-hidden />} onClick={onRename}>
        Rename or move
      </Menu.Item>
      <Menu.Item leftSection={<Trash2 size={14} aria-hidden />} onClick={onRemove}>
        Move to the trash
      </Menu.Item>
    </>
  );
}

export function WaitingRow({ place, depth }: { readonly place: Place; readonly depth: number }) {
  return (
    <RowFrame place={place} depth={depth}>
      <div role="gridcell" className={classes.name} style={indent(depth)}>
        <Skeleton height={12} width={160 + ((place.row * 37) % 90)} radius={4} />
        <span className="visually-hidden">Loading</span>
      </div>
    </RowFrame>
  );
}
