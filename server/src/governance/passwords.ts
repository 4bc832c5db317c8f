export const MIN_PASSWORD_LENGTH = 12;

export interface Verified {
  readonly principalId: string;
  /** Nothing is allowed but to choose a new one. */
  readonly mustChange: boolean;
}

export interface Passwords {
  /** @throws AppError NotFound; InvalidArgument for a short one, or for anything but a user. */
  set(principalId: string, password: string, options?: { readonly mustChange?: boolean }): Promise<void>;
  /** Ends all sessions of the principal. @throws AppError Unauthenticated for a wrong old one; InvalidArgument for a short new one. */
  change(principalId: string, oldPassword: string, newPassword: string): Promise<void>;
  /**
   * What is known already is answered at once, without a promise. Takes as long for names that do not exist.
   * @throws AppError Unauthenticated; LimitExceeded for too many failures of this name or from this address.
   */
  verify(name: string, password: string, address: string): Verified | Promise<Verified>;
}
