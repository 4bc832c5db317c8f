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
  /** Whether it lets nobody have an e-mail address that is not theirs, and therefore does not say so of each. */
  readonly emailsVerified: boolean;
}

export interface SingleSignOnServices {
  readonly provider: IdentityProvider;
  readonly identities: FederatedIdentities;
  readonly sessions: Sessions;
  readonly accessOf: (principalId: string) => Access | undefined;
  readonly sealer: Sealer;
  readonly clock: Clock;
  /** Hears what an operator can mend: of the rest the browser is told. */
  onError(error: unknown): void;
}

export const SINGLE_SIGN_ON_PATH = '/api/slipway/v1/session/oidc';
const CALLBACK_PATH = `${SINGLE_SIGN_ON_PATH}/callback`;
const COOKIE = 'slipway-sign-in';
/** Read by our page. */
const PROBLEM_COOKIE = 'slipway-sign-in-problem';
const PROBLEM_SECONDS = 30;
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
  const { provider, identities, sessions, accessOf, sealer, clock, onError } = services;
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
      throw refused('declined', 'The identity provider did not let you sign in.');
    const tokens = await client
      .authorizationCodeGrant(configuration, address, {
        pkceCodeVerifier: attempt.verifier,
        expectedState: attempt.state,
        expectedNonce: attempt.nonce,
        idTokenExpected: true,
      })
      .catch(refuseAnswer);
    const claims = tokens.claims()!;
    // Some providers put names and groups into the answer of the user's own endpoint only.
    const details =
      lacksSomething(provider, claims) && configuration.serverMetadata().userinfo_endpoint !== undefined
        ? await client.fetchUserInfo(configuration, tokens.access_token, claims.sub).catch(refuseAnswer)
        : {};
    return readIdentity(provider, claims.sub, joinClaims(claims, details));
  }

  /** Back to where the sign-in began, whose page says why nobody is signed in; nothing of the error itself goes along. */
  function tellProblem(
    { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
    error: unknown,
    returnTo: string,
  ): FastifyReply {
    const problem = problemOf(error);
    const isFault = problem === 'unavailable' || problem === 'failed';
    // An answer that is not valid is a stranger's, or comes of a wrong secret of ours.
    if (isFault || problem === 'invalid') onError(error);
    request.trail?.endedAs(isFault ? 'failed' : 'denied');
    reply.header('set-cookie', [renderAttemptCookie(request, '', 0), renderProblemCookie(request, problem)]);
    return redirect(reply, returnTo);
  }

  return [
    {
      method: 'GET',
      path: SINGLE_SIGN_ON_PATH,
      access: 'open',
      async handle(request, reply) {
        const returnTo = placeOfOurs((request.query as Record<string, unknown>).return_to);
        let connected: Awaited<ReturnType<typeof discover>>;
        try {
          connected = await connect();
        } catch (error) {
          return tellProblem({ request, reply }, error, returnTo);
        }
        const { client, configuration } = connected;
        const verifier = client.randomPKCECodeVerifier();
        const attempt: Attempt = {
          purpose: 'single sign-on',
          state: client.randomState(),
          nonce: client.randomNonce(),
          verifier,
          returnTo,
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
        reply.header('set-cookie', [
          renderAttemptCookie(request, sealer.seal(JSON.stringify(attempt)), ATTEMPT_MS),
          renderProblemCookie(request),
        ]);
        return redirect(reply, address.href);
      },
    },
    {
      method: 'GET',
      path: CALLBACK_PATH,
      access: 'open',
      async handle(request, reply) {
        let returnTo = '/';
        try {
          const attempt = openAttempt(request);
          returnTo = attempt.returnTo;
          const principalId = await identities.signIn(await redeem(request, attempt));
          const access = accessOf(principalId);
          if (access === undefined) throw refused('inactive', 'The user is not active.');
          request.trail?.signedIn(access.principal);
          const earlier = sessionSecretOf(request);
          if (earlier !== undefined) await sessions.end(earlier);
          const session = await sessions.start(principalId);
          // The attempt is used up, whatever comes of it.
          const used = renderAttemptCookie(request, '', 0);
          reply.header('set-cookie', [used, ...renderSessionCookies(request, session)]);
          return redirect(reply, returnTo);
        } catch (error) {
          return tellProblem({ request, reply }, error, returnTo);
        }
      },
    },
  ];
}

type Claims = Readonly<Record<string, unknown>>;

const isVerified = (claims: Claims): boolean =>
  // Some write it as a text.
  claims.email_verified === true || claims.email_verified === 'true';

/** Whether the user's own endpoint may say more than the token does. */
const lacksSomething = ({ nameClaim, groupsClaim }: IdentityProvider, claims: Claims): boolean =>
  claims[nameClaim] === undefined ||
  claims[groupsClaim] === undefined ||
  (nameClaim === 'email' && claims.email_verified === undefined);

/** What the token says wins; what the other answer says of an address holds for that address alone. */
function joinClaims(claims: Claims, details: Claims): Claims {
  const joined = { ...details, ...claims };
  const isSameAddress = claims.email === undefined || claims.email === details.email;
  return isSameAddress ? joined : { ...joined, email_verified: claims.email_verified };
}

/**
 * The provider's groups of a user; undefined where it leaves them out because they are many (Microsoft Entra ID above two
 * hundred), which says nothing about any of them. A claim that is not there at all means none: some providers leave out
 * what is empty, and whoever was taken out of the last group must not stay in it here.
 */
function groupsOf(groupsClaim: string, claims: Claims): readonly string[] | undefined {
  const groups = claims[groupsClaim];
  if (Array.isArray(groups)) return groups.filter((group) => typeof group === 'string');
  if (typeof groups === 'string' && groups !== '') return [groups];
  const elsewhere = claims._claim_names;
  const isElsewhere =
    typeof elsewhere === 'object' && elsewhere !== null && Object.hasOwn(elsewhere, groupsClaim);
  return isElsewhere || claims.hasgroups === true || claims.hasgroups === 'true' ? undefined : [];
}

/** @throws AppError PermissionDenied where the provider does not say enough. */
function readIdentity(
  { issuer, nameClaim, groupsClaim, emailsVerified }: IdentityProvider,
  subject: string,
  claims: Claims,
): FederatedIdentity {
  const name = claims[nameClaim];
  if (typeof name !== 'string' || name === '')
    throw refused('unnamed', `The identity provider does not say your ${nameClaim}.`);
  // An address that nobody has checked is one that anybody may have written. Any other claim the operator has chosen as
  // one that users cannot write themselves.
  const isVouchedFor = isVerified(claims) || (emailsVerified && claims.email_verified === undefined);
  if (nameClaim === 'email' && !isVouchedFor)
    throw refused('unverified', 'The identity provider does not say that your e-mail address is verified.');
  return {
    issuer,
    subject,
    name,
    displayName: typeof claims.name === 'string' ? claims.name : undefined,
    groups: groupsOf(groupsClaim, claims),
  };
}

/** Why nobody is signed in, as the page is told. A closed list: a link or a provider cannot make it say anything else. */
const PROBLEMS = [
  'expired',
  'declined',
  'invalid',
  'unnamed',
  'unverified',
  'taken',
  'inactive',
  'unavailable',
  'failed',
] as const;
type Problem = (typeof PROBLEMS)[number];

function problemOf(error: unknown): Problem {
  if (!(error instanceof AppError)) return 'failed';
  if (error.code === 'Unavailable') return 'unavailable';
  // A name that nobody can have here.
  if (error.code === 'InvalidArgument') return 'unnamed';
  return PROBLEMS.find((problem) => problem === error.reason) ?? 'failed';
}

const refused = (reason: Problem, message: string): AppError =>
  new AppError('PermissionDenied', message, { reason });

function refuseAnswer(cause: unknown): never {
  throw new AppError('Unauthenticated', 'The identity provider’s answer is not valid.', {
    reason: 'invalid' satisfies Problem,
    cause,
  });
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
  new AppError('Unauthenticated', 'This sign-in was begun elsewhere, or too long ago: begin again.', {
    reason: 'expired' satisfies Problem,
  });

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

const renderAttemptCookie = (request: FastifyRequest, value: string, lifetimeMs: number): string =>
  `${COOKIE}=${value}; Max-Age=${lifetimeMs / 1000}; Path=${SINGLE_SIGN_ON_PATH}; HttpOnly; SameSite=Lax${secure(request)}`;

/** Without a problem it takes the cookie of an earlier one away. */
const renderProblemCookie = (request: FastifyRequest, problem?: Problem): string =>
  `${PROBLEM_COOKIE}=${problem ?? ''}; Max-Age=${problem === undefined ? 0 : PROBLEM_SECONDS}; Path=/; SameSite=Lax${secure(request)}`;

const secure = (request: FastifyRequest): string =>
  originOf(request).startsWith('https:') ? '; Secure' : '';
