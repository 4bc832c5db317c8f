import { lazy, Suspense, useRef } from 'react';
import { useReturnedFocus } from './returned-focus.ts';

const Palette = lazy(() => import('./palette/palette.tsx'));

interface CommandPaletteProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly onShortcuts: () => void;
}

/** Search and commands; its code comes when it is opened for the first time. */
export function CommandPalette({ isOpen, ...rest }: CommandPaletteProps) {
  useReturnedFocus(isOpen);
  const typedAhead = useRef('');
  // Who types at once loses nothing to the code that is on its way.
  const waiting = (
    <input
      ref={(input) => input?.focus()}
      className="visually-hidden"
      aria-label="Search and commands, opening"
      onChange={(event) => {
        typedAhead.current = event.currentTarget.value;
      }}
    />
  );
  return <Suspense fallback={waiting}>{isOpen && <Palette {...rest} typedAhead={typedAhead} />}</Suspense>;
}
