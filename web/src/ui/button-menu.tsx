import {
  cloneElement,
  type KeyboardEvent,
  type MouseEvent,
  type ReactElement,
  type ReactNode,
  useRef,
  useState,
} from 'react';
import { AnchoredMenu } from './anchored-menu.tsx';

interface ButtonMenuProps {
  /** Takes the attributes and handlers that it is given to its element. */
  readonly button: ReactElement;
  /** What the menu is called. */
  readonly label: string;
  readonly width?: number;
  readonly align?: 'start' | 'end';
  /** Stays open when something of it is chosen. */
  readonly isKept?: boolean;
  readonly onOpen?: () => void;
  readonly children: ReactNode;
}

interface ButtonProps {
  readonly 'aria-haspopup'?: 'menu';
  readonly 'aria-expanded'?: boolean;
  readonly onPointerDown?: () => void;
  readonly onClick?: (event: MouseEvent<HTMLElement>) => void;
  readonly onKeyDown?: (event: KeyboardEvent<HTMLElement>) => void;
}

/** A button that opens a menu. Of the menu nothing is there until it is opened, so that a page may have many. */
export function ButtonMenu({
  button,
  label,
  width,
  align = 'end',
  isKept,
  onOpen,
  children,
}: ButtonMenuProps) {
  const [anchor, setAnchor] = useState<DOMRect>();
  const wasOpen = useRef(false);
  const isOpen = anchor !== undefined;
  const open = (element: HTMLElement) => {
    setAnchor(element.getBoundingClientRect());
    onOpen?.();
  };
  return (
    <>
      {cloneElement(button as ReactElement<ButtonProps>, {
        'aria-haspopup': 'menu',
        'aria-expanded': isOpen,
        // The press closes an open menu, as one anywhere outside of it; the click that follows is to leave it so.
        onPointerDown: () => {
          wasOpen.current = isOpen;
        },
        onClick: (event) => {
          if (!wasOpen.current) open(event.currentTarget);
          wasOpen.current = false;
        },
        onKeyDown: (event) => {
          if (event.key !== 'ArrowDown') return;
          event.preventDefault();
          open(event.currentTarget);
        },
      })}
      {anchor && (
        <AnchoredMenu
          anchor={anchor}
          label={label}
          align={align}
          isKept={isKept}
          {...(width !== undefined && { width })}
          onClose={() => setAnchor(undefined)}
        >
          {children}
        </AnchoredMenu>
      )}
    </>
  );
}
