import { cloneElement, type ReactElement, useEffect, useLayoutEffect, useRef, useState } from 'react';
import classes from './tooltip.module.css';

interface TooltipProps {
  readonly label: string;
  readonly position?: 'top' | 'right';
  readonly disabled?: boolean;
  /** Takes the attributes that it is given to an element. */
  readonly children: ReactElement;
}

interface Marks {
  readonly 'data-tip'?: string;
  readonly 'data-tip-position'?: string;
}

/**
 * A short word about what is pointed at or has the keyboard. The element is only marked: one listener and one box serve
 * all of them, so that a page of buttons pays for none.
 */
export function Tooltip({ label, position = 'top', disabled = false, children }: TooltipProps) {
  if (disabled) return children;
  return cloneElement(children as ReactElement<Marks>, { 'data-tip': label, 'data-tip-position': position });
}

const ID = 'tooltip';
/** From the element, and from the edge of the window. */
const GAP_PX = 5;

const markedAt = (target: EventTarget | null): HTMLElement | undefined =>
  (target instanceof Element && target.closest<HTMLElement>('[data-tip]')) || undefined;

/** The box of all tooltips. */
export function TooltipBox() {
  const [target, setTarget] = useState<HTMLElement>();
  useEffect(() => {
    const point = (event: PointerEvent) => {
      // A finger that lifts has pressed: there is nothing to tell before.
      if (event.pointerType !== 'touch') setTarget(markedAt(event.target));
    };
    const focus = (event: FocusEvent) => {
      const marked = markedAt(event.target);
      setTarget(marked?.matches(':focus-visible') ? marked : undefined);
    };
    const leave = () => setTarget(undefined);
    const onKey = (event: KeyboardEvent) => event.key === 'Escape' && leave();
    document.addEventListener('pointerover', point);
    document.addEventListener('focusin', focus);
    document.addEventListener('focusout', leave);
    document.addEventListener('keydown', onKey, true);
    document.addEventListener('scroll', leave, { capture: true, passive: true });
    document.documentElement.addEventListener('pointerleave', leave);
    return () => {
      document.removeEventListener('pointerover', point);
      document.removeEventListener('focusin', focus);
      document.removeEventListener('focusout', leave);
      document.removeEventListener('keydown', onKey, true);
      document.removeEventListener('scroll', leave, true);
      document.documentElement.removeEventListener('pointerleave', leave);
    };
  }, []);
  return target && <Box target={target} onGone={() => setTarget(undefined)} />;
}

interface BoxProps {
  readonly target: HTMLElement;
  readonly onGone: () => void;
}

function Box({ target, onGone }: BoxProps) {
  const box = useRef<HTMLDivElement>(null);
  const [label, setLabel] = useState(target.dataset.tip);
  const gone = useRef(onGone);
  gone.current = onGone;
  useEffect(() => {
    const follow = () => {
      setLabel(target.dataset.tip);
      if (!target.isConnected) gone.current();
    };
    follow();
    // What it says may change while it is read, and what it is about may go.
    const observer = new MutationObserver(follow);
    observer.observe(document.body, {
      subtree: true,
      childList: true,
      attributes: true,
      attributeFilter: ['data-tip'],
    });
    const described = target.getAttribute('aria-describedby');
    target.setAttribute('aria-describedby', described === null ? ID : `${described} ${ID}`);
    return () => {
      observer.disconnect();
      if (described === null) target.removeAttribute('aria-describedby');
      else target.setAttribute('aria-describedby', described);
    };
  }, [target]);
  useLayoutEffect(() => {
    if (label !== undefined && box.current !== null) place(box.current, target);
  });
  if (label === undefined) return null;
  return (
    <div ref={box} id={ID} role="tooltip" className={classes.box}>
      {label}
    </div>
  );
}

function place(box: HTMLElement, target: HTMLElement): void {
  const at = target.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = box;
  const isRight = target.dataset.tipPosition === 'right';
  const above = at.top - height - GAP_PX;
  const left = isRight ? at.right + GAP_PX : at.left + (at.width - width) / 2;
  const top = isRight ? at.top + (at.height - height) / 2 : above < GAP_PX ? at.bottom + GAP_PX : above;
  box.style.left = `${Math.max(GAP_PX, Math.min(left, window.innerWidth - width - GAP_PX))}px`;
  box.style.top = `${Math.max(GAP_PX, Math.min(top, window.innerHeight - height - GAP_PX))}px`;
}
