import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Access } from '../../governance/access.ts';
import type { Passwords } from '../../governance/passwords.ts';
import { csrfTokenOf, type NewSession, type Sessions } from '../../governance/sessions.ts';
import { AppError, invalidArgument, invalidState } from '../../kernel/errors.ts';
import { addressOf } from '../caller-address.ts';
import { type Credentials, type Identified, renderSessionCookies, sessionSecretOf } from '../credentials.ts';
import { readJsonBody } from '../json-body.ts';
import type { JsonObject } from '../mlflow/json.ts';
import type { RawRoute } from '../routes.ts';

/** How people sign in besides by password; undefined where the server has no identity provider. */
export interface SingleSignOnFacts {
  readonly label: string;
  /** Where the browser goes. */
  readonly path: string;
}

export interface SessionServices {
  readonly credentials: Credentials;
  readonly sessions: Sessions;
  readonly passwords: Passwords;
  readonly accessOf: (principalId: string) => Access | undefined;
  readonly singleSignOn: SingleSignOnFacts | undefined;
}

export const SESSION_PATH = '/api/slipway/v1/session';
const MAX_BODY_BYTES = 16 * 1024;
/** Answers that hold secrets, or depend on them, are nobody's to keep. */
const UNKEPT = { 'cache-control': 'no-store' };

/** Signing in and out, and who is signed in. Without `services` the server has no identities, and says so. */
export function sessionRoutes(services: SessionServices | undefined): readonly RawRoute[] {
  return services === undefined ? [factsWithoutIdentities] : sessionRoutesWith(services);
}

const factsWithoutIdentities: RawRoute = {
  method: 'GET',
  path: SESSION_PATH,
  access: 'open',
  handle: async (_request, reply) => answer(reply, { authentication: 'off', user: null, sign_in: null }),
};

function sessionRoutesWith(services: SessionServices): readonly RawRoute[] {
  const { credentials, sessions, passwords, accessOf, singleSignOn } = services;
  return [
    {
      method: 'GET',
      path: SESSION_PATH,
      access: 'open',
      async handle(request, reply) {
        const identified = await identifyOrNobody(credentials, request);
        return answer(reply, {
          authentication: 'on',
          user:
            identified === undefined ? null : renderUser(identified.access, identified.mustChangePassword),
          ...(identified?.session !== undefined && { csrf_token: csrfTokenOf(identified.session) }),
          sign_in: {
            password: true,
            single_sign_on:
              singleSignOn === undefined ? null : { label: singleSignOn.label, path: singleSignOn.path },
          },
        });
      },
    },
    {
      method: 'POST',
      path: SESSION_PATH,
      access: 'open',
      async handle(request, reply) {
        const body = await readJsonBody(request, MAX_BODY_BYTES);
        const name = readText(body, 'user_name');
        const verified = await passwords.verify(name, readText(body, 'password'), addressOf(request));
        const access = accessOf(verified.principalId);
        if (access === undefined) throw new AppError('Unauthenticated', 'The user is not active.');
        request.trail?.signedIn(access.principal);
        // One from before this sign-in, perhaps planted by somebody else, is not taken over.
        const earlier = sessionSecretOf(request);
        if (earlier !== undefined) await sessions.end(earlier);
        const session = await sessions.start(verified.principalId);
        return answerSession(request, reply, { session, user: renderUser(access, verified.mustChange) });
      },
    },
    {
      method: 'DELETE',
      path: SESSION_PATH,
      access: 'filtered',
      async handle(request, reply) {
        const secret = sessionSecretOf(request);
        if (secret !== undefined) await sessions.end(secret);
        return answer(reply.header('set-cookie', renderSessionCookies(request)), {});
      },
    },
    {
      method: 'POST',
      path: `${SESSION_PATH}/password`,
      access: 'filtered',
      async handle(request, reply, caller) {
        const { principal } = caller.access;
        if (principal.kind !== 'user') throw invalidState('Only users have passwords.');
        const body = await readJsonBody(request, MAX_BODY_BYTES);
        await passwords.change({
          principalId: principal.id,
          oldPassword: readText(body, 'old_password'),
          newPassword: readText(body, 'new_password'),
          address: addressOf(request),
        });
        // All sessions have ended, this one as well: who changed the password goes on with a new one.
        const session = await sessions.start(principal.id);
        return answerSession(request, reply, { session, user: renderUser(caller.access, false) });
      },
    },
  ];
}

/** A page that has lost its session asks with what it has, to be told so. */
async function identifyOrNobody(
  credentials: Credentials,
  request: FastifyRequest,
): Promise<Identified | undefined> {
  try {
    return await credentials.identify(request);
  } catch (error) {
    if (error instanceof AppError && error.code === 'Unauthenticated') return undefined;
    throw error;
  }
}

function answerSession(
  request: FastifyRequest,
  reply: FastifyReply,
  { session, user }: { readonly session: NewSession; readonly user: object },
): FastifyReply {
  reply.header('set-cookie', renderSessionCookies(request, session));
  return answer(reply, { user, csrf_token: session.csrfToken, expires_at: session.expiresAtMs });
}

const answer = (reply: FastifyReply, body: object): FastifyReply =>
  reply.headers(UNKEPT).header('content-type', 'application/json').send(JSON.stringify(body));

const renderUser = ({ principal }: Access, mustChangePassword: boolean): object => ({
  id: principal.id,
  name: principal.name,
  kind: principal.kind,
  is_admin: principal.isAdmin,
  must_change_password: mustChangePassword,
});

/** Never says what was sent. */
function readText(body: JsonObject, name: string): string {
  const value = body[name];
  if (typeof value !== 'string' || value === '')
    throw invalidArgument(`Missing value for required parameter '${name}'.`, { field: name });
  return value;
}
