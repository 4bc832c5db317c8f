import { useEffect, useRef } from 'react';

/**
 * For what opens over a page and is in the document only while it is open: when it goes, the keyboard is again where
 * it was, unless something else has taken it meanwhile.
 * @param isOpen for components that stay while what they open does not
 * @param returnTo gives it to something else than what had it: to a table whose buttons come and go
 */
export function useReturnedFocus(isOpen = true, returnTo?: () => void): void {
  const opener = useRef<Element | null>(null);
  const wasOpen = useRef(false);
  // Before the effects of what opens, which take the focus.
  if (isOpen && !wasOpen.current) opener.current = document.activeElement;
  wasOpen.current = isOpen;
  const latest = useRef(returnTo);
  latest.current = returnTo;
  useEffect(() => {
    if (!isOpen) return;
    return () => {
      const before = opener.current;
      // Once what was open has left the document; a menu closes with its animation.
      setTimeout(() => {
        const { activeElement, body } = document;
        if (activeElement !== null && activeElement !== body && activeElement.isConnected) return;
        if (latest.current !== undefined) latest.current();
        else if (before instanceof HTMLElement && before !== body && before.isConnected) {
          before.focus({ preventScroll: true });
        }
      });
    };
  }, [isOpen]);
}
