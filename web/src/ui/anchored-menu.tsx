import { Menu } from '@mantine/core';
import type { ReactNode } from 'react';
import { useReturnedFocus } from './returned-focus.ts';

interface AnchoredMenuProps {
  /** Where on the screen it belongs: under this. */
  readonly anchor: DOMRect;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly label: string;
  readonly width?: number;
  /** Where along the anchor. */
  readonly align?: 'start' | 'end';
  /** Stays open when something of it is chosen. */
  readonly isKept?: boolean | undefined;
  /** Gives the keyboard back; without it, to what had it before. */
  readonly onReturn?: () => void;
}

const OUTSIDE = ['mousedown', 'touchstart'];

/** A menu that opens at a place of the screen instead of at a button: for headers, cells and rows of a grid. */
export function AnchoredMenu(props: AnchoredMenuProps) {
  const { anchor, onClose, children, label, width = 240, align = 'start', isKept = false } = props;
  useReturnedFocus(true, props.onReturn);
  return (
    <Menu
      opened
      onClose={onClose}
      position={`bottom-${align}`}
      offset={2}
      width={width}
      shadow="md"
      closeOnItemClick={!isKept}
      trapFocus
      withinPortal
      // Not by keys: the one that opened it is still on its way to the document.
      clickOutsideEvents={OUTSIDE}
    >
      <Menu.Target>
        <span
          style={{
            position: 'fixed',
            left: anchor.left,
            top: anchor.top,
            width: anchor.width,
            height: anchor.height,
            pointerEvents: 'none',
          }}
        />
      </Menu.Target>
      <Menu.Dropdown aria-label={label}>{children}</Menu.Dropdown>
    </Menu>
  );
}
