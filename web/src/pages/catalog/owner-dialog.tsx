import { Button, Modal } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { changeObject } from '../../data/catalog.ts';
import { nameOf, type Securable } from '../../data/securables.ts';
import { Effects } from '../../identity/effects.tsx';
import layout from '../../identity/list-detail.module.css';
import { PrincipalField } from '../../identity/principal-field.tsx';
import { notify, notifyFailure } from '../../ui/notices.tsx';

interface OwnerDialogProps {
  readonly on: Securable;
  readonly owner: string;
  readonly onClose: () => void;
}

/** Gives a thing to somebody else. */
export function OwnerDialog({ on, owner, onClose }: OwnerDialogProps) {
  const [name, setName] = useState('');
  const [problem, setProblem] = useState<string | undefined>();
  const [isBusy, setBusy] = useState(false);
  const next = name.trim();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      await changeObject(on, { owner: next });
      notify({
        text: `${next} owns ${nameOf(on)} now.`,
        about: `owner of ${nameOf(on)}`,
        undo: () => void changeObject(on, { owner }).catch(notifyFailure),
      });
      onClose();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal opened onClose={onClose} title={`Change the owner of ${on.name}`}>
      <form className={layout.form} onSubmit={(event) => void submit(event)}>
        <PrincipalField
          label="New owner"
          description="A user, a service principal, or a group: then each of its members."
          value={name}
          error={problem}
          isFirst
          onChange={(value) => {
            setName(value);
            setProblem(undefined);
          }}
        />
        <Effects lines={effectsOf(on, owner, next)} />
        <div className={layout.buttons}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={isBusy} disabled={next === '' || next === owner}>
            Change owner
          </Button>
        </div>
      </form>
    </Modal>
  );
}

function effectsOf(on: Securable, owner: string, next: string): readonly string[] {
  if (next === '') return ['Name somebody to see it.'];
  if (next.toLowerCase() === owner.toLowerCase()) return ['Nothing changes.'];
  const holds = on.type === 'catalog' || on.type === 'schema';
  return [
    `${next} may do everything with ${nameOf(on)}${holds ? ' and with all that is in it' : ''}, and give rights on it.`,
    ...(owner === '' ? [] : [`${owner} keeps only what they hold besides.`]),
  ];
}
