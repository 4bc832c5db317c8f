import { useMediaQuery } from '@mantine/hooks';
import { Outlet } from '@tanstack/react-router';
import { useState } from 'react';
import { CommandPalette } from './command-palette.tsx';
import { ConnectionLine } from './connection-line.tsx';
import { FootNavigation } from './foot-navigation.tsx';
import { Navigation } from './navigation.tsx';
import { Notices } from './notices.tsx';
import classes from './shell.module.css';
import { ShortcutList } from './shortcut-list.tsx';
import { useShortcut } from './shortcuts.ts';
import { TooltipBox } from './tooltip.tsx';
import { TopBar } from './top-bar.tsx';

/** As in shell.module.css. */
const NARROW = '(max-width: 800px)';
const FOLDED = 'slipway.navigation-folded';

/** The frame around every page: navigation at the left, the bar above, the page, and what lies over all of them. */
export function Shell() {
  const [isFolded, setFolded] = useState(() => localStorage.getItem(FOLDED) === 'yes');
  const [overlay, setOverlay] = useState<'palette' | 'shortcuts' | undefined>();
  const isNarrow = useMediaQuery(NARROW, undefined, { getInitialValueInEffect: false });
  const close = () => setOverlay(undefined);
  const fold = () => {
    localStorage.setItem(FOLDED, isFolded ? 'no' : 'yes');
    setFolded(!isFolded);
  };
  useShortcut('mod+k', 'Search and commands', () => setOverlay('palette'));
  useShortcut('?', 'List of shortcuts', () => setOverlay('shortcuts'));
  useShortcut('[', 'Fold or unfold the navigation', fold);
  return (
    <div className={classes.frame} data-folded={isFolded || undefined}>
      <a className={classes.skip} href="#page">
        Skip to the page
      </a>
      {isNarrow ? <FootNavigation /> : <Navigation isFolded={isFolded} onFold={fold} />}
      <div className={classes.main}>
        <TopBar onSearch={() => setOverlay('palette')} onShortcuts={() => setOverlay('shortcuts')} />
        <ConnectionLine />
        <main id="page" className={classes.page} tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      <CommandPalette
        isOpen={overlay === 'palette'}
        onClose={close}
        onShortcuts={() => setOverlay('shortcuts')}
      />
      <ShortcutList isOpen={overlay === 'shortcuts'} onClose={close} />
      <Notices />
      <TooltipBox />
    </div>
  );
}
