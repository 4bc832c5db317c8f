import { Menu } from '@mantine/core';
import { Link, useLocation } from '@tanstack/react-router';
import { Ellipsis } from 'lucide-react';
import classes from './foot-navigation.module.css';
import { type NavigationEntry, SETTINGS, useNavigationGroups } from './navigation-entries.ts';

/** At the foot of narrow windows: what is read most in cells of its own, everything else under "More". */
export function FootNavigation() {
  const entries = [...useNavigationGroups().flatMap((group) => group.entries), SETTINGS];
  const others = entries.filter(({ isAtHand }) => !isAtHand);
  return (
    <nav className={classes.foot} aria-label="Main">
      {entries
        .filter(({ isAtHand }) => isAtHand)
        .map(({ to, label, icon: Icon }) => (
          <Link
            key={to}
            to={to}
            className={classes.cell}
            activeOptions={{ exact: to === '/' }}
            activeProps={{ 'aria-current': 'page' }}
          >
            <Icon size={18} aria-hidden />
            {label}
          </Link>
        ))}
      <More entries={others} />
    </nav>
  );
}

function More({ entries }: { readonly entries: readonly NavigationEntry[] }) {
  const path = useLocation({ select: ({ pathname }) => pathname });
  const isHere = ({ to }: NavigationEntry) => path === to || path.startsWith(`${to}/`);
  return (
    <Menu
      position="top-end"
      offset={8}
      width={220}
      // Stays within the landmark that it belongs to, and begins with its first page.
      withinPortal={false}
      withInitialFocusPlaceholder={false}
    >
      <Menu.Target>
        <button
          type="button"
          className={classes.cell}
          aria-label="More pages"
          aria-current={entries.some(isHere) ? 'true' : undefined}
        >
          <Ellipsis size={18} aria-hidden />
          More
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {entries.map((entry) => (
          <Menu.Item
            key={entry.to}
            className={classes.item}
            leftSection={<entry.icon size={18} aria-hidden />}
            aria-current={isHere(entry) ? 'page' : undefined}
            renderRoot={(props) => <Link {...props} to={entry.to} />}
          >
            {entry.label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
