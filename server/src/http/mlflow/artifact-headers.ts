import { invalidArgument } from '../../kernel/errors.ts';
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
export function fileHeaders(name: string, sha256: string): Record<string, string> {
  const dot = name.lastIndexOf('.');
  const isModel = name === 'MLmodel';
  const type = isModel ? 'text/plain; charset=utf-8' : TYPES[name.slice(dot + 1).toLowerCase()];
  return {
    'content-type': type ?? 'application/octet-stream',
    'content-disposition': attachment(name),
    'x-content-type-options': 'nosniff',
    'content-security-policy': "sandbox; default-src 'none'",
    'accept-ranges': 'bytes',
    etag: `"${sha256}"`,
  };
}

/** Source: RFC 6266; names beyond ASCII as RFC 5987 has them. */
function attachment(name: string): string {
  const ascii = /^[\x20-\x7e]*$/.test(name);
  const quoted = `"${name.replace(/[^\x20-\x7e]/g, '_').replace(/["\\]/g, '\\$&')}"`;
  if (ascii) return `attachment; filename=${quoted}`;
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename=${quoted}; filename*=UTF-8''${encoded}`;
}

/**
 * One range of bytes; undefined for no header, other units or several ranges, which are answered whole (RFC 9110,
 * section 14.2).
 * @throws AppError InvalidArgument for a range that ends before it begins.
 */
export function parseRange(header: string | undefined): ByteRange | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  if (match === null) return undefined;
  const [, first, last] = match;
  if (first === '') return last === '' ? undefined : { lastBytes: Number(last) };
  if (last === '') return { start: Number(first) };
  if (Number(last) < Number(first))
    throw invalidArgument(`Range '${header}' ends before it begins.`, { field: 'Range' });
  return { start: Number(first), end: Number(last) };
}

/** Whether a list of ETags (`If-None-Match`, `If-Match`) names this one. */
export function namesEtag(header: string, sha256: string): boolean {
  return header.split(',').some((tag) => {
    const plain = tag.trim().replace(/^W\//, '');
    return plain === '*' || plain === `"${sha256}"`;
  });
}
