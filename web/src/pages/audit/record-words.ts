import type { AuditRecord } from '../../data/audit.ts';

/** By which the address names a record. */
export const recordKey = ({ chain, seq }: Pick<AuditRecord, 'chain' | 'seq'>): string => `${chain} ${seq}`;

/** What it was about: the securable without its type, or what else names it. */
export function thingOf({ securable, subject }: Pick<AuditRecord, 'securable' | 'subject'>): string {
  if (securable === '') return subject;
  return subject === '' ? securable : `${securable} · ${subject}`;
}

/** Details as lines that can be read; as they are where they are no JSON. */
export function renderDetails(details: string): string {
  try {
    return JSON.stringify(JSON.parse(details), undefined, 2);
  } catch {
    return details;
  }
}
