import '@mantine/core/styles/PasswordInput.layer.css';
import { Button, Modal, PasswordInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { setPassword } from '../../data/principals.ts';
import layout from '../../identity/list-detail.module.css';
import { notify } from '../../ui/notices.tsx';

/** Gives somebody else a password; their sessions end. */
export function PasswordDialog({ name, onClose }: { readonly name: string; readonly onClose: () => void }) {
  const [password, setText] = useState('');
  const [problem, setProblem] = useState<string | undefined>();
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      await setPassword(name, password);
      notify({ text: `${name} signs in by the new password.` });
      onClose();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal opened onClose={onClose} title={`Set a password for ${name}`}>
      <form className={layout.form} onSubmit={(event) => void submit(event)}>
        <PasswordInput
          label="New password"
          autoComplete="new-password"
          required
          data-autofocus
          value={password}
          error={problem}
          onChange={({ currentTarget }) => {
            setText(currentTarget.value);
            setProblem(undefined);
          }}
        />
        <p className="dim">The earlier one is no longer good for anything. Tell them the new one yourself.</p>
        <div className={layout.buttons}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={isBusy} disabled={password === ''}>
            Set password
          </Button>
        </div>
      </form>
    </Modal>
  );
}
