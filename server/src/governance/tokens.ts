export interface TokenInfo {
  /** Tells the token in lists and in `revoke`; 64 hex digits, not the token's value nor its hash. */
  readonly id: string;
  readonly principalId: string;
  readonly comment: string;
  readonly createdAtMs: number;
  /** Undefined for one that does not end. */
  readonly expiresAtMs: number | undefined;
  /** The id of who made it: not always whose it is. */
  readonly createdById: string;
}

export interface NewToken {
  /** Whose rights it carries. */
  readonly principalId: string;
  readonly createdById: string;
  readonly comment?: string | undefined;
  /** Undefined or 0 for one that does not end. */
  readonly lifetimeMs?: number | undefined;
}

/** Personal access tokens: `dapi` and 32 hex digits. Their SHA-256 is kept; the value is told once. */
export interface Tokens {
  /** @throws AppError NotFound for the principal; LimitExceeded; InvalidArgument for a lifetime below zero or a group. */
  create(token: NewToken): Promise<{ readonly value: string; readonly info: TokenInfo }>;
  /** Of one principal, the newest first, without those that have ended. */
  list(principalId: string): Promise<readonly TokenInfo[]>;
  /** Of everybody, for administrators. */
  listAll(): Promise<readonly TokenInfo[]>;
  /** @throws AppError NotFound, also where the token is not `ofPrincipalId`'s. */
  revoke(id: string, ofPrincipalId?: string): Promise<void>;
}
