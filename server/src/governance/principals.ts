/** Users, groups and service principals share one list of names: a grant names its holder by name alone. */
export type PrincipalKind = 'user' | 'group' | 'service-principal';

export interface PrincipalRecord {
  /** Decimal text. */
  readonly id: string;
  readonly kind: PrincipalKind;
  /** A user's e-mail or name, a group's name, a service principal's application id. Unique in any case. */
  readonly name: string;
  readonly displayName: string | undefined;
  /** The id that an identity provider has for it. */
  readonly externalId: string | undefined;
  /** Whoever is inactive cannot sign in, whatever the credential. Groups are always active. */
  readonly active: boolean;
  /** JSON text that a surface keeps with the principal so that what was sent reads back; nothing here looks into it. */
  readonly extras: string | undefined;
  readonly hasPassword: boolean;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export interface NewPrincipal {
  readonly kind: PrincipalKind;
  /** For a service principal undefined: it gets a fresh application id (a UUID). */
  readonly name?: string | undefined;
  readonly displayName?: string | undefined;
  readonly externalId?: string | undefined;
  readonly active?: boolean | undefined;
  readonly extras?: string | undefined;
}

/** What is undefined stays. */
export interface PrincipalChange {
  readonly name?: string | undefined;
  readonly displayName?: string | undefined;
  readonly externalId?: string | undefined;
  readonly active?: boolean | undefined;
  readonly extras?: string | undefined;
}

export interface PrincipalSearch {
  readonly kind: PrincipalKind;
  /** All of which hold; texts compare in any case. */
  readonly where?: readonly PrincipalCondition[];
  /** Rows to pass over, from 0. */
  readonly offset: number;
  readonly limit: number;
}

export interface PrincipalCondition {
  readonly field: 'name' | 'displayName' | 'externalId' | 'id';
  readonly comparison: 'equals' | 'contains' | 'starts-with';
  readonly value: string;
}

/** Members of these are administrators. */
export const ADMINS = 'admins';
/** Everybody is in it, without being entered. */
export const USERS = 'users';

export interface Principals {
  /** @throws AppError AlreadyExists for a name in use by any kind; InvalidArgument for a bad one. */
  create(principal: NewPrincipal): Promise<PrincipalRecord>;
  /** @throws AppError NotFound */
  get(id: string): Promise<PrincipalRecord>;
  /** Of any kind, in any case. */
  findByName(name: string): Promise<PrincipalRecord | undefined>;
  /** By name; `total` counts all that match. */
  list(search: PrincipalSearch): Promise<{ readonly items: readonly PrincipalRecord[]; readonly total: number }>;
  /** @throws AppError NotFound, AlreadyExists; InvalidState for the name of a built-in group or the last administrator's end. */
  update(id: string, change: PrincipalChange): Promise<PrincipalRecord>;
  /**
   * Its grants, tokens, sessions and memberships go with it; what it owned goes to the group `admins`.
   * @throws AppError NotFound; InvalidState for a built-in group and for the last administrator.
   */
  delete(id: string): Promise<void>;
  /** Those who are in it already stay. @throws AppError NotFound; InvalidArgument for a cycle; InvalidState for `users`. */
  addMembers(groupId: string, memberIds: readonly string[]): Promise<void>;
  /** @throws AppError NotFound for the group; InvalidState where no administrator would be left. */
  removeMembers(groupId: string, memberIds: readonly string[]): Promise<void>;
  /** Exactly these. @throws AppError as the two above. */
  setMembers(groupId: string, memberIds: readonly string[]): Promise<void>;
  /** Direct members, by name. */
  membersOf(groupId: string): Promise<readonly PrincipalRecord[]>;
  /** Direct groups, by name, without `users`. */
  groupsOf(principalId: string): Promise<readonly PrincipalRecord[]>;
}
