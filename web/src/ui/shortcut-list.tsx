import { Modal } from '@mantine/core';
import classes from './shortcut-list.module.css';
import { renderKeys, useShortcuts } from './shortcuts.ts';

interface ShortcutListProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** What the keys do on the page that is shown. */
export function ShortcutList({ isOpen, onClose }: ShortcutListProps) {
  const shortcuts = useShortcuts();
  return (
    <Modal opened={isOpen} onClose={onClose} title="Shortcuts" size="md">
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
    </Modal>
  );
}
