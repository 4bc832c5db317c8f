import { Button, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { Link } from '@tanstack/react-router';
import { Search } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import {
  addMember,
  type Principal,
  type PrincipalKind,
  principalsQuery,
  type Reference,
  removeMember,
  suggestedPrincipalsQuery,
} from '../../data/principals.ts';
import { queryClient } from '../../data/query-client.ts';
import layout from '../../identity/list-detail.module.css';
import { PrincipalField, useIsKnown } from '../../identity/principal-field.tsx';
import { PrincipalName } from '../../identity/principal-name.tsx';
import { notify, notifyFailure } from '../../ui/notices.tsx';
import { Panel } from '../../ui/panel.tsx';
import { linkTo } from './access-search.ts';

/** More than these are found by their names. */
const MOST_SHOWN = 500;
/** From so many on a name is found quicker by typing than by looking. */
const MANY = 25;

/** Who is in a group. */
export function MembersPanel({ group }: { readonly group: Principal }) {
  const { members } = group;
  const [text, setText] = useState('');
  const sought = text.trim().toLowerCase();
  const found = members.filter(({ name }) => name.toLowerCase().includes(sought));
  const add = async (name: string) => {
    const found = await queryClient.fetchQuery(suggestedPrincipalsQuery(name));
    const member = found.find((each) => isNamed(each, name));
    if (member === undefined) throw new Error('Nobody is called that.');
    await join(group, { ...member, name: member.displayName });
  };
  return (
    <Panel title="Members" aside={members.length.toLocaleString('en-US')}>
      {group.name === 'users' ? (
        <p className={`${layout.inset} dim`}>Everybody is in this group, without being listed.</p>
      ) : (
        <div className={layout.inset}>
          <Adding
            label="Add somebody"
            verb="Add"
            effectOf={(name) => joining(name, group.name)}
            onAdd={add}
          />
        </div>
      )}
      {members.length >= MANY && (
        <div className={layout.inset}>
          <TextInput
            size="xs"
            type="search"
            aria-label="Search the members"
            placeholder={`Search among ${members.length.toLocaleString('en-US')}`}
            leftSection={<Search size={14} aria-hidden />}
            value={text}
            onChange={({ currentTarget }) => setText(currentTarget.value)}
          />
        </div>
      )}
      {members.length > 0 && (
        <ul className={layout.items}>
          {found.slice(0, MOST_SHOWN).map((member) => (
            <Row
              key={member.id}
              reference={member}
              label={`Remove ${member.name}`}
              onRemove={() => leave(group, member)}
            />
          ))}
        </ul>
      )}
      {members.length > 0 && found.length === 0 && (
        <p className={`${layout.inset} dim`}>No member has that in the name.</p>
      )}
      {found.length > MOST_SHOWN && (
        <p className={`${layout.inset} dim`}>
          The first {MOST_SHOWN} of {found.length.toLocaleString('en-US')}.
        </p>
      )}
    </Panel>
  );
}

/** In which groups somebody is; a group may be in others. */
export function GroupsPanel({ principal }: { readonly principal: Principal }) {
  const member: Reference = { id: principal.id, name: principal.displayName, kind: principal.kind };
  const add = async (name: string) => {
    const { principals } = await queryClient.fetchQuery(principalsQuery('group', name));
    const group = principals.find((each) => isNamed(each, name));
    if (group === undefined) throw new Error('No group is called that.');
    await join(group, member);
  };
  return (
    <Panel title="Groups" aside={principal.groups.length.toLocaleString('en-US')}>
      <div className={layout.inset}>
        <Adding
          label="Add to the group"
          verb="Add to it"
          kinds={GROUPS}
          effectOf={(name) => joining(principal.displayName, name)}
          onAdd={add}
        />
      </div>
      {principal.groups.length > 0 && (
        <ul className={layout.items}>
          {principal.groups.map((group) => (
            <Row
              key={group.id}
              reference={{ ...group, kind: 'group' }}
              label={`Remove from ${group.name}`}
              onRemove={() => leave(group, member)}
            />
          ))}
        </ul>
      )}
    </Panel>
  );
}

const isNamed = ({ name, displayName }: Principal, text: string): boolean =>
  [name, displayName].some((each) => each.toLowerCase() === text.trim().toLowerCase());

/** What being in a group does, before it is done. */
const joining = (member: string, group: string): string =>
  group.toLowerCase() === 'admins'
    ? `${member} becomes an administrator, who may do everything.`
    : `${member} gets all rights of ${group}.`;

type Group = Pick<Reference, 'id' | 'name'>;

const membership = (group: Group, member: Reference): string => `membership of ${member.id} in ${group.id}`;

async function join(group: Group, member: Reference): Promise<void> {
  await addMember(group.id, member.id);
  notify({
    text: `${member.name} is in ${group.name}, with all rights of that group.`,
    about: membership(group, member),
    undo: () => void removeMember(group.id, member.id).catch(notifyFailure),
  });
}

async function leave(group: Group, member: Reference): Promise<void> {
  try {
    await removeMember(group.id, member.id);
    notify({
      text: `${member.name} is no longer in ${group.name}.`,
      about: membership(group, member),
      undo: () => void addMember(group.id, member.id).catch(notifyFailure),
    });
  } catch (error) {
    notifyFailure(error);
  }
}

interface RowProps {
  readonly reference: Reference;
  readonly label: string;
  readonly onRemove: () => Promise<void>;
}

function Row({ reference, label, onRemove }: RowProps) {
  const { id, name, kind } = reference;
  return (
    <li className={layout.item}>
      {kind === undefined ? (
        <PrincipalName name={name} />
      ) : (
        <Link {...linkTo(kind, id)}>
          <PrincipalName name={name} kind={kind} />
        </Link>
      )}
      <span className={layout.spread} />
      <Button
        size="compact-xs"
        variant="subtle"
        color="gray"
        aria-label={label}
        onClick={() => void onRemove()}
      >
        Remove
      </Button>
    </li>
  );
}

const GROUPS = ['group'] as const;
const TYPING_MS = 250;

interface AddingProps {
  readonly label: string;
  readonly verb: string;
  readonly kinds?: readonly PrincipalKind[];
  /** What will happen, for a name that somebody has. */
  readonly effectOf: (name: string) => string;
  /** What it throws is said at the field. */
  readonly onAdd: (name: string) => Promise<void>;
}

function Adding({ label, verb, kinds, effectOf, onAdd }: AddingProps) {
  const [name, setName] = useState('');
  const [settled] = useDebouncedValue(name.trim(), TYPING_MS);
  const isKnown = useIsKnown(settled) === true && settled === name.trim();
  const [problem, setProblem] = useState<string | undefined>();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    try {
      await onAdd(name.trim());
      setName('');
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <form className={layout.line} onSubmit={(event) => void submit(event)}>
      <PrincipalField
        label={label}
        kinds={kinds}
        size="xs"
        value={name}
        error={problem}
        onChange={(value) => {
          setName(value);
          setProblem(undefined);
        }}
      />
      <Button type="submit" size="xs" variant="default" disabled={name.trim() === ''}>
        {verb}
      </Button>
      <p className={`${layout.effect} dim`} role="status">
        {isKnown && effectOf(name.trim())}
      </p>
    </form>
  );
}
