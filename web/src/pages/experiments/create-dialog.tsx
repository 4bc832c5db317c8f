import { Button, Modal, Textarea, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useEffect, useState } from 'react';
import { createExperiment } from './experiment-actions.ts';
import classes from './experiments-page.module.css';

interface CreateDialogProps {
  readonly isOpen: boolean;
  /** Where the new one is made. */
  readonly folder: string | undefined;
  readonly onClose: () => void;
}

export function CreateDialog({ isOpen, folder, onClose }: CreateDialogProps) {
  const navigate = useNavigate();
  const [name, setName] = useState('');
  const [note, setNote] = useState('');
  const [problem, setProblem] = useState<string | undefined>();
  const [isBusy, setBusy] = useState(false);
  useEffect(() => {
    if (!isOpen) return;
    setName(folder === undefined ? '' : `${folder}/`);
    setNote('');
    setProblem(undefined);
  }, [isOpen, folder]);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      const experimentId = await createExperiment(name.trim(), note.trim());
      onClose();
      await navigate({ to: '/experiments/$experimentId', params: { experimentId } });
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal opened={isOpen} onClose={onClose} title="New experiment">
      <form className={classes.form} onSubmit={(event) => void submit(event)}>
        <TextInput
          label="Name"
          description="A slash puts it into a folder: team/fraud-detection."
          dir="auto"
          maxLength={500}
          required
          data-autofocus
          value={name}
          error={problem}
          onChange={({ currentTarget }) => {
            setName(currentTarget.value);
            setProblem(undefined);
          }}
        />
        <Textarea
          label="Description"
          description="In Markdown; it can be changed later."
          dir="auto"
          rows={3}
          value={note}
          onChange={({ currentTarget }) => setNote(currentTarget.value)}
        />
        <div className={classes.buttons}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={isBusy} disabled={name.trim() === ''}>
            Create experiment
          </Button>
        </div>
      </form>
    </Modal>
  );
}
