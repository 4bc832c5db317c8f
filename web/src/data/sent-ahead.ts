import { withToken } from './session-token.ts';

/** Questions that were sent before the code was there that asks them; each is answered to the first who asks. */
const sent = new Map<string, Promise<Response>>();

/** Asks one of the read models of these pages for what will be asked in a moment. */
export function sendAhead(path: string, message: object): void {
  const url = `/ajax-api/slipway/v1/${path}`;
  const body = JSON.stringify(message);
  const headers = { 'content-type': 'application/json' };
  const answer = fetch(url, withToken({ method: 'POST', headers, body }));
  // Told to whoever takes it; nobody may.
  answer.catch(() => undefined);
  sent.set(keyOf(url, body), answer);
}

/** The answer to the same question, if it was sent ahead and nobody has taken it. */
export function takeSentAhead(url: string, { body }: RequestInit): Promise<Response> | undefined {
  if (sent.size === 0 || typeof body !== 'string') return undefined;
  const key = keyOf(url, body);
  const answer = sent.get(key);
  sent.delete(key);
  return answer;
}

const keyOf = (url: string, body: string) => `${url} ${body}`;
