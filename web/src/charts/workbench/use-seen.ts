import { type RefObject, useEffect, useLayoutEffect, useState } from 'react';

/** As far beyond the screen an element counts as near it. */
const NEAR_PX = 200;

/** Whether an element has come near to what is on the screen: from then on it is worth to be drawn. */
export function useSeen(element: RefObject<HTMLElement | null>): boolean {
  const [isSeen, setSeen] = useState(false);
  // What is on the screen from the beginning does not wait for the observer's first word; what is near it comes after.
  useLayoutEffect(() => {
    const box = element.current?.getBoundingClientRect();
    if (box && box.height > 0 && box.top < window.innerHeight && box.bottom > 0) setSeen(true);
  }, [element]);
  useEffect(() => {
    if (isSeen || element.current === null) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) setSeen(true);
      },
      { rootMargin: `${NEAR_PX}px 0px` },
    );
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [isSeen, element]);
  return isSeen;
}
