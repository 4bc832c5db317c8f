import { ActionIcon, Menu } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { CircleUser, KeyRound, LogOut } from 'lucide-react';
import { signOut, useAskedWho, useIsSignedIn, useSession } from '../data/session.ts';
import classes from './top-bar.module.css';

/** Who is signed in, and out again. Nothing where the server has no identities. */
export function PersonMenu() {
  const session = useSession();
  const isSignedIn = useIsSignedIn();
  // After the page's own questions: nobody waits for this one.
  useAskedWho(isSignedIn);
  // Its place is kept, so that nothing moves when it comes.
  if (session.kind !== 'signed-in') return isSignedIn ? <span className={classes.personWaiting} /> : null;
  const { user } = session;
  return (
    <Menu position="bottom-end" withinPortal={false} withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`Signed in as ${user.name}`}>
          <CircleUser size={16} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label className={classes.person} dir="auto">
          {user.name}
          {user.is_admin ? ' · administrator' : ''}
        </Menu.Label>
        <Menu.Item
          leftSection={<KeyRound size={14} aria-hidden />}
          renderRoot={(props) => <Link {...props} to="/settings" />}
        >
          Your tokens
        </Menu.Item>
        <Menu.Item leftSection={<LogOut size={14} aria-hidden />} onClick={() => void signOut()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
