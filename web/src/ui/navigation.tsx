import { ActionIcon, Menu, Tooltip } from '@mantine/core';
import { Link, useLocation } from '@tanstack/react-router';
import {
  Boxes,
  Ellipsis,
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
  /** Stands at the foot of a phone, where there is room for three and the way to the others. */
  readonly isFrequent?: boolean;
}

/** What people do, and where. A group stands here once it has a page. */
const GROUPS: readonly { readonly label: string | undefined; readonly entries: readonly Entry[] }[] = [
  { label: undefined, entries: [{ to: '/', label: 'Home', icon: House, isFrequent: true }] },
  {
    label: 'Track',
    entries: [
      { to: '/experiments', label: 'Experiments', icon: FlaskConical, isFrequent: true },
      { to: '/models', label: 'Models', icon: Boxes, isFrequent: true },
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
  const groups = GROUPS.map(({ label, entries }) => ({
    label,
    entries: entries.filter(({ isForAdmins }) => isAdmin || !isForAdmins),
  }));
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
        <MoreMenu
          entries={[...groups.flatMap(({ entries }) => entries), SETTINGS].filter(
            ({ isFrequent }) => !isFrequent,
          )}
        />
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
        data-frequent={entry.isFrequent || undefined}
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

/** On a phone: what has no cell of its own at the foot. */
function MoreMenu({ entries }: { readonly entries: readonly Entry[] }) {
  const isHere = useLocation({
    select: ({ pathname }) => entries.some(({ to }) => pathname === to || pathname.startsWith(`${to}/`)),
  });
  return (
    // Within the landmark of the navigation, and without an element of its own that takes the focus.
    <Menu position="top-end" withinPortal={false} withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <button
          type="button"
          className={`${classes.entry} ${classes.more}`}
          aria-current={isHere ? 'page' : undefined}
        >
          <Ellipsis size={16} aria-hidden />
          <span className={classes.entryLabel}>More</span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {entries.map(({ to, label, icon: Icon }) => (
          <Menu.Item
            key={to}
            leftSection={<Icon size={16} aria-hidden />}
            renderRoot={(props) => <Link to={to} {...props} />}
          >
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
