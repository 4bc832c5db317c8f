import { Button, Modal, Textarea, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { putSecret } from '../../data/secrets.ts';
import layout from '../../identity/list-detail.module.css';
import { notify } from '../../ui/notices.tsx';

interface SecretDialogProps {
  readonly scope: string;
  /** Empty for a new one. */
  readonly secretKey: string;
  readonly onClose: () => void;
}

/** Writes a secret. What is there already is not shown, and is gone when it is replaced. */
export function SecretDialog({ scope, secretKey, onClose }: SecretDialogProps) {
  const isNew = secretKey === '';
  const [key, setKey] = useState(secretKey);
  const [value, setValue] = useState('');
  const [problem, setProblem] = useState<string | undefined>();
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      await putSecret(scope, key.trim(), value);
      notify({ text: `The secret ${key.trim()} is written.` });
      onClose();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal opened onClose={onClose} title={isNew ? `Write a secret into ${scope}` : `Replace ${secretKey}`}>
      <form className={layout.form} onSubmit={(event) => void submit(event)}>
        {isNew && (
          <TextInput
            label="Key"
            description="By which programs ask for it. A key that exists gets the new value."
            dir="auto"
            maxLength={128}
            required
            autoComplete="off"
            data-autofocus
            value={key}
            onChange={({ currentTarget }) => setKey(currentTarget.value)}
          />
        )}
        <Textarea
          label="Value"
          description="Kept encrypted. It is not shown here again."
          autosize
          minRows={2}
          maxRows={10}
          required
          autoComplete="off"
          spellCheck={false}
          data-autofocus={isNew ? undefined : true}
          value={value}
          error={problem}
          onChange={({ currentTarget }) => {
            setValue(currentTarget.value);
            setProblem(undefined);
          }}
        />
        <div className={layout.buttons}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={isBusy} disabled={key.trim() === '' || value === ''}>
            {isNew ? 'Write secret' : 'Replace value'}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
