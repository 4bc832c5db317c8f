import type { ScopeAcl, ScopePermission } from '../../data/secrets.ts';

/** What a permission on a scope lets its holder do. */
export const MEANINGS: Readonly<Record<ScopePermission, string>> = {
  READ: 'read its secrets',
  WRITE: 'read and write its secrets',
  MANAGE: 'read and write its secrets, delete it, and say who else may',
};

export interface AclChange {
  readonly scope: string;
  readonly principal: string;
  readonly held: ScopeAcl | undefined;
  /** Undefined to take what is held away. */
  readonly wanted: ScopePermission | undefined;
  /** Whoever makes the change. */
  readonly self: string | undefined;
}

/** What a change of permissions on a scope will do, a sentence each. */
export function effectsOf({ scope, principal, held, wanted, self }: AclChange): readonly string[] {
  if (wanted === held?.permission) return ['Nothing changes.'];
  const isSelf = principal.toLowerCase() === self?.toLowerCase();
  const losing =
    isSelf && held?.permission === 'MANAGE'
      ? ['That is you: you cannot give it back to yourself, unless you manage the scope by a group.']
      : [];
  if (wanted === undefined)
    return [
      `${principal} may no longer ${MEANINGS[held?.permission ?? 'READ']}, in ${scope}.`,
      'What they may do by a group stays.',
      ...losing,
    ];
  const instead = held === undefined ? '' : `, instead of ${held.permission}`;
  return [`${principal} gets ${wanted} on ${scope}${instead}: they may ${MEANINGS[wanted]}.`, ...losing];
}
