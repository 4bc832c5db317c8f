import { ActionIcon } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { PanelLeftClose, PanelLeftOpen } from 'lucide-react';
import classes from './navigation.module.css';
import { type NavigationEntry, SETTINGS, useNavigationGroups } from './navigation-entries.ts';
import { Tooltip } from './tooltip.tsx';
import { Wordmark } from './wordmark.tsx';

/** At the left of every page, wide or folded to its icons. */
export function Navigation({
  isFolded,
  onFold,
}: {
  readonly isFolded: boolean;
  readonly onFold: () => void;
}) {
  const groups = useNavigationGroups();
  const FoldIcon = isFolded ? PanelLeftOpen : PanelLeftClose;
  const foldLabel = isFolded ? 'Unfold the navigation' : 'Fold the navigation';
  return (
    <nav className={classes.navigation} data-folded={isFolded || undefined} aria-label="Main">
      <Link to="/" className={classes.brand} aria-label="Slipway, home">
        <Wordmark isFolded={isFolded} />
      </Link>
      <div className={classes.groups}>
        {groups.map(({ label, entries }) => (
          <section key={label ?? 'top'} className={classes.group} aria-label={label ?? 'Start'}>
            {label !== undefined && <div className={classes.groupLabel}>{label}</div>}
            {entries.map((entry) => (
              <NavigationLink key={entry.to} entry={entry} isFolded={isFolded} />
            ))}
          </section>
        ))}
      </div>
      <div className={classes.foot}>
        <NavigationLink entry={SETTINGS} isFolded={isFolded} />
        <Tooltip label={`${foldLabel} ( [ )`} position="right">
          <ActionIcon
            className={classes.fold}
            variant="subtle"
            color="gray"
            aria-label={foldLabel}
            onClick={onFold}
          >
            <FoldIcon size={16} aria-hidden />
          </ActionIcon>
        </Tooltip>
      </div>
    </nav>
  );
}

function NavigationLink({
  entry,
  isFolded,
}: {
  readonly entry: NavigationEntry;
  readonly isFolded: boolean;
}) {
  const Icon = entry.icon;
  return (
    <Tooltip label={entry.label} position="right" disabled={!isFolded}>
      <Link
        to={entry.to}
        className={classes.entry}
        activeOptions={{ exact: entry.to === '/' }}
        activeProps={{ 'aria-current': 'page' }}
        aria-label={isFolded ? entry.label : undefined}
      >
        <Icon size={16} aria-hidden />
        <span className={classes.entryLabel}>{entry.label}</span>
      </Link>
    </Tooltip>
  );
}
