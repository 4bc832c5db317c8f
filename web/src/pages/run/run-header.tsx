import { ActionIcon, Button, Menu, TextInput } from '@mantine/core';
import type { Run } from '@slipway/client';
import { Link, useNavigate } from '@tanstack/react-router';
import {
  ChevronDown,
  ChevronUp,
  Copy,
  CopyPlus,
  Download,
  Ellipsis,
  GitCompareArrows,
  Pencil,
  RotateCcw,
  Trash2,
} from 'lucide-react';
import { useState } from 'react';
import type { LeftList } from '../../data/left-list.ts';
import { isSystemMetric } from '../../data/metric-keys.ts';
import { RegisterMenu } from '../../registry/register-menu.tsx';
import { RunPicker } from '../../run-picker/run-picker.tsx';
import { notify } from '../../ui/notices.tsx';
import { useShortcut } from '../../ui/shortcuts.ts';
import { Status } from '../../ui/status.tsx';
import { Tooltip } from '../../ui/tooltip.tsx';
import { folderZipUrl } from '../../viewers/artifact-owner.ts';
import type { RunActions } from './run-actions.ts';
import classes from './run-header.module.css';
import { type RunPlace, type RunTab, runLink } from './run-place.ts';
import { type Neighbour, useNeighbours } from './run-queries.ts';

interface RunHeaderProps {
  readonly run: Run;
  readonly place: RunPlace;
  /** The list that it was opened from. */
  readonly left: LeftList | undefined;
  readonly actions: RunActions;
  /** Nothing can be done with it any more. */
  readonly isGone: boolean;
}

export function RunHeader({ run, place, left, actions, isGone }: RunHeaderProps) {
  const [isRenaming, setRenaming] = useState(false);
  const canChange = run.lifecycleStage === 'active' && !isGone;
  useShortcut('e', 'Rename this run', () => canChange && setRenaming(true));
  return (
    <header className={classes.header}>
      <div className={classes.top}>
        {isRenaming ? (
          <NameField
            name={run.name}
            onEnd={(name) => {
              setRenaming(false);
              if (name !== undefined && name !== run.name) void actions.rename(name);
            }}
          />
        ) : (
          <h1 className={classes.name} dir="auto" title={run.name}>
            {run.name}
          </h1>
        )}
        {canChange && !isRenaming && (
          <Tooltip label="Rename ( e )">
            <ActionIcon
              size="sm"
              variant="subtle"
              color="gray"
              aria-label="Rename this run"
              onClick={() => setRenaming(true)}
            >
              <Pencil size={14} aria-hidden />
            </ActionIcon>
          </Tooltip>
        )}
        <Status status={run.status} />
        <span className={classes.spread} />
        <NeighbourSteps run={run} place={place} left={left} />
        <CompareButton run={run} />
        {canChange && <RegisterMenu run={run} variant="filled" />}
        <RunMenu run={run} actions={actions} isGone={isGone} onRename={() => setRenaming(true)} />
      </div>
      <RunTabs run={run} place={place} />
    </header>
  );
}

interface NameFieldProps {
  readonly name: string;
  /** Undefined for the name as it was. */
  readonly onEnd: (name: string | undefined) => void;
}

function NameField({ name, onEnd }: NameFieldProps) {
  const [text, setText] = useState(name);
  return (
    <form
      className={classes.nameField}
      onSubmit={(event) => {
        event.preventDefault();
        onEnd(text.trim() === '' ? undefined : text.trim());
      }}
    >
      <TextInput
        size="sm"
        aria-label="Name of the run"
        value={text}
        autoFocus
        dir="auto"
        onFocus={(event) => event.currentTarget.select()}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => event.key === 'Escape' && onEnd(undefined)}
        className={classes.nameInput}
      />
      <Button type="submit" size="compact-sm" disabled={text.trim() === ''}>
        Rename
      </Button>
      <Button size="compact-sm" variant="default" onClick={() => onEnd(undefined)}>
        Cancel
      </Button>
    </form>
  );
}

/** The runs beside this one in the list that it was opened from, else newest first; the tab stays. */
function NeighbourSteps({ run, place, left }: Pick<RunHeaderProps, 'run' | 'place' | 'left'>) {
  const { data } = useNeighbours(run, left);
  const navigate = useNavigate();
  const splat = place.tab === 'overview' ? '' : place.tab;
  const go = (to: Neighbour | undefined) => {
    if (to !== undefined) void navigate(runLink(to, splat));
  };
  const [before, after] = data?.isOfList ? (['Run before', 'Next run'] as const) : NEWEST_FIRST;
  useShortcut('k', before, () => go(data?.before));
  useShortcut('j', after, () => go(data?.after));
  if (!data || data.total < 2) return null;
  return (
    <nav className={classes.steps} aria-label="Other runs">
      <span className={classes.place} title={data.isOfList ? describeList(left) : undefined}>
        {data.place.toLocaleString('en-US')} of {data.total.toLocaleString('en-US')}
      </span>
      <NeighbourStep label={before} hint="k" to={data.before} icon={ChevronUp} onGo={go} />
      <NeighbourStep label={after} hint="j" to={data.after} icon={ChevronDown} onGo={go} />
    </nav>
  );
}

const NEWEST_FIRST = ['Newer run', 'Older run'] as const;

/** The filter and the order that the steps follow. */
function describeList(left: LeftList | undefined): string | undefined {
  if (left === undefined) return undefined;
  const { filter, orderBy } = left.query;
  const order = orderBy.length === 0 ? 'newest first' : `by ${orderBy.join(', ')}`;
  return `In the list of runs${filter === '' ? '' : ` where ${filter}`}, ${order}`;
}

/** A comparison takes two: asks with which run, and opens it. */
function CompareButton({ run }: { readonly run: Run }) {
  const [isPicking, setPicking] = useState(false);
  const navigate = useNavigate();
  useShortcut('c', 'Compare with another run', () => setPicking(true));
  return (
    <>
      <Button
        size="compact-sm"
        variant="default"
        leftSection={<GitCompareArrows size={14} aria-hidden />}
        onClick={() => setPicking(true)}
      >
        Compare
      </Button>
      <RunPicker
        isOpen={isPicking}
        title={`Compare ${run.name} with`}
        about={run}
        taken={[run.runId]}
        onPick={(runId) =>
          void navigate({ to: '/compare', search: { runs: `${run.runId},${runId}` } as never })
        }
        onClose={() => setPicking(false)}
      />
    </>
  );
}

interface NeighbourStepProps {
  readonly label: string;
  readonly hint: string;
  readonly to: Neighbour | undefined;
  readonly icon: typeof ChevronUp;
  readonly onGo: (to: Neighbour | undefined) => void;
}

function NeighbourStep({ label, hint, to, icon: Icon, onGo }: NeighbourStepProps) {
  return (
    <Tooltip label={to === undefined ? label : `${label}: ${to.name.slice(0, 60)} ( ${hint} )`}>
      <ActionIcon
        size="sm"
        variant="subtle"
        color="gray"
        aria-label={label}
        disabled={to === undefined}
        onClick={() => onGo(to)}
      >
        <Icon size={16} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}

interface RunMenuProps {
  readonly run: Run;
  readonly actions: RunActions;
  readonly isGone: boolean;
  readonly onRename: () => void;
}

function RunMenu({ run, actions, isGone, onRename }: RunMenuProps) {
  const isActive = run.lifecycleStage === 'active';
  const copy = async (text: string, what: string) => {
    await navigator.clipboard.writeText(text);
    notify({ text: `${what} is copied.` });
  };
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon variant="default" size={26} aria-label="More to do with this run">
          <Ellipsis size={16} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {isActive && !isGone && (
          <Menu.Item leftSection={<Pencil size={14} aria-hidden />} onClick={onRename}>
            Rename
          </Menu.Item>
        )}
        <Menu.Item
          leftSection={<CopyPlus size={14} aria-hidden />}
          disabled={isGone}
          onClick={() => void actions.clone()}
        >
          Clone params and tags
        </Menu.Item>
        <Menu.Item
          leftSection={<Copy size={14} aria-hidden />}
          onClick={() => void copy(run.runId, 'The run id')}
        >
          Copy the run ID
        </Menu.Item>
        <Menu.Item
          component="a"
          className={classes.link}
          href={folderZipUrl({ runId: run.runId })}
          download
          leftSection={<Download size={14} aria-hidden />}
        >
          Download all as zip
        </Menu.Item>
        <Menu.Divider />
        {isActive ? (
          <Menu.Item
            color="red"
            disabled={isGone}
            leftSection={<Trash2 size={14} aria-hidden />}
            onClick={() => void actions.delete()}
          >
            Move to the trash
          </Menu.Item>
        ) : (
          <Menu.Item
            disabled={isGone}
            leftSection={<RotateCcw size={14} aria-hidden />}
            onClick={() => void actions.restore()}
          >
            Restore
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

const TABS: readonly { readonly tab: RunTab; readonly label: string }[] = [
  { tab: 'overview', label: 'Overview' },
  { tab: 'metrics', label: 'Metrics' },
  { tab: 'system-metrics', label: 'System metrics' },
  { tab: 'artifacts', label: 'Artifacts' },
  { tab: 'traces', label: 'Traces' },
];

function RunTabs({ run, place }: Pick<RunHeaderProps, 'run' | 'place'>) {
  const keys = Object.keys(run.metrics);
  const systemCount = keys.filter(isSystemMetric).length;
  const counts: Partial<Record<RunTab, number>> = {
    metrics: keys.length - systemCount,
    'system-metrics': systemCount,
  };
  const shown = TABS.filter(({ tab }) => tab !== 'system-metrics' || systemCount > 0 || place.tab === tab);
  return (
    <nav className={classes.tabs} aria-label="Pages of this run">
      {shown.map((one, i) => (
        <TabLink
          key={one.tab}
          {...one}
          shortcut={String(i + 1)}
          run={run}
          isCurrent={one.tab === place.tab}
          count={counts[one.tab]}
        />
      ))}
    </nav>
  );
}

interface TabLinkProps {
  readonly tab: RunTab;
  readonly label: string;
  /** The key that goes there. */
  readonly shortcut: string;
  readonly run: Run;
  readonly isCurrent: boolean;
  readonly count: number | undefined;
}

function TabLink({ tab, label, shortcut, run, isCurrent, count }: TabLinkProps) {
  const navigate = useNavigate();
  const link = runLink(run, tab === 'overview' ? '' : tab);
  useShortcut(shortcut, label, () => void navigate(link));
  return (
    <Link
      {...link}
      className={classes.tab}
      data-current={isCurrent || undefined}
      aria-current={isCurrent ? 'page' : undefined}
      activeOptions={{ exact: true }}
    >
      {label}
      {count !== undefined && count > 0 && (
        <span className={classes.count}>{count.toLocaleString('en-US')}</span>
      )}
    </Link>
  );
}
