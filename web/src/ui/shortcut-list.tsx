import { Modal } from '@mantine/core';
import { useRef } from 'react';
import classes from './shortcut-list.module.css';
import { renderKeys, type Shortcut, useShortcuts } from './shortcuts.ts';

interface ShortcutListProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** What the keys do on the page that is shown. */
export function ShortcutList({ isOpen, onClose }: ShortcutListProps) {
  // Until it is wanted for the first time it costs a page nothing; after that it closes as it opened.
  const wasOpen = useRef(false);
  wasOpen.current ||= isOpen;
  return wasOpen.current ? <ShortcutDialog isOpen={isOpen} onClose={onClose} /> : null;
}

function ShortcutDialog({ isOpen, onClose }: ShortcutListProps) {
  const shortcuts = useShortcuts();
  // Two tables of a page have the same keys.
  const distinct = [
    ...new Map(shortcuts.map((one) => [`${one.where} ${one.keys} ${one.does}`, one])).values(),
  ];
  const parts = [...Map.groupBy(distinct, ({ where }) => where)];
  return (
    <Modal opened={isOpen} onClose={onClose} title="Shortcuts" size="md">
      {parts.map(([where, ofPart]) => (
        <section key={where ?? ''} aria-label={where ?? 'Anywhere'} className={classes.part}>
          {where !== undefined && <h3>{where}</h3>}
          <KeyList shortcuts={ofPart} />
        </section>
      ))}
    </Modal>
  );
}

function KeyList({ shortcuts }: { readonly shortcuts: readonly Shortcut[] }) {
  return (
    <dl className={classes.list}>
      {shortcuts.map(({ keys, does }) => (
        <div key={`${keys} ${does}`} className={classes.item}>
          <dt>{does}</dt>
          <dd>
            {keys.split(' ').map((key) => (
              <kbd key={key}>{renderKeys(key === '' ? ' ' : key)}</kbd>
            ))}
          </dd>
        </div>
      ))}
    </dl>
  );
}
