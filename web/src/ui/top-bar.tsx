import { ActionIcon, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { Keyboard, Moon, Search, Sun } from 'lucide-react';
import { Crumbs } from './crumbs.tsx';
import { PersonMenu } from './person-menu.tsx';
import { renderKeys } from './shortcuts.ts';
import { Tooltip } from './tooltip.tsx';
import classes from './top-bar.module.css';

interface TopBarProps {
  readonly onSearch: () => void;
  readonly onShortcuts: () => void;
}

export function TopBar({ onSearch, onShortcuts }: TopBarProps) {
  const keys = renderKeys('mod+k');
  return (
    <header className={classes.bar}>
      <Crumbs />
      <button type="button" className={classes.search} onClick={onSearch} aria-label={`Search ${keys}`}>
        <Search size={14} aria-hidden />
        <span>Search</span> <kbd>{keys}</kbd>
      </button>
      <Tooltip label="Shortcuts ( ? )">
        <ActionIcon variant="subtle" color="gray" aria-label="Shortcuts" onClick={onShortcuts}>
          <Keyboard size={16} aria-hidden />
        </ActionIcon>
      </Tooltip>
      <ThemeSwitch />
      <PersonMenu />
    </header>
  );
}

function ThemeSwitch() {
  const { setColorScheme } = useMantineColorScheme();
  const isDark = useComputedColorScheme('light') === 'dark';
  const label = isDark ? 'Light theme' : 'Dark theme';
  const Icon = isDark ? Sun : Moon;
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={label}
        onClick={() => setColorScheme(isDark ? 'light' : 'dark')}
      >
        <Icon size={16} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}
