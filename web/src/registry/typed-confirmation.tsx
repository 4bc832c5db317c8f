import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';

interface TypedConfirmationProps {
  readonly isOpen: boolean;
  readonly title: string;
  /** What goes, and that it does not come back. */
  readonly children: ReactNode;
  /** To be typed before the button works. */
  readonly word: string;
  readonly action: string;
  readonly onConfirm: () => Promise<void>;
  readonly onClose: () => void;
}

/** Asks for a name to be typed, for what cannot be undone. What the server refuses stands in the dialog. */
export function TypedConfirmation(props: TypedConfirmationProps) {
  return (
    <Modal opened={props.isOpen} onClose={props.onClose} title={props.title}>
      <Confirmation {...props} />
    </Modal>
  );
}

function Confirmation({ children, word, action, onConfirm, onClose }: TypedConfirmationProps) {
  const [typed, setTyped] = useState('');
  const [problem, setProblem] = useState<string | undefined>();
  const [isBusy, setBusy] = useState(false);
  const confirm = async () => {
    setBusy(true);
    setProblem(undefined);
    try {
      await onConfirm();
      onClose();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void confirm();
      }}
    >
      <Stack gap="md">
        <div>{children}</div>
        <TextInput
          label={`Type ${word} to confirm`}
          value={typed}
          error={problem}
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
          data-autofocus
        />
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" color="red" loading={isBusy} disabled={typed !== word}>
            {action}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
