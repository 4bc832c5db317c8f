import { ActionIcon, Menu } from '@mantine/core';
import { CircleUser, LogOut } from 'lucide-react';
import { useEffect } from 'react';
import { askWhoWeAre, hasSignedIn, signOut, useSession } from '../data/session.ts';

/** Who is signed in, and out again. Nothing where the server has no identities. */
export function PersonMenu() {
  const session = useSession();
  useEffect(() => {
    // After the page's own questions: nobody waits for this one.
    if (session.kind === 'unknown' && hasSignedIn()) void askWhoWeAre().catch(() => undefined);
  }, [session.kind]);
  if (session.kind !== 'signed-in') return null;
  const { user } = session;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`Signed in as ${user.name}`}>
          <CircleUser size={16} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {user.name}
          {user.is_admin ? ' · administrator' : ''}
        </Menu.Label>
        <Menu.Item leftSection={<LogOut size={14} aria-hidden />} onClick={() => void signOut()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
