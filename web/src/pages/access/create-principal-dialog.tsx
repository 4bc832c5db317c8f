import '@mantine/core/styles/PasswordInput.layer.css';
import { Button, Modal, PasswordInput, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { createPrincipal, type PrincipalKind } from '../../data/principals.ts';
import layout from '../../identity/list-detail.module.css';
import { linkTo } from './access-search.ts';

const FORMS = {
  user: {
    title: 'New user',
    label: 'User name',
    description: 'As they sign in; an e-mail address where they come by single sign-on.',
    verb: 'Create user',
  },
  group: {
    title: 'New group',
    label: 'Name',
    description: 'Rights that are granted to it are those of its members.',
    verb: 'Create group',
  },
  'service-principal': {
    title: 'New service principal',
    label: 'Name',
    description: 'What it does: “deploys from CI”. Programs act as it by tokens that you make for it.',
    verb: 'Create service principal',
  },
} as const;

export function CreatePrincipalDialog({
  kind,
  onClose,
}: {
  readonly kind: PrincipalKind;
  readonly onClose: () => void;
}) {
  const form = FORMS[kind];
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState<string | undefined>();
  const [isBusy, setBusy] = useState(false);
  const navigate = useNavigate();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      const made = await createPrincipal({ kind, name: name.trim(), password });
      onClose();
      void navigate(linkTo(kind, made.id));
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal opened onClose={onClose} title={form.title}>
      <form className={layout.form} onSubmit={(event) => void submit(event)}>
        <TextInput
          label={form.label}
          description={form.description}
          dir="auto"
          maxLength={200}
          required
          autoComplete="off"
          data-autofocus
          value={name}
          error={problem}
          onChange={({ currentTarget }) => {
            setName(currentTarget.value);
            setProblem(undefined);
          }}
        />
        {kind === 'user' && (
          <PasswordInput
            label="First password"
            description="At least 12 characters. Leave it empty for whoever comes by single sign-on."
            autoComplete="new-password"
            value={password}
            onChange={({ currentTarget }) => {
              setPassword(currentTarget.value);
              setProblem(undefined);
            }}
          />
        )}
        <div className={layout.buttons}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={isBusy} disabled={name.trim() === ''}>
            {form.verb}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
