import { renderAttachment } from '../../objects/content-disposition.ts';

/** What a browser would run: shown in a frame without an origin, and nowhere else. */
const ACTIVE_TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  htm: 'text/html; charset=utf-8',
  svg: 'image/svg+xml',
};

/** What a browser shows by itself without running any of it. All that is not listed goes as plain bytes. */
const PASSIVE_TYPES: Readonly<Record<string, string>> = {
  aac: 'audio/aac',
  apng: 'image/apng',
  avif: 'image/avif',
  bmp: 'image/bmp',
  flac: 'audio/flac',
  gif: 'image/gif',
  ico: 'image/x-icon',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  m4a: 'audio/mp4',
  m4v: 'video/mp4',
  mov: 'video/mp4',
  mp3: 'audio/mpeg',
  mp4: 'video/mp4',
  oga: 'audio/ogg',
  ogg: 'audio/ogg',
  ogv: 'video/ogg',
  opus: 'audio/ogg',
  pdf: 'application/pdf',
  png: 'image/png',
  wav: 'audio/wav',
  weba: 'audio/webm',
  webm: 'video/webm',
  webp: 'image/webp',
};

/**
 * What an active file may do: run what stands in itself. It has no origin, so it reaches neither our cookies nor our
 * API; it loads nothing, so it tells nobody what it shows; it opens no window and sends no form.
 */
const ACTIVE_POLICY = [
  'sandbox allow-scripts',
  "default-src 'none'",
  "script-src 'unsafe-inline' 'unsafe-eval' blob:",
  "style-src 'unsafe-inline'",
  'img-src data: blob:',
  'media-src data: blob:',
  'font-src data:',
  'worker-src blob:',
  "connect-src 'none'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'self'",
].join('; ');

const PASSIVE_POLICY = "sandbox; default-src 'none'; frame-ancestors 'self'";

export interface Viewing {
  readonly name: string;
  readonly etag: string;
  /** The request's `Sec-Fetch-Dest`, from browsers that say what they want the file for. */
  readonly destination: string | undefined;
}

/**
 * The headers under which a page shows a file: its real type, and a policy that leaves it no origin. Opened as a page
 * of its own it is saved instead, since our address in the bar would speak for it.
 */
export function viewHeaders({ name, etag, destination }: Viewing): Record<string, string> {
  const ending = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  const active = typeIn(ACTIVE_TYPES, ending);
  const type = active ?? typeIn(PASSIVE_TYPES, ending) ?? 'application/octet-stream';
  return {
    'content-type': type,
    'content-disposition': destination === 'document' ? renderAttachment(name) : 'inline',
    'x-content-type-options': 'nosniff',
    'content-security-policy': active === undefined ? PASSIVE_POLICY : ACTIVE_POLICY,
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'cache-control': 'private, no-cache',
    'accept-ranges': 'bytes',
    etag: `"${etag}"`,
  };
}

const typeIn = (types: Readonly<Record<string, string>>, ending: string): string | undefined =>
  Object.hasOwn(types, ending) ? types[ending] : undefined;
