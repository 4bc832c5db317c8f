import { Button, Modal, TextInput } from '@mantine/core';
import { type FormEvent, useEffect, useState } from 'react';
import { renderCount } from '../../ui/numbers.ts';
import { type Renamed, rename } from './experiment-actions.ts';
import classes from './experiments-page.module.css';

interface RenameDialogProps {
  readonly renamed: Renamed | undefined;
  readonly onClose: () => void;
}

/** Renaming moves: the folder is the beginning of the name. */
export function RenameDialog({ renamed, onClose }: RenameDialogProps) {
  const [name, setName] = useState('');
  const [problem, setProblem] = useState<string | undefined>();
  const [isBusy, setBusy] = useState(false);
  const current = nameOf(renamed);
  useEffect(() => {
    setName(current);
    setProblem(undefined);
  }, [current]);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (renamed === undefined) return;
    setBusy(true);
    try {
      await rename(renamed, name.trim());
      onClose();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal
      opened={renamed !== undefined}
      onClose={onClose}
      title={renamed?.kind === 'folder' ? 'Rename or move the folder' : 'Rename or move the experiment'}
    >
      <form className={classes.form} onSubmit={(event) => void submit(event)}>
        <TextInput
          label={renamed?.kind === 'folder' ? 'Path' : 'Name'}
          description="What stands before the last slash is the folder that it is in."
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
        {renamed?.kind === 'folder' && <p className={classes.effect}>{describeMove(renamed.folder)}</p>}
        <div className={classes.buttons}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={isBusy} disabled={name.trim() === '' || name.trim() === current}>
            {folderPart(name.trim()) === folderPart(current) ? 'Rename' : 'Move'}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

function nameOf(renamed: Renamed | undefined): string {
  if (renamed === undefined) return '';
  return renamed.kind === 'experiment' ? renamed.experiment.name : renamed.folder.path;
}

const folderPart = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf('/')));

function describeMove({
  activeExperiments,
  deletedExperiments,
}: {
  readonly activeExperiments: number;
  readonly deletedExperiments: number;
}): string {
  const one = (n: number) => `${renderCount(n)} ${n === 1 ? 'experiment' : 'experiments'}`;
  const trash = deletedExperiments > 0 ? `, and ${renderCount(deletedExperiments)} of the trash` : '';
  return `${one(activeExperiments)} below it get the new path${trash}. Their ids, runs and links stay as they are.`;
}
