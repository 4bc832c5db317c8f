import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../kernel/errors.ts';
import type { RawRoute } from './routes.ts';

/**
 * What the pages may load: their own files and nothing of anybody else's. WebAssembly unpacks Parquet files; the
 * component set writes its variables into `style` elements; frames show artifacts, which the server sends with a
 * policy of their own that leaves them no origin.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "frame-src 'self' blob:",
  "form-action 'self'",
  "frame-ancestors 'self'",
  "base-uri 'none'",
].join('; ');

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.map': 'application/json',
};

/** Compressed forms that the build laid beside a file, the smallest first. */
const ENCODINGS = [
  { name: 'br', ending: '.br' },
  { name: 'gzip', ending: '.gz' },
] as const;

/** Everything that programs ask for, with an open end: what is not there answers in their protocol, never as a page. */
const PROGRAM_PATHS = /^\/(api|ajax-api|v1|assets|graphql|get-artifact|model-versions)(\/|$)/;

export interface Pages {
  readonly routes: readonly RawRoute[];
  /** Whether a request that no route answers is a person's who opens an address of the pages. */
  isNavigation(request: FastifyRequest, path: string): boolean;
  /** Answers the one document that all addresses of the pages share. */
  sendDocument(request: FastifyRequest, reply: FastifyReply): Promise<unknown>;
}

/**
 * The web pages as `npm run build` made them in `folder`: one document for every address, and files whose names change
 * with their content. Files are looked up at each request, so that a new build shows without a new start. Where there
 * is no build (or no folder), the document says so and everything else works. With `hasIdentities` the document brings a
 * cookie that tells its scripts so: they ask who is there before they ask for what nobody is told.
 */
export function createPages(folder: string | undefined, { hasIdentities = false } = {}): Pages {
  const sendDocument = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const file = await openVariant(folder, 'index.html', request);
    reply.headers({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': CONTENT_SECURITY_POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      vary: 'accept-encoding',
      'cache-control': 'no-cache',
      ...(hasIdentities && { 'set-cookie': IDENTITIES_COOKIE }),
    });
    if (file === undefined) return sendBody(request, reply, Buffer.from(NOT_BUILT));
    const body = await readWhole(file.handle);
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
    reply.header('etag', etag);
    if (namesTag(request.headers['if-none-match'], etag)) return reply.code(304).send();
    if (file.encoding !== undefined) reply.header('content-encoding', file.encoding);
    return sendBody(request, reply, body);
  };

  const sendAsset = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const name = (request.params as { '*': string })['*'];
    // The build gives plain names: whatever else is asked for is none of its files.
    const file = /^[\w-]+(\.[\w-]+)*$/.test(name)
      ? await openVariant(folder, join('assets', name), request)
      : undefined;
    if (file === undefined)
      throw new AppError('EndpointNotFound', `No endpoint ${request.method} /assets/${name.slice(0, 500)}`);
    reply.headers({
      'content-type': MEDIA_TYPES[extname(name)] ?? 'application/octet-stream',
      'content-length': file.size,
      'x-content-type-options': 'nosniff',
      vary: 'accept-encoding',
      'cache-control': 'public, max-age=31536000, immutable',
    });
    if (file.encoding !== undefined) reply.header('content-encoding', file.encoding);
    if (request.method !== 'HEAD') return reply.send(file.handle.createReadStream());
    await file.handle.close();
    return reply.send();
  };

  const sendRoot: RawRoute['handle'] = async (request, reply) => {
    // The router takes the target `*`, which names no page, for the root.
    if (!request.url.startsWith('/'))
      throw new AppError('EndpointNotFound', `No endpoint ${request.method} ${request.url.slice(0, 500)}`);
    return sendDocument(request, reply);
  };

  const methods = ['GET', 'HEAD'] as const;
  return {
    routes: methods.flatMap((method): RawRoute[] => [
      { method, path: '/', access: 'open', handle: sendRoot },
      { method, path: '/assets/*', access: 'open', handle: sendAsset },
    ]),
    isNavigation: (request, path) =>
      (request.method === 'GET' || request.method === 'HEAD') &&
      !PROGRAM_PATHS.test(path) &&
      (request.headers.accept ?? '').includes('text/html'),
    sendDocument,
  };
}

const IDENTITIES_COOKIE = 'slipway-identities=yes; Path=/; SameSite=Lax';

const NOT_BUILT = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Slipway</title><p>This Slipway serves its API; its web pages are not built: run <code>npm run build</code>, then load this address again.</p></html>\n`;

interface Variant {
  readonly handle: FileHandle;
  readonly size: number;
  readonly encoding: string | undefined;
}

/** Opens a file in the smallest form that the caller takes; undefined where there is no such file. */
async function openVariant(
  folder: string | undefined,
  name: string,
  request: FastifyRequest,
): Promise<Variant | undefined> {
  if (folder === undefined) return undefined;
  const path = join(folder, name);
  const accepted = request.headers['accept-encoding'];
  for (const { name: encoding, ending } of ENCODINGS) {
    if (!accepts(typeof accepted === 'string' ? accepted : '', encoding)) continue;
    const file = await openFile(path + ending);
    if (file !== undefined) return { ...file, encoding };
  }
  const file = await openFile(path);
  return file && { ...file, encoding: undefined };
}

function accepts(header: string, encoding: string): boolean {
  return header.split(',').some((part) => {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    return name === encoding && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}

async function openFile(path: string): Promise<{ handle: FileHandle; size: number } | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return undefined;
    throw error;
  }
  const stat = await handle.stat();
  if (stat.isFile()) return { handle, size: stat.size };
  await handle.close();
  return undefined;
}

async function readWhole(handle: FileHandle): Promise<Buffer> {
  try {
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

function namesTag(header: string | undefined, etag: string): boolean {
  return (header ?? '').split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}

function sendBody(request: FastifyRequest, reply: FastifyReply, body: Buffer): FastifyReply {
  reply.header('content-length', body.length);
  return request.method === 'HEAD' ? reply.send() : reply.send(body);
}
