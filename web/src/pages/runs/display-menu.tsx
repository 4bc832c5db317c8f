import { Button, Menu } from '@mantine/core';
import { Check, Download, ListTree, Rows3, Settings2 } from 'lucide-react';
import type { ReactNode } from 'react';
import { ButtonMenu } from '../../ui/button-menu.tsx';
import classes from './runs-page.module.css';
import type { RunsState, Stage } from './runs-search.ts';

interface DisplayMenuProps {
  readonly state: RunsState;
  readonly onChange: (change: Partial<RunsState>) => void;
  readonly onExport: () => void;
}

const STAGES: readonly (readonly [Stage, string])[] = [
  ['active', 'Active runs'],
  ['deleted', 'Runs in the trash'],
  ['all', 'Both'],
];

/** Which runs at all, and how their rows stand. */
export function DisplayMenu({ state, onChange, onExport }: DisplayMenuProps) {
  const isOpenAll = state.expanded.includes('*');
  const stage = STAGES.find(([name]) => name === state.stage)![1];
  return (
    <ButtonMenu
      label="Display"
      align="end"
      width={240}
      isKept
      button={
        <Button size="compact-sm" variant="default" leftSection={<Settings2 size={14} aria-hidden />}>
          {state.stage === 'active' ? 'Display' : stage}
        </Button>
      }
    >
      <Menu.Label>Runs</Menu.Label>
      {STAGES.map(([name, label]) => (
        <Menu.Item
          key={name}
          role="menuitemradio"
          aria-checked={state.stage === name}
          leftSection={<Mark isSet={state.stage === name} />}
          onClick={() => onChange({ stage: name })}
        >
          {label}
        </Menu.Item>
      ))}
      <Menu.Divider />
      <Toggle
        isSet={!state.isFlat}
        icon={<ListTree size={14} aria-hidden />}
        onClick={() => onChange({ isFlat: !state.isFlat })}
      >
        Child runs under their parents
      </Toggle>
      {!state.isFlat && (
        <Toggle isSet={isOpenAll} onClick={() => onChange({ expanded: isOpenAll ? [] : ['*'] })}>
          All of them unfolded
        </Toggle>
      )}
      <Toggle
        isSet={state.isCompact}
        icon={<Rows3 size={14} aria-hidden />}
        onClick={() => onChange({ isCompact: !state.isCompact })}
      >
        Compact rows
      </Toggle>
      <Menu.Divider />
      <Menu.Item leftSection={<Download size={14} aria-hidden />} closeMenuOnClick onClick={onExport}>
        Export all that match as CSV
      </Menu.Item>
    </ButtonMenu>
  );
}

interface ToggleProps {
  readonly isSet: boolean;
  readonly icon?: ReactNode;
  readonly onClick: () => void;
  readonly children: ReactNode;
}

function Toggle({ isSet, icon, onClick, children }: ToggleProps) {
  return (
    <Menu.Item
      role="menuitemcheckbox"
      aria-checked={isSet}
      leftSection={<Mark isSet={isSet} />}
      rightSection={icon}
      onClick={onClick}
    >
      {children}
    </Menu.Item>
  );
}

function Mark({ isSet }: { readonly isSet: boolean }) {
  return isSet ? <Check size={14} aria-hidden /> : <span className={classes.noMark} />;
}
