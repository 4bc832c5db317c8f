import { renderAttachment } from '../../objects/content-disposition.ts';
import type { ByteRange } from '../../objects/port.ts';

/**
 * Types by the end of a name. What a browser would run (HTML, SVG, XML, scripts, PDF) is not among them: it goes as
 * plain bytes.
 */
const TYPES: Readonly<Record<string, string>> = {
  csv: 'text/csv; charset=utf-8',
  gif: 'image/gif',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  json: 'application/json',
  log: 'text/plain; charset=utf-8',
  md: 'text/plain; charset=utf-8',
  mlmodel: 'text/plain; charset=utf-8',
  mp3: 'audio/mpeg',
  mp4: 'video/mp4',
  png: 'image/png',
  py: 'text/plain; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
  wav: 'audio/wav',
  webm: 'video/webm',
  webp: 'image/webp',
  yaml: 'text/plain; charset=utf-8',
  yml: 'text/plain; charset=utf-8',
  zip: 'application/zip',
};

/** The headers under which a file leaves: to be saved, never to be run in our origin. */
export function fileHeaders(name: string, etag: string): Record<string, string> {
  const ending = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  const type = Object.hasOwn(TYPES, ending) ? TYPES[ending] : undefined;
  return {
    'content-type': type ?? 'application/octet-stream',
    'content-disposition': renderAttachment(name),
    'x-content-type-options': 'nosniff',
    'content-security-policy': "sandbox; default-src 'none'",
    'accept-ranges': 'bytes',
    etag: `"${etag}"`,
  };
}

/**
 * One range of bytes; undefined for no header, and for what is to be answered whole (RFC 9110, section 14.2): other
 * units, several ranges, a range that ends before it begins.
 */
export function parseRange(header: string | undefined): ByteRange | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  if (match === null) return undefined;
  const [, first, last] = match;
  if (first === '') return last === '' ? undefined : { lastBytes: Number(last) };
  if (last === '') return { start: Number(first) };
  return Number(last) < Number(first) ? undefined : { start: Number(first), end: Number(last) };
}

/** Whether a list of ETags (`If-None-Match`, `If-Match`) names this one; nothing that exists matches no list. */
export function namesEtag(header: string, etag: string | undefined): boolean {
  if (etag === undefined) return false;
  return header.split(',').some((tag) => {
    const plain = tag.trim().replace(/^W\//, '');
    return plain === '*' || plain === `"${etag}"`;
  });
}

/** Whether nothing has changed since a date as HTTP has it, in whole seconds; what is no date says nothing. */
export function isUnmodifiedSince(header: string, modifiedAtMs: number): boolean {
  const sinceMs = Date.parse(header);
  return Number.isNaN(sinceMs) || Math.floor(modifiedAtMs / 1000) * 1000 <= sinceMs;
}
