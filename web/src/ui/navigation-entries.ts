import {
  Boxes,
  FlaskConical,
  House,
  KeyRound,
  Library,
  type LucideIcon,
  ScrollText,
  Settings,
  SquareTerminal,
  Users,
  Waypoints,
} from 'lucide-react';
import { useIsAdmin, useIsSignedIn } from '../data/session.ts';

export interface NavigationEntry {
  readonly to:
    | '/'
    | '/experiments'
    | '/models'
    | '/endpoints'
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
  /** Has a place of its own where there is room for few: what people read on the way. */
  readonly isAtHand?: boolean;
}

export interface NavigationGroup {
  readonly label: string | undefined;
  readonly entries: readonly NavigationEntry[];
}

/** What people do, and where. A group stands here once it has a page. */
const GROUPS: readonly NavigationGroup[] = [
  { label: undefined, entries: [{ to: '/', label: 'Home', icon: House, isAtHand: true }] },
  {
    label: 'Track',
    entries: [
      { to: '/experiments', label: 'Experiments', icon: FlaskConical, isAtHand: true },
      { to: '/models', label: 'Models', icon: Boxes, isAtHand: true },
      { to: '/sql', label: 'SQL', icon: SquareTerminal },
    ],
  },
  {
    label: 'Serve',
    entries: [{ to: '/endpoints', label: 'Endpoints', icon: Waypoints }],
  },
  {
    label: 'Govern',
    entries: [
      { to: '/catalog', label: 'Catalog', icon: Library, isAtHand: true },
      { to: '/access', label: 'Access', icon: Users, isForAdmins: true },
      { to: '/audit', label: 'Audit', icon: ScrollText, isForAdmins: true },
      { to: '/secrets', label: 'Secrets', icon: KeyRound },
    ],
  },
];

export const SETTINGS: NavigationEntry = { to: '/settings', label: 'Settings', icon: Settings };

/** The groups with those of their entries that are of use to the reader. */
export function useNavigationGroups(): readonly NavigationGroup[] {
  const isAdmin = useIsAdmin();
  const isSignedIn = useIsSignedIn();
  return GROUPS.map(({ label, entries }) => ({
    label,
    entries: entries.filter(({ isForAdmins }) => !isForAdmins || (isAdmin && isSignedIn)),
  }));
}
