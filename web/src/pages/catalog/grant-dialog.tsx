import { Button, Checkbox, Modal } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { type Assignment, changeGrants, explanationQuery } from '../../data/grants.ts';
import { privilegesOf, renderPrivilege, usingAction } from '../../data/privileges.ts';
import { nameOf, type Securable } from '../../data/securables.ts';
import { Effects } from '../../identity/effects.tsx';
import layout from '../../identity/list-detail.module.css';
import { PrincipalField, useIsKnown } from '../../identity/principal-field.tsx';
import { notify, notifyFailure } from '../../ui/notices.tsx';
import { scrollRegion } from '../../ui/scroll-region.ts';
import classes from './catalog-page.module.css';
import { changeOf, effectsOf, type GrantPlan } from './grant-effects.ts';

interface GrantDialogProps {
  readonly on: Securable;
  /** Empty for somebody who is still to be named. */
  readonly principal: string;
  readonly assignments: readonly Assignment[];
  readonly onClose: () => void;
}

const TYPING_MS = 250;

/** Gives and takes rights of one principal, and says what comes of it before it is done. */
export function GrantDialog({ on, principal, assignments, onClose }: GrantDialogProps) {
  const isNew = principal === '';
  const heldBy = (name: string) =>
    assignments.find((each) => each.principal.toLowerCase() === name.trim().toLowerCase());
  const [name, setName] = useState(principal);
  const [wanted, setWanted] = useState<ReadonlySet<string>>(new Set(heldBy(principal)?.here));
  const [problem, setProblem] = useState<string | undefined>();
  const [isBusy, setBusy] = useState(false);
  const [settled] = useDebouncedValue(name.trim(), TYPING_MS);
  const plan: GrantPlan = { on, principal: name.trim(), held: heldBy(name), wanted };
  const { add, remove } = changeOf(plan);
  const isKnown = useIsKnown(settled);
  const explained = useQuery({
    ...explanationQuery(on, { principal: settled, action: usingAction(on.type) }),
    enabled: isKnown === true,
  });
  const isUnknown = isKnown === false && settled === plan.principal;
  const rename = (next: string) => {
    setName(next);
    setProblem(undefined);
    // Whoever holds something keeps it unless it is taken away on purpose.
    const held = heldBy(next);
    if (held !== undefined) setWanted(new Set([...wanted, ...held.here]));
  };
  const toggle = (privilege: string) => {
    const next = new Set(wanted);
    if (!next.delete(privilege)) next.add(privilege);
    setWanted(next);
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      await changeGrants(on, { principal: plan.principal, add, remove });
      notify({
        text: `The rights of ${plan.principal} on ${nameOf(on)} are changed.`,
        about: `rights of ${plan.principal} on ${nameOf(on)}`,
        undo: () =>
          void changeGrants(on, { principal: plan.principal, add: remove, remove: add }).catch(notifyFailure),
      });
      onClose();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  const isNothing = add.length === 0 && remove.length === 0;
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={isNew ? `Grant rights on ${nameOf(on)}` : `Rights of ${principal} on ${nameOf(on)}`}
    >
      <form className={layout.form} onSubmit={(event) => void submit(event)}>
        {isNew && (
          <PrincipalField
            label="To whom"
            description="A user, a group or a service principal; users is everybody."
            value={name}
            error={problem ?? (isUnknown ? 'Nobody is called that.' : undefined)}
            isFirst
            onChange={rename}
          />
        )}
        <fieldset className={classes.fieldset}>
          <legend>Granted here</legend>
          <div className={classes.choices} {...scrollRegion}>
            {privilegesOf(on.type).map(({ privilege, does }) => (
              <Checkbox
                key={privilege}
                size="xs"
                label={renderPrivilege(privilege)}
                description={describe(
                  does,
                  plan.held?.above.find((each) => each.privilege === privilege)?.from,
                )}
                checked={wanted.has(privilege)}
                onChange={() => toggle(privilege)}
              />
            ))}
          </div>
        </fieldset>
        <Effects
          lines={
            plan.principal === ''
              ? ['Name somebody to see it.']
              : isNothing && isNew
                ? ['Choose what they get to see it.']
                : effectsOf(plan, isUnknown ? undefined : explained.data)
          }
        />
        {!isNew && problem !== undefined && (
          <p className={classes.problem} role="alert">
            {problem}
          </p>
        )}
        <div className={layout.buttons}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            type="submit"
            loading={isBusy}
            disabled={isNothing || plan.principal === '' || isUnknown}
            color={add.length === 0 && remove.length > 0 ? 'red' : undefined}
          >
            {verbOf(add.length, remove.length)}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

const describe = (does: string, from: Securable | undefined): string =>
  from === undefined ? does : `${does}. Comes from ${nameOf(from)} already`;

function verbOf(added: number, removed: number): string {
  if (removed === 0) return added > 1 ? `Grant ${added} rights` : 'Grant';
  if (added === 0) return removed > 1 ? `Revoke ${removed} rights` : 'Revoke';
  return 'Change rights';
}
