import type { Sql } from '../db/port.ts';
import { canonicalJson } from './audit-canonical.ts';
import { type AuditEntry, type AuditRecord, tidy } from './audit-record.ts';
import type { AccessChange } from './audit-repository.ts';
import { listByNos } from './principals-repository.ts';

/** The actions of records that tell of changed rights. The database itself wrote these changes down, as they were made. */
export const CHANGE_ACTIONS = {
  principal: 'principals.changed',
  member: 'members.changed',
  grant: 'grants.changed',
  token: 'tokens.changed',
} as const satisfies Record<AccessChange['kind'], string>;

/**
 * Changes as records have them, with the names of principals as they are now: those of who is gone are not known. Who
 * asked is told where it was a request for this change; for what came along with something else (the rights on what was
 * made or deleted), the record of that request tells it.
 */
export async function entriesOf(sql: Sql, changes: readonly AccessChange[]): Promise<readonly AuditEntry[]> {
  if (changes.length === 0) return [];
  const numbers = new Set(
    changes.flatMap((change) => [change.principalNo, groupOf(change) ?? change.principalNo]),
  );
  const rows = await listByNos(sql, [...numbers]);
  const names = new Map(rows.map(({ principal_no, name }) => [principal_no, name]));
  return changes.map((change) => entryOf(change, names));
}

const groupOf = ({ kind, subject }: AccessChange): number | undefined =>
  kind === 'member' ? Number(subject) : undefined;

function entryOf(change: AccessChange, names: ReadonlyMap<number, string>): AuditEntry {
  const { kind, detail, asker } = change;
  const group = groupOf(change);
  const name = names.get(change.principalNo);
  const groupName = group === undefined ? undefined : names.get(group);
  return tidy({
    atMs: change.atMs,
    principal: asker?.principal ?? '',
    principalId: asker?.principalId ?? '',
    address: asker?.address ?? '',
    action: CHANGE_ACTIONS[kind],
    route: '',
    securable: kind === 'grant' ? change.subject : '',
    subject: `${kind}=${change.subject}`,
    outcome: 'succeeded',
    requestId: asker?.requestId ?? '',
    count: 1,
    details: canonicalJson({
      number: change.changeNo,
      change: change.change,
      subject: change.subject,
      principal: change.principalNo,
      ...(detail !== undefined && { detail }),
      ...(name !== undefined && { name }),
      ...(groupName !== undefined && { group: groupName }),
    }),
  });
}

/** A change as its record tells it. */
export type ToldChange = Omit<AccessChange, 'asker'>;

/** Undefined for a record that tells of no change. */
export function changeOf(record: Pick<AuditRecord, 'action' | 'atMs' | 'details'>): ToldChange | undefined {
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
