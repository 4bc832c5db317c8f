import type { AuditRecord, RecordPlace } from '../../data/audit.ts';

/** By which the address names a record, so that it is found again also where no list holds it. */
export const recordKey = ({ chain, seq, at }: RecordPlace): string => `${chain} ${seq} ${at}`;

/** Undefined for what is no such name. */
export function placeOf(key: string | undefined): RecordPlace | undefined {
  const [, chain, seq, at] = /^(\S+) (\d{1,15}) (\d{1,15})$/.exec(key ?? '') ?? [];
  return chain === undefined ? undefined : { chain, seq: Number(seq), at: Number(at) };
}

type Told = Pick<AuditRecord, 'action' | 'subject' | 'details'>;

/** What it was about: the securable, and what else names it. */
export function thingOf(record: Told & Pick<AuditRecord, 'securable'>): string {
  const { securable } = record;
  const subject = aboutOf(record);
  if (securable === '') return subject;
  return subject === '' ? securable : `${securable} · ${subject}`;
}

/** Of changed rights, what changed and for whom; else what names the call besides its securable. */
export const aboutOf = (record: Told): string => changeOf(record) ?? record.subject;

/** Who did it where nobody is named: of what no request did, that. */
export function unnamedOf({ action, route }: Pick<AuditRecord, 'action' | 'route'>): {
  readonly label: string;
  readonly why?: string;
} {
  if (route !== '') return { label: 'nobody known' };
  if (!action.endsWith('.changed')) return { label: 'the server' };
  return {
    label: 'along with another change',
    why: 'The database noted it: it came with what was made, renamed or deleted (see the records beside it), or another program did it.',
  };
}

/** Of a record that the database gave of changed rights. */
interface ChangeTold {
  readonly change: 'added' | 'removed';
  readonly subject: string;
  readonly principal: number;
  readonly detail?: string;
  /** Where they were known when the record was made. */
  readonly name?: string;
  readonly group?: string;
}

const CHANGES: Readonly<Record<string, (told: ChangeTold, name: string) => string>> = {
  'grants.changed': ({ change, detail = '' }, name) =>
    change === 'added' ? `${detail} given to ${name}` : `${detail} taken from ${name}`,
  'members.changed': ({ change, subject, group = `group ${subject}` }, name) =>
    change === 'added' ? `${name} put into ${group}` : `${name} taken out of ${group}`,
  'tokens.changed': ({ change }, name) => `token of ${name} ${change === 'added' ? 'made' : 'removed'}`,
  'principals.changed': ({ change, subject, detail = '' }) => `${detail} ${subject} ${change}`.trim(),
};

function changeOf({ action, details }: Pick<AuditRecord, 'action' | 'details'>): string | undefined {
  const write = Object.hasOwn(CHANGES, action) ? CHANGES[action] : undefined;
  const told = write && (parsed(details) as ChangeTold | undefined);
  return told && write(told, told.name ?? `principal ${told.principal}`);
}

/** Details as lines that can be read; as they are where they are no JSON. */
export function renderDetails(details: string): string {
  const value = parsed(details);
  return value === undefined ? details : JSON.stringify(value, undefined, 2);
}

function parsed(details: string): unknown {
  try {
    return JSON.parse(details);
  } catch {
    return undefined;
  }
}
