import { lazy, Suspense } from 'react';
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
  return <Suspense>{isOpen && <Palette {...rest} />}</Suspense>;
}
