import { Button, Modal, Select, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { makeTokenFor, type Principal } from '../../data/principals.ts';
import { serverUrl } from '../../data/server.ts';
import layout from '../../identity/list-detail.module.css';
import { CodeBlock } from '../../ui/states.tsx';

const LIFETIMES = [
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: 'A year' },
];

/** Makes a token by which programs act as a service principal, and tells it once. */
export function TokenForDialog({
  principal,
  onClose,
}: {
  readonly principal: Principal;
  readonly onClose: () => void;
}) {
  const [comment, setComment] = useState('');
  const [days, setDays] = useState('90');
  const [made, setMade] = useState<string | undefined>();
  const [problem, setProblem] = useState<string | undefined>();
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      setMade(await makeTokenFor(principal.name, comment.trim(), Number(days)));
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  if (made !== undefined)
    return (
      <Modal opened onClose={onClose} title="Copy the token now">
        <div className={layout.form}>
          <p>Nobody is told it again: only what it is recognised by is kept.</p>
          <CodeBlock
            label="Copy the shell lines"
            code={`export DATABRICKS_HOST=${serverUrl}\nexport DATABRICKS_TOKEN=${made}`}
          />
          <div className={layout.buttons}>
            <Button onClick={onClose}>Done</Button>
          </div>
        </div>
      </Modal>
    );
  return (
    <Modal opened onClose={onClose} title={`New token of ${principal.displayName}`}>
      <form className={layout.form} onSubmit={(event) => void submit(event)}>
        <TextInput
          label="What it is for"
          dir="auto"
          maxLength={200}
          required
          data-autofocus
          value={comment}
          error={problem}
          onChange={({ currentTarget }) => {
            setComment(currentTarget.value);
            setProblem(undefined);
          }}
        />
        <Select
          label="Good for"
          data={LIFETIMES}
          value={days}
          allowDeselect={false}
          onChange={(value) => setDays(value ?? '90')}
        />
        <div className={layout.buttons}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={isBusy} disabled={comment.trim() === ''}>
            Make token
          </Button>
        </div>
      </form>
    </Modal>
  );
}
