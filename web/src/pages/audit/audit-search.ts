import { type AuditOutcome, type AuditSearch, OUTCOMES } from '../../data/audit.ts';

/** Which records are listed, as the address says it. */
export interface AuditAddress {
  readonly principal?: string | undefined;
  readonly action?: string | undefined;
  readonly securable?: string | undefined;
  readonly outcome?: AuditOutcome | undefined;
  /** Days, `2026-11-21`, in the reader's time zone; both count whole. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** The record that is shown beside the list: its chain and its number. */
  readonly open?: string | undefined;
}

const FIELDS = ['principal', 'action', 'securable', 'open'] as const;

/** Reads the search of an address; what is not understood is as if it were not there. */
export function readAuditAddress(search: Readonly<Record<string, unknown>>): AuditAddress {
  const texts = FIELDS.flatMap((field) => {
    const text = textOf(search[field]);
    return text === undefined ? [] : [[field, text]];
  });
  const outcome = OUTCOMES.find((each) => each === search.outcome);
  const days = (['from', 'to'] as const).flatMap((field) => {
    const day = textOf(search[field]);
    return day !== undefined && startOf(day) !== undefined ? [[field, day]] : [];
  });
  return { ...Object.fromEntries([...texts, ...days]), ...(outcome !== undefined && { outcome }) };
}

/** What the server is asked; an action that is not whole is taken for a beginning. */
export function searchOf({ principal, action, securable, outcome, from, to }: AuditAddress): AuditSearch {
  const end = to === undefined ? undefined : startOf(to, 1);
  return {
    principal,
    action: action === undefined || action.endsWith('*') || action.includes('.') ? action : `${action}*`,
    securable,
    outcome,
    from: from === undefined ? undefined : startOf(from),
    until: end,
  };
}

/** When a day begins, or one of the days after it. */
function startOf(day: string, daysLater = 0): number | undefined {
  const [, year, month, date] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day) ?? [];
  if (year === undefined) return undefined;
  const time = new Date(Number(year), Number(month) - 1, Number(date) + daysLater).getTime();
  return Number.isFinite(time) ? time : undefined;
}

// The router reads `?principal=12` as a number.
function textOf(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && text !== '' ? text : undefined;
}
