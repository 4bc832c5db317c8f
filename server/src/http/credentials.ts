import type { Access } from '../governance/access.ts';
import { type Passwords, type Verified, wrongCredentials } from '../governance/passwords.ts';
import { isCsrfToken } from '../governance/sessions.ts';
import type { OpenSnapshot } from '../governance/snapshot.ts';
import type { KnownCredential } from '../governance/snapshot-state.ts';
import { hashSecret } from '../governance/tokens.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import { type Authenticate, callerOf, type HolderOf, holderIsGone, originOf } from './authenticate.ts';
import { addressOf } from './caller-address.ts';
import type { HttpRequest } from './http-request.ts';
import type { Caller } from './mlflow/routes.ts';

const CSRF_HEADER = 'x-slipway-csrf';
/** Where somebody whose password must be changed may go. */
const SESSION_PATHS = '/api/slipway/v1/session';

/** Somebody whose credentials are good. */
export interface Identified {
  readonly access: Access;
  /** Nothing is allowed but to choose a new password. */
  readonly mustChangePassword: boolean;
  /** The secret of the cookie; undefined where another credential was sent. */
  readonly session: string | undefined;
}

export interface CredentialsDependencies {
  readonly snapshot: Pick<OpenSnapshot, 'current' | 'accessOf' | 'catchUp' | 'overdueLook'>;
  readonly passwords: Pick<Passwords, 'verify'>;
  readonly clock: Clock;
  /** The administrator's token that the operator gave the program, with the id of whom it stands for. */
  readonly operatorToken: { readonly value: string; readonly principalId: string } | undefined;
}

/** Reads who a request says it is. */
export interface Credentials {
  /**
   * Undefined for a request without credentials. A promise only where a password has to be worked out.
   * @throws AppError Unauthenticated for bad credentials; PermissionDenied for a change by cookie without its token;
   *   LimitExceeded for too many bad ones.
   */
  identify(request: HttpRequest): Identified | undefined | Promise<Identified>;
  readonly authenticate: Authenticate;
  readonly holderOf: HolderOf;
}

/**
 * Bearer tokens, Basic with a name and a password or with `token` and a token, or the cookie of a browser's session. A
 * request with an `Authorization` header stands or falls with it: a cookie is not looked at.
 */
export function createCredentials({
  snapshot,
  passwords,
  clock,
  operatorToken,
}: CredentialsDependencies): Credentials {
  const operatorHash = operatorToken === undefined ? undefined : hashSecret(operatorToken.value);

  function accessOf(principalId: string): Access {
    const access = snapshot.accessOf(principalId);
    if (access === undefined) throw wrongCredentials();
    return access;
  }

  function ofCredential(known: KnownCredential | undefined): Access {
    if (known === undefined || (known.expiresAtMs !== undefined && known.expiresAtMs <= clock.nowMs()))
      throw wrongCredentials();
    return accessOf(String(known.principalNo));
  }

  function byToken(value: string): Identified {
    const hash = hashSecret(value);
    const access =
      operatorToken !== undefined && hash === operatorHash
        ? accessOf(operatorToken.principalId)
        : ofCredential(snapshot.current().tokens.get(hash));
    return { access, mustChangePassword: false, session: undefined };
  }

  const byPassword = ({ principalId, mustChange }: Verified): Identified => ({
    access: accessOf(principalId),
    mustChangePassword: mustChange,
    session: undefined,
  });

  function byHeader(header: string, request: HttpRequest): Identified | Promise<Identified> {
    const [, scheme = '', value = ''] = /^(bearer|basic) +(\S+) *$/i.exec(header) ?? [];
    if (scheme === '') throw wrongCredentials();
    if (scheme.toLowerCase() === 'bearer') return byToken(value);
    const text = Buffer.from(value, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    if (colon < 0) throw wrongCredentials();
    const [name, password] = [text.slice(0, colon), text.slice(colon + 1)];
    if (name.toLowerCase() === 'token') return byToken(password);
    const verified = passwords.verify(name, password, addressOf(request));
    return verified instanceof Promise ? verified.then(byPassword) : byPassword(verified);
  }

  function bySession(secret: string, request: HttpRequest): Identified {
    const state = snapshot.current();
    const access = ofCredential(state.sessions.get(hashSecret(secret)));
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      // The browser sends the cookie for whatever page makes it: only ours knows the token.
      const token = request.headers[CSRF_HEADER];
      if (typeof token !== 'string' || !isCsrfToken(secret, token))
        throw new AppError(
          'PermissionDenied',
          `The header ${CSRF_HEADER} is missing, or not this session's.`,
        );
    }
    const { mustChangePassword = false } = state.principals.get(Number(access.principal.id)) ?? {};
    return { access, mustChangePassword, session: secret };
  }

  function identifyNow(request: HttpRequest): Identified | undefined | Promise<Identified> {
    const { authorization } = request.headers;
    if (authorization !== undefined) return byHeader(authorization, request);
    const secret = sessionSecretOf(request);
    return secret === undefined ? undefined : bySession(secret, request);
  }

  /**
   * A token or a session may be one that another process gave a moment ago: before it is refused, this process looks.
   * However many bad ones come, they share one look at a time. For passwords `verify` does it.
   */
  function identify(request: HttpRequest): Identified | undefined | Promise<Identified> {
    try {
      return identifyNow(request);
    } catch (error) {
      const { catchUp } = snapshot;
      if (catchUp === undefined || !(error instanceof AppError) || error.code !== 'Unauthenticated')
        throw error;
      return catchUp().then(async () => {
        const identified = await identifyNow(request);
        if (identified === undefined) throw error;
        return identified;
      });
    }
  }

  function authenticateNow(request: HttpRequest): Caller | Promise<Caller> {
    const identified = identify(request);
    return identified instanceof Promise
      ? identified.then((known) => admit(request, known))
      : admit(request, identified);
  }

  return {
    identify,
    async holderOf(principalId) {
      await snapshot.overdueLook();
      // Whom another process has made a moment ago is looked for, as their credentials would be.
      if (snapshot.accessOf(principalId) === undefined) await snapshot.catchUp?.();
      const access = snapshot.accessOf(principalId);
      if (access === undefined) throw holderIsGone();
      return access;
    },
    authenticate(request, rule) {
      // Asked without credentials, answered the same to all: bad ones do no harm, nor do they cost us anything.
      if (rule === 'open' || rule === 'signed') return callerOf(request, NO_ACCESS);
      const look = snapshot.overdueLook();
      return look === undefined ? authenticateNow(request) : look.then(() => authenticateNow(request));
    },
  };
}

function admit(request: HttpRequest, identified: Identified | undefined) {
  if (identified === undefined) {
    throw new AppError(
      'Unauthenticated',
      'You are not signed in: send a token as `Authorization: Bearer …`, or a name and a password as `Basic`.',
    );
  }
  if (identified.mustChangePassword && !request.routeOptions.url?.startsWith(SESSION_PATHS)) {
    throw new AppError(
      'PermissionDenied',
      `This password was given for one use: choose your own by POST ${SESSION_PATHS}/password, or on the web page.`,
    );
  }
  return callerOf(request, identified.access);
}

/** Nobody: for what is open to all. */
const NO_ACCESS: Access = {
  principal: { id: '', kind: 'user', name: '', isAdmin: false },
  decide: () => 'hidden',
  visibleExperiments: () => [],
  visibleModels: () => ({ schemas: [], models: [] }),
  visibleNames: () => [],
};

/** A name that begins so browsers take from this very host alone, and over TLS alone. */
const cookieName = (request: HttpRequest): string =>
  isSecure(request) ? '__Host-slipway-session' : 'slipway-session';

const isSecure = (request: HttpRequest): boolean => originOf(request).startsWith('https:');

export function sessionSecretOf(request: HttpRequest): string | undefined {
  const sent = request.headers.cookie;
  if (sent === undefined) return undefined;
  const start = `${cookieName(request)}=`;
  for (const pair of sent.split(';')) {
    const text = pair.trim();
    if (text.startsWith(start)) return text.slice(start.length) || undefined;
  }
  return undefined;
}

/**
 * The values of `Set-Cookie`; without a secret they take the cookies away. Beside the session's own, which no script can
 * read, one says to our pages that somebody signed in, so that they ask who it is only where that has an answer.
 */
export function renderSessionCookies(
  request: HttpRequest,
  session?: { secret: string; lifetimeMs: number },
): string[] {
  const attributes = `Path=/; SameSite=Lax${isSecure(request) ? '; Secure' : ''}`;
  const seconds = session === undefined ? 0 : Math.floor(session.lifetimeMs / 1000);
  return [
    `${cookieName(request)}=${session?.secret ?? ''}; Max-Age=${seconds}; HttpOnly; ${attributes}`,
    `${SIGNED_IN_COOKIE}=${session === undefined ? '' : 'yes'}; Max-Age=${seconds}; ${attributes}`,
  ];
}

const SIGNED_IN_COOKIE = 'slipway-signed-in';
