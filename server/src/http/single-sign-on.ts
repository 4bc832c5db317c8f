import { timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Access } from '../governance/access.ts';
import type { FederatedIdentities, FederatedIdentity } from '../governance/federated-identities.ts';
import type { Sessions } from '../governance/sessions.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError, unavailable } from '../kernel/errors.ts';
import type { Sealer } from '../secrets/sealer.ts';
import { originOf } from './authenticate.ts';
import { renderSessionCookies, sessionSecretOf } from './credentials.ts';
import type { RawRoute } from './routes.ts';

export interface IdentityProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly scopes: string;
  /** The claim that users are called by here. */
  readonly nameClaim: string;
  readonly groupsClaim: string;
}

export interface SingleSignOnServices {
  readonly provider: IdentityProvider;
  readonly identities: FederatedIdentities;
  readonly sessions: Sessions;
  readonly accessOf: (principalId: string) => Access | undefined;
  readonly sealer: Sealer;
  readonly clock: Clock;
}

export const SINGLE_SIGN_ON_PATH = '/api/slipway/v1/session/oidc';
const CALLBACK_PATH = `${SINGLE_SIGN_ON_PATH}/callback`;
const COOKIE = 'slipway-sign-in';
/** How long somebody may take at the provider. */
const ATTEMPT_MS = 10 * 60_000;
const PROVIDER_TIMEOUT_S = 10;

/** What must be the same when the browser comes back; sealed in a cookie, for any process may see it come back. */
interface Attempt {
  readonly purpose: 'single sign-on';
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly returnTo: string;
  readonly redirectUri: string;
  readonly untilMs: number;
}

/**
 * OpenID Connect: authorization code with PKCE, state and nonce (RFC 6749, RFC 7636, OpenID Connect Core 1.0, section
 * 3.1). The provider is asked what it offers at the first sign-in, and again where it could not be asked.
 */
export function singleSignOnRoutes(services: SingleSignOnServices): readonly RawRoute[] {
  const { provider, identities, sessions, accessOf, sealer, clock } = services;
  let discovered: ReturnType<typeof discover> | undefined;

  async function discover() {
    const client = await import('openid-client');
    const issuer = new URL(provider.issuer);
    const configuration = await client.discovery(
      issuer,
      provider.clientId,
      provider.clientSecret,
      undefined,
      {
        timeout: PROVIDER_TIMEOUT_S,
        // Somebody who listens between us and a provider without TLS could be anybody: only on one machine.
        ...(isLoopback(issuer) && { execute: [client.allowInsecureRequests] }),
      },
    );
    return { client, configuration };
  }

  function connect(): ReturnType<typeof discover> {
    discovered ??= discover().catch((cause: unknown) => {
      discovered = undefined;
      throw unavailable('The identity provider does not answer: try again in a moment.', { cause });
    });
    return discovered;
  }

  function openAttempt(request: FastifyRequest): Attempt {
    const sealed = attemptCookieOf(request);
    if (sealed === undefined) throw expired();
    let attempt: Attempt;
    try {
      attempt = JSON.parse(sealer.open(sealed)) as Attempt;
    } catch {
      throw expired();
    }
    if (attempt.purpose !== 'single sign-on' || attempt.untilMs <= clock.nowMs()) throw expired();
    return attempt;
  }

  async function redeem(request: FastifyRequest, attempt: Attempt): Promise<FederatedIdentity> {
    const { client, configuration } = await connect();
    const address = new URL(attempt.redirectUri);
    address.search = new URL(request.url, attempt.redirectUri).search;
    const sentState = address.searchParams.get('state') ?? '';
    if (!isSame(sentState, attempt.state)) throw expired();
    if (address.searchParams.has('error'))
      throw new AppError('PermissionDenied', 'The identity provider did not let you sign in.');
    const tokens = await client
      .authorizationCodeGrant(configuration, address, {
        pkceCodeVerifier: attempt.verifier,
        expectedState: attempt.state,
        expectedNonce: attempt.nonce,
        idTokenExpected: true,
      })
      .catch((cause: unknown) => {
        throw new AppError('Unauthenticated', 'The identity provider’s answer is not valid: sign in again.', {
          cause,
        });
      });
    const claims = tokens.claims()!;
    // Some providers put names and groups into the answer of the user's own endpoint only.
    const details =
      claims[provider.nameClaim] === undefined &&
      configuration.serverMetadata().userinfo_endpoint !== undefined
        ? await client.fetchUserInfo(configuration, tokens.access_token, claims.sub)
        : {};
    return readIdentity(provider, claims.sub, { ...details, ...claims });
  }

  return [
    {
      method: 'GET',
      path: SINGLE_SIGN_ON_PATH,
      access: 'open',
      async handle(request, reply) {
        const { client, configuration } = await connect();
        const verifier = client.randomPKCECodeVerifier();
        const attempt: Attempt = {
          purpose: 'single sign-on',
          state: client.randomState(),
          nonce: client.randomNonce(),
          verifier,
          returnTo: placeOfOurs((request.query as Record<string, unknown>).return_to),
          redirectUri: originOf(request) + CALLBACK_PATH,
          untilMs: clock.nowMs() + ATTEMPT_MS,
        };
        const address = client.buildAuthorizationUrl(configuration, {
          redirect_uri: attempt.redirectUri,
          scope: provider.scopes,
          code_challenge: await client.calculatePKCECodeChallenge(verifier),
          code_challenge_method: 'S256',
          state: attempt.state,
          nonce: attempt.nonce,
        });
        reply.header(
          'set-cookie',
          renderAttemptCookie(request, sealer.seal(JSON.stringify(attempt)), ATTEMPT_MS),
        );
        return redirect(reply, address.href);
      },
    },
    {
      method: 'GET',
      path: CALLBACK_PATH,
      access: 'open',
      async handle(request, reply) {
        // Used up by this try, whatever comes of it.
        const cookies = [renderAttemptCookie(request, '', 0)];
        reply.header('set-cookie', cookies);
        const attempt = openAttempt(request);
        const principalId = await identities.signIn(await redeem(request, attempt));
        const access = accessOf(principalId);
        if (access === undefined) throw new AppError('PermissionDenied', 'The user is not active.');
        request.trail?.signedIn(access.principal);
        const earlier = sessionSecretOf(request);
        if (earlier !== undefined) await sessions.end(earlier);
        const session = await sessions.start(principalId);
        reply.header('set-cookie', [...cookies, ...renderSessionCookies(request, session)]);
        return redirect(reply, attempt.returnTo);
      },
    },
  ];
}

/** @throws AppError PermissionDenied where the provider does not say enough. */
function readIdentity(
  { issuer, nameClaim, groupsClaim }: IdentityProvider,
  subject: string,
  claims: Readonly<Record<string, unknown>>,
): FederatedIdentity {
  const name = claims[nameClaim];
  if (typeof name !== 'string' || name === '')
    throw new AppError('PermissionDenied', `The identity provider does not say your ${nameClaim}.`);
  // An address that nobody has checked is one that anybody may have written.
  if (nameClaim === 'email' && claims.email_verified === false)
    throw new AppError('PermissionDenied', 'Verify your e-mail address at the identity provider first.');
  const groups = claims[groupsClaim];
  return {
    issuer,
    subject,
    name,
    // Any other claim the operator has chosen as one that users cannot write themselves.
    isNameVerified: nameClaim !== 'email' || claims.email_verified === true,
    displayName: typeof claims.name === 'string' ? claims.name : undefined,
    groups: Array.isArray(groups) ? groups.filter((group) => typeof group === 'string') : [],
  };
}

/** The path of one of our pages; where another site is meant, or nothing that makes sense, the first page. */
export function placeOfOurs(text: unknown): string {
  if (typeof text !== 'string' || !/^\/(?![/\\])[\x21-\x7e]*$/.test(text)) return '/';
  const base = 'http://ours.invalid';
  if (!URL.canParse(text, base)) return '/';
  const { origin, pathname, search, hash } = new URL(text, base);
  // `/.//evil.example` is a path that begins with two slashes once it is resolved.
  return origin !== base || pathname.startsWith('//') ? '/' : pathname + search + hash;
}

const redirect = (reply: FastifyReply, to: string): FastifyReply =>
  reply
    .headers({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
    .code(302)
    .header('location', to)
    .send('');

const expired = (): AppError =>
  new AppError('Unauthenticated', 'This sign-in was begun elsewhere, or too long ago: begin again.');

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

const isLoopback = ({ hostname }: URL): boolean => /^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname);

function attemptCookieOf({ headers }: FastifyRequest): string | undefined {
  for (const pair of (headers.cookie ?? '').split(';')) {
    const text = pair.trim();
    if (text.startsWith(`${COOKIE}=`)) return text.slice(COOKIE.length + 1) || undefined;
  }
  return undefined;
}

function renderAttemptCookie(request: FastifyRequest, value: string, lifetimeMs: number): string {
  const secure = originOf(request).startsWith('https:') ? '; Secure' : '';
  return `${COOKIE}=${value}; Max-Age=${lifetimeMs / 1000}; Path=${SINGLE_SIGN_ON_PATH}; HttpOnly; SameSite=Lax${secure}`;
}
