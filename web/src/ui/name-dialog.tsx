import { Button, Modal, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import classes from './name-dialog.module.css';

interface NameDialogProps {
  readonly title: string;
  readonly label?: string;
  readonly description: string;
  readonly placeholder?: string;
  /** As it is now; empty for what is new. */
  readonly name: string;
  readonly maxLength: number;
  /** What the button says for a name that was typed. */
  readonly verbOf: (name: string) => string;
  /** What it throws is said in the dialog, which stays. */
  readonly onName: (name: string) => Promise<void>;
  readonly onClose: () => void;
  /** What giving the name will do. */
  readonly children?: ReactNode;
}

/** Asks for a name, of something new or instead of the one that it has. */
export function NameDialog(props: NameDialogProps) {
  const [text, setText] = useState(props.name);
  const [problem, setProblem] = useState<string | undefined>();
  const [isBusy, setBusy] = useState(false);
  const name = text.trim();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      await props.onName(name);
      props.onClose();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal opened onClose={props.onClose} title={props.title}>
      <form className={classes.form} onSubmit={(event) => void submit(event)}>
        <TextInput
          label={props.label ?? 'Name'}
          description={props.description}
          placeholder={props.placeholder}
          dir="auto"
          maxLength={props.maxLength}
          required
          data-autofocus
          value={text}
          error={problem}
          onChange={({ currentTarget }) => {
            setText(currentTarget.value);
            setProblem(undefined);
          }}
        />
        {props.children}
        <div className={classes.buttons}>
          <Button variant="default" onClick={props.onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={isBusy} disabled={name === '' || name === props.name}>
            {props.verbOf(name)}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
