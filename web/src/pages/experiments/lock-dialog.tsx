import { Button, Modal, Switch, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useEffect, useState } from 'react';
import type { ExperimentOverview } from '../../data/experiments.ts';
import { client } from '../../data/server.ts';
import { notify } from '../../ui/notices.tsx';
import { ErrorNotice } from '../../ui/states.tsx';
import { experimentsChanged } from './experiment-actions.ts';
import classes from './experiments-page.module.css';

interface LockDialogProps {
  readonly experiment: ExperimentOverview | undefined;
  readonly onClose: () => void;
}

/** Whether what a finished run says may still change. */
export function LockDialog({ experiment, onClose }: LockDialogProps) {
  const id = experiment?.experiment_id;
  const { data, error } = useQuery({
    queryKey: ['experiment', id, 'lock'],
    queryFn: ({ signal }) => client.experiments.getFinishedRunsLock(id ?? '', { signal }),
    enabled: id !== undefined,
    placeholderData: undefined,
    staleTime: 0,
  });
  const [isLocked, setLocked] = useState(false);
  const [tags, setTags] = useState('');
  const [problem, setProblem] = useState<unknown>();
  useEffect(() => {
    setLocked(data?.locked ?? false);
    setTags(data?.mutableTags.join(', ') ?? '');
    setProblem(undefined);
  }, [data]);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (experiment === undefined) return;
    const mutableTags = tags
      .split(',')
      .map((tag) => tag.trim())
      .filter((tag) => tag !== '');
    try {
      await client.experiments.setFinishedRunsLock(experiment.experiment_id, {
        locked: isLocked,
        mutableTags,
      });
      await experimentsChanged();
      notify({
        text: `Finished runs of “${experiment.name}” ${isLocked ? 'are locked' : 'can be changed'}.`,
      });
      onClose();
    } catch (caught) {
      setProblem(caught);
    }
  };
  const failure = problem ?? error;
  return (
    <Modal opened={experiment !== undefined} onClose={onClose} title="Lock finished runs">
      <form className={classes.form} onSubmit={(event) => void submit(event)}>
        {failure != null && <ErrorNotice error={failure} what="The lock could not be read or set" />}
        <Switch
          label="Runs that have ended cannot be changed"
          description="Metrics, params, tags and names stay as they are. Deleting and restoring still work."
          checked={isLocked}
          disabled={data === undefined}
          onChange={({ currentTarget }) => setLocked(currentTarget.checked)}
        />
        <TextInput
          label="Tags that may still change"
          description="Keys, with commas between them."
          placeholder="reviewed, mlflow.note.content"
          value={tags}
          disabled={!isLocked}
          onChange={({ currentTarget }) => setTags(currentTarget.value)}
        />
        <div className={classes.buttons}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" disabled={data === undefined}>
            {isLocked ? 'Lock finished runs' : 'Leave them unlocked'}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
