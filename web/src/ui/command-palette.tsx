import { Modal } from '@mantine/core';

interface CommandPaletteProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

export function CommandPalette({ isOpen, onClose }: CommandPaletteProps) {
  return (
    <Modal opened={isOpen} onClose={onClose} withCloseButton={false} aria-label="Search and commands">
      {null}
    </Modal>
  );
}
