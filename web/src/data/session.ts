import { useEffect, useSyncExternalStore } from 'react';
import { noteNoAnswer } from './connection.ts';
import { readError } from './request-error.ts';
import { takeSentAhead } from './sent-ahead.ts';
import {
  CSRF_HEADER,
  hasSignedIn,
  isAskedAtTheDoor,
  isReading,
  keepToken,
  withToken,
} from './session-token.ts';
import { isOfAbsence } from './unreachable.ts';

/** Who is signed in, as far as these pages have had to know. */
export type SessionState =
  /** Nothing was refused so far: signed in, or on a server without identities. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'signed-out'; readonly ways: SignInWays }
  | { readonly kind: 'signed-in'; readonly user: SessionUser };

export interface SessionUser {
  readonly id: string;
  readonly name: string;
  readonly is_admin: boolean;
  /** Nothing is allowed but to choose a new password. */
  readonly must_change_password: boolean;
}

export interface SignInWays {
  readonly password: boolean;
  readonly single_sign_on: { readonly label: string; readonly path: string } | null;
}

interface SessionFacts {
  readonly authentication: 'on' | 'off';
  readonly user: SessionUser | null;
  readonly csrf_token?: string;
  readonly sign_in: SignInWays | null;
}

interface SessionAnswer {
  readonly user: SessionUser;
  readonly csrf_token: string;
}

const PATH = '/api/slipway/v1/session';
/** Whether who signed in is an administrator: for what the page shows first, never for what anybody may do. */
const ADMIN_KEY = 'slipway.admin';

let state: SessionState = { kind: 'unknown' };
const listeners = new Set<() => void>();

function setState(next: SessionState): void {
  state = next;
  remember(next.kind === 'signed-in' ? next.user : undefined);
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const useSession = (): SessionState => useSyncExternalStore(subscribe, () => state);

/**
 * Whether the server lets the reader do everything: an administrator, or anybody where there are no identities.
 * Undefined until it is known who has signed in; what this browser remembers is taken until then, so that nothing on the
 * page moves once the server has said the same.
 */
export function useIsAdmin(): boolean | undefined {
  const session = useSession();
  if (session.kind === 'signed-in') return session.user.is_admin;
  if (!hasSignedIn()) return true;
  const remembered = localStorage.getItem(ADMIN_KEY);
  return remembered === null ? undefined : remembered === 'yes';
}

/** Whether the reader has an identity here. */
export function useIsSignedIn(): boolean {
  const session = useSession();
  return session.kind === 'signed-in' || hasSignedIn();
}

/** Why the identity provider's answer signed nobody in: the server says so by a cookie that lives for seconds. */
export const findSignInProblem = (): string | undefined =>
  /(?:^|; )slipway-sign-in-problem=([a-z]+)(?:;|$)/.exec(document.cookie)?.[1];

function remember(user: SessionUser | undefined): void {
  if (user === undefined) localStorage.removeItem(ADMIN_KEY);
  else localStorage.setItem(ADMIN_KEY, user.is_admin ? 'yes' : 'no');
}

/**
 * `fetch` for this server alone: carries the session's token, and shows the sign-in when the server wants to know who asks.
 * A request whose token was that of an earlier session is sent once more with the one of now: it did nothing.
 */
export async function fetchSignedIn(url: string, init: RequestInit = {}): Promise<Response> {
  if (isAskedAtTheDoor()) await enter();
  if (state.kind === 'signed-out') return refuse();
  const response = await answerOf(takeSentAhead(url, init) ?? fetch(url, withToken(init)), init.signal);
  if (response.status === 401) await askWhoWeAre();
  if (response.status !== 403 || isReading(init)) return response;
  const refusal = await response.clone().text();
  if (!refusal.includes(CSRF_HEADER)) return response;
  await askWhoWeAre();
  return state.kind === 'signed-in' ? fetch(url, withToken(init)) : response;
}

let entrance: Promise<void> | undefined;

/** Asks who is there, once for all that wait at the door; a server that did not answer is asked again. */
function enter(): Promise<void> {
  entrance ??= askWhoWeAre().catch((error: unknown) => {
    entrance = undefined;
    noteNoAnswer();
    throw error;
  });
  return entrance;
}

/** What the server would say to whoever has not signed in, without asking it. */
const refuse = (): Response =>
  Response.json({ error_code: 'UNAUTHENTICATED', message: 'Nobody is signed in.' }, { status: 401 });

async function answerOf(asked: Promise<Response>, signal: AbortSignal | null | undefined): Promise<Response> {
  try {
    const response = await asked;
    if (isOfAbsence(response.status)) noteNoAnswer();
    return response;
  } catch (error) {
    if (!signal?.aborted) noteNoAnswer();
    throw error;
  }
}

/**
 * Asks who is there once a page stands, so that it is known without anything having been refused. What goes wrong is
 * told by the page's own requests, which the same server answers.
 * @param isOfUse false where the page's own requests are enough
 */
export function useAskedWho(isOfUse: boolean): void {
  const { kind } = useSession();
  useEffect(() => {
    if (isOfUse && kind === 'unknown') askWhoWeAre().catch(() => undefined);
  }, [isOfUse, kind]);
}

let asking: Promise<void> | undefined;

/** Brings the state up to what the server says. Many refused requests ask once. */
function askWhoWeAre(): Promise<void> {
  asking ??= readFacts().finally(() => {
    asking = undefined;
  });
  return asking;
}

async function readFacts(): Promise<void> {
  const response = await fetch(PATH);
  if (!response.ok) throw await readError(response);
  const { user, csrf_token, sign_in } = (await response.json()) as SessionFacts;
  keepToken(csrf_token);
  if (user !== null) setState({ kind: 'signed-in', user });
  else if (sign_in !== null) setState({ kind: 'signed-out', ways: sign_in });
  else setState({ kind: 'unknown' });
}

/** @throws RequestError for a wrong name or password, or after too many of them */
export async function signIn(userName: string, password: string): Promise<void> {
  take(await send('POST', PATH, { user_name: userName, password }));
}

/** @throws RequestError */
export async function changePassword(oldPassword: string, newPassword: string): Promise<void> {
  take(await send('POST', `${PATH}/password`, { old_password: oldPassword, new_password: newPassword }));
}

/** @throws RequestError */
export async function signOut(): Promise<void> {
  await send('DELETE', PATH, undefined);
  keepToken(undefined);
  await askWhoWeAre();
}

function take(answer: unknown): void {
  const { user, csrf_token } = answer as SessionAnswer;
  keepToken(csrf_token);
  setState({ kind: 'signed-in', user });
}

/** @throws RequestError */
async function send(method: 'POST' | 'DELETE', path: string, message: object | undefined): Promise<unknown> {
  const response = await fetch(
    path,
    withToken({
      method,
      ...(message !== undefined && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(message),
      }),
    }),
  );
  if (!response.ok) throw await readError(response);
  return response.json();
}
