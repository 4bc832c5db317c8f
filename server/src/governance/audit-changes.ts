import { canonicalJson } from './audit-canonical.ts';
import { type AuditEntry, type AuditRecord, tidy } from './audit-record.ts';
import type { AccessChange } from './audit-repository.ts';

/** The actions of records that tell of changed rights. The database itself wrote these changes down, as they were made. */
export const CHANGE_ACTIONS = {
  principal: 'principals.changed',
  member: 'members.changed',
  grant: 'grants.changed',
  token: 'tokens.changed',
} as const satisfies Record<AccessChange['kind'], string>;

/** A change as a record has it. Who asked for it is told by the record of the request. */
export function entryOf(change: AccessChange): AuditEntry {
  const { kind, detail } = change;
  return tidy({
    atMs: change.atMs,
    principal: '',
    principalId: '',
    address: '',
    action: CHANGE_ACTIONS[kind],
    route: '',
    securable: kind === 'grant' ? change.subject : '',
    subject: `${kind}=${change.subject}`,
    outcome: 'succeeded',
    requestId: '',
    count: 1,
    details: canonicalJson({
      number: change.changeNo,
      change: change.change,
      subject: change.subject,
      principal: change.principalNo,
      ...(detail !== undefined && { detail }),
    }),
  });
}

/** Undefined for a record that tells of no change. */
export function changeOf(record: Pick<AuditRecord, 'action' | 'atMs' | 'details'>): AccessChange | undefined {
  const kind = (Object.keys(CHANGE_ACTIONS) as AccessChange['kind'][]).find(
    (known) => CHANGE_ACTIONS[known] === record.action,
  );
  if (kind === undefined) return undefined;
  const told = JSON.parse(record.details) as {
    number: number;
    change: AccessChange['change'];
    subject: string;
    principal: number;
    detail?: string;
  };
  return {
    changeNo: told.number,
    atMs: record.atMs,
    kind,
    change: told.change,
    subject: told.subject,
    principalNo: told.principal,
    detail: told.detail,
  };
}
