import { Button, Modal, Select, Skeleton } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { Pencil, Plus } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import {
  type AclWish,
  type EndpointDetails,
  endpointAclQuery,
  type PermissionLevel,
  putEndpointAcl,
} from '../../data/endpoints.ts';
import { suggestedPrincipalsQuery } from '../../data/principals.ts';
import { Effects } from '../../identity/effects.tsx';
import layout from '../../identity/list-detail.module.css';
import { PrincipalField, useIsKnown } from '../../identity/principal-field.tsx';
import { PrincipalName } from '../../identity/principal-name.tsx';
import { notify, notifyFailure } from '../../ui/notices.tsx';
import { Panel } from '../../ui/panel.tsx';
import { ErrorNotice } from '../../ui/states.tsx';
import { type Held, heldOf, LEVELS, MEANINGS, wishesWith } from './endpoint-acl.ts';

/** Who may do what with the endpoint. */
export function PermissionsTab({ endpoint }: { readonly endpoint: EndpointDetails }) {
  const { id, name, permission_level: level } = endpoint;
  const { data, error, refetch } = useQuery(endpointAclQuery(id));
  /** Whose permission is changed; empty for somebody new. */
  const [edited, setEdited] = useState<string | undefined>();
  const held = data === undefined ? undefined : heldOf(data);
  const manages = level === 'CAN_MANAGE';
  return (
    <Panel
      title="Who may use it"
      aside={
        manages && (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<Plus size={13} aria-hidden />}
            disabled={held === undefined}
            onClick={() => setEdited('')}
          >
            Share…
          </Button>
        )
      }
    >
      {error !== null && (
        <div className={layout.inset}>
          <ErrorNotice error={error} what="Who may use it is not known" onRetry={() => void refetch()} />
        </div>
      )}
      {held === undefined && error === null && <Skeleton height={96} m={16} width="auto" />}
      {!manages && held !== undefined && (
        <p className={`${layout.inset} dim`}>
          You see what you and your groups have; whoever manages it sees all.
        </p>
      )}
      {held?.length === 0 && <p className={`${layout.inset} dim`}>Nobody has a permission on it.</p>}
      {held !== undefined && held.length > 0 && (
        <ul className={layout.items}>
          {held.map(({ principal, level: has, inherited }) => (
            <li key={principal} className={layout.item}>
              <span className={layout.itemText}>
                <PrincipalName name={principal} />
                <span className="dim">
                  {[
                    ...(has === undefined ? [] : [`${has}: may ${MEANINGS[has]}`]),
                    ...(inherited === undefined
                      ? []
                      : [`${inherited} from the workspace: may ${MEANINGS[inherited]}`]),
                  ].join('; ')}
                </span>
              </span>
              {manages && has !== undefined && (
                <Button
                  size="compact-xs"
                  variant="subtle"
                  color="gray"
                  leftSection={<Pencil size={12} aria-hidden />}
                  aria-label={`Change the permission of ${principal}`}
                  onClick={() => setEdited(principal)}
                >
                  Change
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {edited !== undefined && held !== undefined && (
        <LevelDialog
          endpoint={{ id, name }}
          held={held}
          principal={edited}
          onClose={() => setEdited(undefined)}
        />
      )}
    </Panel>
  );
}

interface LevelDialogProps {
  readonly endpoint: { readonly id: string; readonly name: string };
  readonly held: readonly Held[];
  /** Empty for somebody who is still to be named. */
  readonly principal: string;
  readonly onClose: () => void;
}

const TYPING_MS = 250;
const NONE = 'NONE';

/** Gives, changes and takes the level of one principal, and says what comes of it before it is done. */
function LevelDialog({ endpoint: { id, name }, held, principal, onClose }: LevelDialogProps) {
  const isNew = principal === '';
  const levelBy = (who: string) =>
    held.find((each) => each.principal.toLowerCase() === who.toLowerCase())?.level;
  const [typed, setTyped] = useState(principal);
  const [wanted, setWanted] = useState<PermissionLevel | undefined>(levelBy(principal) ?? 'CAN_QUERY');
  const [problem, setProblem] = useState<string | undefined>();
  const [isBusy, setBusy] = useState(false);
  const who = typed.trim();
  const [settled] = useDebouncedValue(who, TYPING_MS);
  const isUnknown = useIsKnown(settled) === false && settled === who;
  const { data: found = [] } = useQuery(suggestedPrincipalsQuery(settled));
  const before = levelBy(who);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    const known = found.find((each) => each.name.toLowerCase() === who.toLowerCase());
    const field: AclWish['field'] =
      held.find((each) => each.principal.toLowerCase() === who.toLowerCase())?.field ??
      FIELDS[known?.kind ?? 'user'];
    const change = (level: PermissionLevel | undefined) =>
      putEndpointAcl(id, wishesWith(held, { principal: who, field, level }));
    try {
      await change(wanted);
      notify({
        text:
          wanted === undefined
            ? `${who} has no permission of their own on ${name} any more.`
            : `${who} has ${wanted} on ${name} now.`,
        about: `permission of ${who} on ${name}`,
        undo: () => void change(before).catch(notifyFailure),
      });
      onClose();
    } catch (failure) {
      setProblem(failure instanceof Error ? failure.message : String(failure));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal opened onClose={onClose} title={isNew ? `Share ${name}` : `Permission of ${principal} on ${name}`}>
      <form className={layout.form} onSubmit={(event) => void submit(event)}>
        {isNew && (
          <PrincipalField
            label="With whom"
            description="A user, a group or a service principal; users is everybody."
            value={typed}
            error={problem ?? (isUnknown ? 'Nobody is called that.' : undefined)}
            isFirst
            onChange={(next) => {
              setTyped(next);
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
            ...LEVELS.map((each) => ({ value: each, label: `${each}: may ${MEANINGS[each]}` })),
            ...(isNew ? [] : [{ value: NONE, label: 'None: take it away' }]),
          ]}
          value={wanted ?? NONE}
          onChange={(next) => setWanted(LEVELS.find((each) => each === next))}
        />
        <Effects
          lines={
            who === ''
              ? ['Name somebody to see it.']
              : wanted === undefined
                ? [
                    `${who} may no longer ${MEANINGS[before ?? 'CAN_VIEW']}, unless a group or the workspace lets them.`,
                  ]
                : [
                    `${who} may ${MEANINGS[wanted]}.`,
                    ...(before === undefined || before === wanted
                      ? []
                      : [`Until now they may ${MEANINGS[before]}.`]),
                  ]
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
            disabled={who === '' || isUnknown || wanted === before}
          >
            {wanted === undefined ? `Take ${before ?? 'it'} away` : `Give ${wanted}`}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

const FIELDS = {
  user: 'user_name',
  group: 'group_name',
  'service-principal': 'service_principal_name',
} as const;
