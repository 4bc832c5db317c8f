export const CSRF_HEADER = 'x-slipway-csrf';
/** The token of this browser's session, which every change must carry: pages of other sites cannot read it. */
const CSRF_KEY = 'slipway.csrf';

/** Whether somebody signed in with this browser, so that it is worth asking who it is: the server says so by a cookie. */
export const hasSignedIn = (): boolean => hasCookie('slipway-signed-in');

/**
 * Whether the server wants to know who asks, as it says by a cookie with the document, and nobody has signed in: then
 * it is asked who is there before anything that it would refuse, and write down as refused.
 */
export const isAskedAtTheDoor = (): boolean => hasCookie('slipway-identities') && !hasSignedIn();

const hasCookie = (name: string): boolean => document.cookie.split('; ').includes(`${name}=yes`);

export function keepToken(token: string | undefined): void {
  if (token === undefined) localStorage.removeItem(CSRF_KEY);
  else localStorage.setItem(CSRF_KEY, token);
}

export const isReading = ({ method = 'GET' }: RequestInit): boolean => method === 'GET' || method === 'HEAD';

export function withToken(init: RequestInit): RequestInit {
  const token = isReading(init) ? null : localStorage.getItem(CSRF_KEY);
  if (token === null) return init;
  const headers = new Headers(init.headers);
  headers.set(CSRF_HEADER, token);
  return { ...init, headers };
}
