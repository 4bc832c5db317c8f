/** What a browser holds after signing in. */
export interface NewSession {
  /** For the cookie; told once. */
  readonly secret: string;
  /** To be sent as `x-slipway-csrf` with everything that changes something. */
  readonly csrfToken: string;
  readonly expiresAtMs: number;
}

export interface Sessions {
  start(principalId: string, options?: { readonly mustChangePassword?: boolean }): Promise<NewSession>;
  end(secret: string): Promise<void>;
  endAllOf(principalId: string): Promise<void>;
}
