import { AppError, invalidArgument, notFound } from '../kernel/errors.ts';
import type { PrincipalKind } from './principals.ts';

/** In UTF-16 units. */
export const MAX_NAME_LENGTH = 255;
const MAX_EXTRAS_LENGTH = 64 * 1024;

/** How names compare: in any case, and in whichever of Unicode's forms they were typed. */
export const nameKeyOf = (name: string): string => name.normalize('NFKC').toLowerCase();

/** @throws AppError InvalidArgument */
export function checkPrincipalName(kind: PrincipalKind, name: string): void {
  if (name === '' || name.length > MAX_NAME_LENGTH) throw badName(`has 1 to ${MAX_NAME_LENGTH} characters`);
  if (name !== name.trim() || /\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/u.test(name))
    throw badName('has no blanks around it and no invisible characters');
  if (kind === 'group') return;
  // Basic authentication ends the name at the first colon, and takes `token` for a sign that a token follows.
  if (name.includes(':')) throw badName('has no colon');
  if (nameKeyOf(name) === 'token') throw badName("is not 'token'");
}

export function checkExtras(extras: string | undefined): void {
  if (extras !== undefined && extras.length > MAX_EXTRAS_LENGTH)
    throw new AppError('LimitExceeded', 'The attributes of a principal have at most 64 KiB.');
}

const badName = (rule: string): AppError => invalidArgument(`A principal's name ${rule}.`, { field: 'name' });

/** The number within an id. Undefined for what cannot be one. */
export function parsePrincipalNo(id: string): number | undefined {
  return /^[1-9]\d{0,14}$/.test(id) ? Number(id) : undefined;
}

/** @throws AppError NotFound for what cannot be one. */
export function readPrincipalNo(id: string): number {
  const no = parsePrincipalNo(id);
  if (no === undefined) throw noSuchPrincipal(id);
  return no;
}

export const noSuchPrincipal = (which: string): AppError =>
  notFound(`Principal '${which.slice(0, 300)}' does not exist.`);
