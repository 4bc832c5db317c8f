export const CSRF_HEADER = 'x-slipway-csrf';
/** The token of this browser's session, which every change must carry: pages of other sites cannot read it. */
const CSRF_KEY = 'slipway.csrf';

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
