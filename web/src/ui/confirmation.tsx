import { Button, Modal } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import classes from './name-dialog.module.css';

interface ConfirmationProps {
  readonly title: string;
  /** What the button says. */
  readonly action: string;
  /** What will happen. */
  readonly children: ReactNode;
  readonly onConfirm: () => Promise<void>;
  readonly onClose: () => void;
}

/** Says what will happen before it does, where there is no way back. What the server refuses stands in the dialog. */
export function Confirmation({ title, action, children, onConfirm, onClose }: ConfirmationProps) {
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
    <Modal opened onClose={onClose} title={title}>
      <div className={classes.form}>
        <div>{children}</div>
        {problem !== undefined && (
          <p className={classes.problem} role="alert">
            {problem}
          </p>
        )}
        <div className={classes.buttons}>
          <Button variant="default" data-autofocus onClick={onClose}>
            Cancel
          </Button>
          <Button color="red" loading={isBusy} onClick={() => void confirm()}>
            {action}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
