import { Popover } from '@mantine/core';
import { cloneElement, type MouseEvent, type ReactElement, type ReactNode, useRef, useState } from 'react';
import { useReturnedFocus } from './returned-focus.ts';

interface ButtonPopoverProps {
  /** Takes the attributes and handlers that it is given to its element. */
  readonly button: ReactElement;
  readonly label: string;
  readonly width: number;
  readonly className: string | undefined;
  readonly onOpen?: () => void;
  readonly children: ReactNode;
}

interface ButtonProps {
  readonly 'aria-haspopup'?: 'dialog';
  readonly 'aria-expanded'?: boolean;
  readonly onPointerDown?: () => void;
  readonly onClick?: (event: MouseEvent<HTMLElement>) => void;
}

/** A button that opens a small dialog below it. Of the dialog nothing is there until it is opened. */
export function ButtonPopover({ button, onOpen, ...rest }: ButtonPopoverProps) {
  const [anchor, setAnchor] = useState<DOMRect>();
  const wasOpen = useRef(false);
  const isOpen = anchor !== undefined;
  return (
    <>
      {cloneElement(button as ReactElement<ButtonProps>, {
        'aria-haspopup': 'dialog',
        'aria-expanded': isOpen,
        // The press closes what is open, as one anywhere outside of it; the click that follows is to leave it so.
        onPointerDown: () => {
          wasOpen.current = isOpen;
        },
        onClick: (event) => {
          if (!wasOpen.current) {
            setAnchor(event.currentTarget.getBoundingClientRect());
            onOpen?.();
          }
          wasOpen.current = false;
        },
      })}
      {anchor && <Opened {...rest} anchor={anchor} onClose={() => setAnchor(undefined)} />}
    </>
  );
}

interface OpenedProps extends Omit<ButtonPopoverProps, 'button' | 'onOpen'> {
  readonly anchor: DOMRect;
  readonly onClose: () => void;
}

const OUTSIDE = ['mousedown', 'touchstart'];

function Opened({ anchor, label, width, className, onClose, children }: OpenedProps) {
  useReturnedFocus();
  return (
    <Popover
      opened
      onChange={(isOpen) => !isOpen && onClose()}
      position="bottom-end"
      shadow="md"
      width={width}
      trapFocus
      withRoles={false}
      clickOutsideEvents={OUTSIDE}
    >
      <Popover.Target>
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
      </Popover.Target>
      <Popover.Dropdown role="dialog" className={className} aria-label={label}>
        {children}
      </Popover.Dropdown>
    </Popover>
  );
}
