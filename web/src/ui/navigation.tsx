import { ActionIcon, Tooltip } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import {
  Boxes,
  FlaskConical,
  House,
  KeyRound,
  Library,
  type LucideIcon,
  PanelLeftClose,
  PanelLeftOpen,
  ScrollText,
  Settings,
  SquareTerminal,
  Users,
} from 'lucide-react';
import { useSession } from '../data/session.ts';
import classes from './navigation.module.css';
import { Wordmark } from './wordmark.tsx';

interface Entry {
  readonly to:
    | '/'
    | '/experiments'
    | '/models'
    | '/sql'
    | '/catalog'
    | '/access'
    | '/audit'
    | '/secrets'
    | '/settings';
  readonly label: string;
  readonly icon: LucideIcon;
  /** Of use to administrators alone, and where people sign in. */
  readonly isForAdmins?: boolean;
}

/** What people do, and where. A group stands here once it has a page. */
const GROUPS: readonly { readonly label: string | undefined; readonly entries: readonly Entry[] }[] = [
  { label: undefined, entries: [{ to: '/', label: 'Home', icon: House }] },
  {
    label: 'Track',
    entries: [
      { to: '/experiments', label: 'Experiments', icon: FlaskConical },
      { to: '/models', label: 'Models', icon: Boxes },
      { to: '/sql', label: 'SQL', icon: SquareTerminal },
    ],
  },
  {
    label: 'Govern',
    entries: [
      { to: '/catalog', label: 'Catalog', icon: Library },
      { to: '/access', label: 'Access', icon: Users, isForAdmins: true },
      { to: '/audit', label: 'Audit', icon: ScrollText, isForAdmins: true },
      { to: '/secrets', label: 'Secrets', icon: KeyRound },
    ],
  },
];

const SETTINGS: Entry = { to: '/settings', label: 'Settings', icon: Settings };

export function Navigation({
  isFolded,
  onFold,
}: {
  readonly isFolded: boolean;
  readonly onFold: () => void;
}) {
  const session = useSession();
  const isAdmin = session.kind === 'signed-in' && session.user.is_admin;
  const FoldIcon = isFolded ? PanelLeftOpen : PanelLeftClose;
  const foldLabel = isFolded ? 'Unfold the navigation' : 'Fold the navigation';
  return (
    <nav className={classes.navigation} data-folded={isFolded || undefined} aria-label="Main">
      <Link to="/" className={classes.brand} aria-label="Slipway, home">
        <Wordmark isFolded={isFolded} />
      </Link>
      <div className={classes.groups}>
        {GROUPS.map(({ label, entries }) => (
          <section key={label ?? 'top'} className={classes.group} aria-label={label ?? 'Start'}>
            {label !== undefined && <div className={classes.groupLabel}>{label}</div>}
            {entries
              .filter(({ isForAdmins }) => isAdmin || !isForAdmins)
              .map((entry) => (
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

function NavigationLink({ entry, isFolded }: { readonly entry: Entry; readonly isFolded: boolean }) {
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
