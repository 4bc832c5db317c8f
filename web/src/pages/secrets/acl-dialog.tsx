import { Button, Modal, Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { type FormEvent, useState } from 'react';
import { deleteAcl, PERMISSIONS, putAcl, type ScopeAcl, type ScopePermission } from '../../data/secrets.ts';
import { useSession } from '../../data/session.ts';
import { Effects } from '../../identity/effects.tsx';
import layout from '../../identity/list-detail.module.css';
import { PrincipalField, useIsKnown } from '../../identity/principal-field.tsx';
import { notify, notifyFailure } from '../../ui/notices.tsx';
import { effectsOf, MEANINGS } from './acl-effects.ts';

interface AclDialogProps {
  readonly scope: string;
  readonly acls: readonly ScopeAcl[];
  /** Empty for somebody who is still to be named. */
  readonly principal: string;
  readonly onClose: () => void;
}

const TYPING_MS = 250;
const NONE = 'NONE';

/** Gives, changes and takes the permission of one principal on a scope, and says what comes of it before it is done. */
export function AclDialog({ scope, acls, principal, onClose }: AclDialogProps) {
  const isNew = principal === '';
  const heldBy = (who: string) => acls.find((acl) => acl.principal.toLowerCase() === who.toLowerCase());
  const [name, setName] = useState(principal);
  const [wanted, setWanted] = useState<ScopePermission | undefined>(heldBy(principal)?.permission ?? 'READ');
  const [problem, setProblem] = useState<string | undefined>();
  const [isBusy, setBusy] = useState(false);
  const session = useSession();
  const self = session.kind === 'signed-in' ? session.user.name : undefined;
  const who = name.trim();
  const [settled] = useDebouncedValue(who, TYPING_MS);
  const isUnknown = useIsKnown(settled) === false && settled === who;
  const held = heldBy(who);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    const change = (to: ScopePermission | undefined) =>
      to === undefined ? deleteAcl(scope, who) : putAcl(scope, { principal: who, permission: to });
    try {
      await change(wanted);
      notify({
        text:
          wanted === undefined
            ? `${who} has no permission of their own on ${scope} any more.`
            : `${who} has ${wanted} on ${scope} now.`,
        about: `permission of ${who} on ${scope}`,
        undo: () => void change(held?.permission).catch(notifyFailure),
      });
      onClose();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={isNew ? `Share ${scope}` : `Permission of ${principal} on ${scope}`}
    >
      <form className={layout.form} onSubmit={(event) => void submit(event)}>
        {isNew && (
          <PrincipalField
            label="With whom"
            description="A user, a group or a service principal; users is everybody."
            value={name}
            error={problem ?? (isUnknown ? 'Nobody is called that.' : undefined)}
            isFirst
            onChange={(next) => {
              setName(next);
              setProblem(undefined);
            }}
          />
        )}
        <Select
          label="Permission"
          allowDeselect={false}
          data-autofocus={isNew ? undefined : true}
          error={isNew ? undefined : problem}
          data={[
            ...PERMISSIONS.map((each) => ({ value: each, label: `${each}: ${MEANINGS[each]}` })),
            ...(isNew ? [] : [{ value: NONE, label: 'None: take it away' }]),
          ]}
          value={wanted ?? NONE}
          onChange={(next) => setWanted(PERMISSIONS.find((each) => each === next))}
        />
        <Effects
          lines={
            who === ''
              ? ['Name somebody to see it.']
              : effectsOf({ scope, principal: who, held, wanted, self })
          }
        />
        <div className={layout.buttons}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            type="submit"
            loading={isBusy}
            color={wanted === undefined ? 'red' : undefined}
            disabled={who === '' || isUnknown || wanted === held?.permission}
          >
            {wanted === undefined ? `Take ${held?.permission ?? 'it'} away` : `Give ${wanted}`}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
