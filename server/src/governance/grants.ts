import type { Access } from './access.ts';
import type { Privilege, Securable } from './privileges.ts';

/** What one principal holds on one securable. */
export interface Assignment {
  readonly principal: string;
  readonly principalKind: 'user' | 'group' | 'service-principal';
  readonly principalId: string;
  readonly privileges: readonly Privilege[];
}

export interface EffectiveAssignment {
  readonly principal: string;
  readonly principalKind: 'user' | 'group' | 'service-principal';
  readonly principalId: string;
  readonly privileges: readonly {
    readonly privilege: Privilege;
    /** Where it was granted; undefined for the securable itself. */
    readonly inheritedFrom: Securable | undefined;
  }[];
}

/** By a principal's name. */
export interface GrantChange {
  readonly principal: string;
  readonly add: readonly Privilege[];
  readonly remove: readonly Privilege[];
}

export interface GrantsOf {
  readonly on: Securable;
  /** The names of principals to tell of; everybody where undefined. */
  readonly principal?: string | undefined;
}

export interface Grants {
  /** By principal's name; without owners. @throws AppError NotFound for an unknown principal. */
  list(of: GrantsOf): Promise<readonly Assignment[]>;
  /** Also what is held above and comes down. @throws AppError NotFound for an unknown principal. */
  listEffective(of: GrantsOf): Promise<readonly EffectiveAssignment[]>;
  /**
   * All of the changes or none; removals last. What is there already, or is not there, stays as it is.
   * Whether the securable exists is for the caller to know.
   * @throws AppError NotFound for an unknown principal; InvalidArgument for a privilege that the type does not have;
   *   PermissionDenied unless `by` owns the securable or has MANAGE (CAN_MANAGE) on it or above it.
   */
  change(on: Securable, changes: readonly GrantChange[], by: Access): Promise<void>;
  /** Makes these, and only these, the grants on the securable (the owner stays). @throws AppError as `change`. */
  replace(
    on: Securable,
    assignments: readonly { readonly principal: string; readonly privileges: readonly Privilege[] }[],
    by: Access,
  ): Promise<void>;
  /** The owner's name; `admins` where nobody else is. */
  ownerOf(on: Securable): Promise<string>;
  /** Of many at once, by `keyOf`. */
  ownersOf(on: readonly Securable[]): Promise<ReadonlyMap<string, string>>;
  /** @throws AppError NotFound for an unknown principal; PermissionDenied as `change`. */
  setOwner(on: Securable, principal: string, by: Access): Promise<void>;
}
