import { type FilePlace, noSuchFile, parseFilesPath, renderFilesPath } from '../../artifacts/file-places.ts';
import type { Files } from '../../artifacts/files.ts';
import type { Folders } from '../../artifacts/folders.ts';
import { type PartUploads, refuseExisting } from '../../artifacts/part-uploads.ts';
import type { SignedGrant, SignedUrls } from '../../artifacts/signed-urls.ts';
import type { TreePath } from '../../artifacts/trees.ts';
import { invalidArgument } from '../../kernel/errors.ts';
import { parsePageToken, renderPageToken } from '../../kernel/page-token.ts';
import { sendFile } from '../mlflow/artifact-download.ts';
import { receiveFile } from '../mlflow/artifact-upload.ts';
import {
  invalid,
  missing,
  objectList,
  optionalBoolean,
  optionalInt32,
  optionalString,
  requiredString,
} from '../mlflow/fields.ts';
import type { JsonObject } from '../mlflow/json.ts';
import type { RawCall, RawRoute } from '../routes.ts';
import type { FileAccess } from './file-access.ts';
import { Answer, type DatabricksCall, type DatabricksRoute } from './routes.ts';
import { signedUrl } from './signed-files.ts';

export interface FilesApiServices {
  readonly files: Files;
  readonly folders: Folders;
  readonly uploads: PartUploads;
  readonly access: FileAccess;
  readonly urls: SignedUrls;
}

const FILES = '/api/2.0/fs/files/*';
const DIRECTORIES = '/api/2.0/fs/directories/*';
const MAX_PAGE = 1000;
const MAX_PART_URLS = 1000;

const inUrl = ({ path }: DatabricksCall): FilePlace => parseFilesPath(path['*']!);

const inRequest = ({ request }: RawCall): FilePlace =>
  parseFilesPath((request.params as Record<string, string>)['*']!);

/** Some clients put it into the address, others into the body. */
const named = ({ query, body }: DatabricksCall): JsonObject => ({ ...body, ...query });
const inFields = (call: DatabricksCall): FilePlace => parseFilesPath(requiredString(named(call), 'path'));

/** A file's own path. @throws AppError InvalidArgument for the folder that a volume or a version is */
const fileAt = async (access: FileAccess, place: FilePlace): Promise<TreePath> =>
  asFile(place, await access.resolve(place));

/** The same of a file that is to come. @throws AppError Conflict */
const newFileAt = async (access: FileAccess, place: FilePlace): Promise<TreePath> =>
  asFile(place, await access.resolveForWriting(place));

function asFile(place: FilePlace, path: TreePath | ''): TreePath {
  if (place.path === '' || path === '') {
    throw invalidArgument(`'${shown(place)}' is a folder, no file.`, { field: 'path' });
  }
  return path;
}

/** The Files API: files of volumes, of model versions and of runs, whole or in parts, and their folders. */
export function filesApiRoutes({ files, folders, uploads, access, urls }: FilesApiServices): {
  readonly routes: readonly DatabricksRoute[];
  readonly rawRoutes: readonly RawRoute[];
} {
  /** @throws AppError NotFound for a file that is not there, with the word that clients know. */
  async function requireFile(place: FilePlace): Promise<TreePath> {
    const path = await fileAt(access, place);
    const found = await folders.find(path);
    if (found === undefined) throw noSuchFile(shown(place));
    if (found.kind === 'folder') {
      throw invalidArgument(`'${shown(place)}' is a folder, no file.`, { field: 'path' });
    }
    return path;
  }

  /** A volume is a folder also before it holds anything, as a version is; what is below must be there. */
  async function requireFolder(place: FilePlace): Promise<TreePath | ''> {
    const path = await access.resolve(place);
    const found = place.path === '' ? undefined : await folders.find(path);
    if (place.path !== '' && found?.kind !== 'folder') throw noSuchFile(shown(place));
    return path;
  }

  const sign = (call: DatabricksCall, grant: SignedGrant) => ({
    url: signedUrl(
      call.caller.origin,
      urls.sign({ grant, holder: call.caller.access.principal.id }, expiryOf(named(call))),
    ),
    headers: [],
  });

  async function startUpload(call: DatabricksCall): Promise<object> {
    const path = await newFileAt(access, inUrl(call));
    const overwrite = optionalBoolean(call.query, 'overwrite') ?? false;
    const found = await folders.find(path);
    if (found?.kind === 'folder') throw invalidArgument('A folder is at this path.', { field: 'path' });
    if (!overwrite) refuseExisting(found);
    const { uploadId } = await uploads.start(path, { overwrite });
    return { multipart_upload: { session_token: uploadId } };
  }

  async function completeUpload(call: DatabricksCall): Promise<object> {
    const path = await fileAt(access, inUrl(call));
    const parts = objectList(call.body, 'parts').map((part, i) => parsePart(part, `parts[${i}].`));
    await uploads.complete(path, requiredString(call.query, 'session_token'), { parts });
    return {};
  }

  const writes = access.writing(inUrl);
  const reads = access.reading(inUrl);
  /** Some clients end an upload with a call to the file itself: nothing is there yet. */
  const removed = (call: DatabricksCall) => (call.query.action === 'abort-upload' ? undefined : inUrl(call));

  return {
    rawRoutes: [
      {
        method: 'GET',
        path: FILES,
        access: access.reading(inRequest),
        description: describe('Sends a file, or the part of it that `Range` names'),
        async handle(request, reply, caller) {
          return sendFile(request, reply, { files, path: await requireFile(inRequest({ request, caller })) });
        },
      },
      {
        method: 'HEAD',
        path: FILES,
        access: access.reading(inRequest),
        description: describe('Tells the size of a file and when it was written'),
        async handle(request, reply, caller) {
          return sendFile(request, reply, { files, path: await requireFile(inRequest({ request, caller })) });
        },
      },
      {
        method: 'PUT',
        path: FILES,
        access: access.writing(inRequest),
        description: describe('Stores a file; `overwrite=true` replaces what is there'),
        async handle(request, reply, caller) {
          const path = await newFileAt(access, inRequest({ request, caller }));
          const overwrite = optionalBoolean(request.query as JsonObject, 'overwrite') ?? false;
          await receiveFile(request, reply, {
            files,
            path,
            precondition: overwrite ? undefined : refuseExisting,
          });
          return reply.code(204).send();
        },
      },
    ],
    routes: [
      {
        method: 'DELETE',
        path: FILES,
        summary: 'Removes a file',
        access: [...writes, access.removing(removed)],
        async handle(call) {
          if (call.query.action === 'abort-upload') {
            await uploads.abort(
              await fileAt(access, inUrl(call)),
              requiredString(call.query, 'session_token'),
            );
            return {};
          }
          await files.delete(await requireFile(inUrl(call)));
          return new Answer(204);
        },
      },
      {
        method: 'POST',
        path: FILES,
        summary: 'Begins and completes an upload in parts',
        access: writes,
        async handle(call) {
          switch (call.query.action) {
            case 'initiate-upload':
              return startUpload(call);
            case 'complete-upload':
              return completeUpload(call);
          }
          throw invalid('action', call.query.action, 'expected initiate-upload or complete-upload.');
        },
      },
      {
        method: 'HEAD',
        path: DIRECTORIES,
        summary: 'Tells whether a folder is there',
        access: reads,
        async handle(call) {
          await requireFolder(inUrl(call));
          return new Answer(200);
        },
      },
      {
        method: 'GET',
        path: DIRECTORIES,
        summary: 'Lists what lies in a folder',
        access: reads,
        async handle(call) {
          const place = inUrl(call);
          const folder = await requireFolder(place);
          const token = parsePageToken(optionalString(named(call), 'page_token'));
          const [after] = token.after ?? [];
          if (after !== undefined && typeof after !== 'string') {
            throw invalidArgument('Invalid page token, it belongs to another list.', { field: 'page_token' });
          }
          const size = optionalInt32(named(call), 'page_size') ?? MAX_PAGE;
          const limit = size > 0 ? Math.min(size, MAX_PAGE) : MAX_PAGE;
          const page = await files.list(folder, { after, limit });
          const prefix = renderFilesPath(place);
          return {
            contents: page.entries.map(({ name, sizeBytes, modifiedAtMs }) => ({
              path: `${prefix}/${name}`,
              name,
              is_directory: sizeBytes === undefined,
              ...(sizeBytes !== undefined && { file_size: sizeBytes }),
              last_modified: modifiedAtMs,
            })),
            ...(page.next !== undefined && {
              next_page_token: renderPageToken({
                offset: token.offset + page.entries.length,
                after: [page.next],
              }),
            }),
          };
        },
      },
      {
        method: 'PUT',
        path: DIRECTORIES,
        summary: 'Makes a folder and those above it',
        access: writes,
        async handle(call) {
          const place = inUrl(call);
          const path = await access.resolveForWriting(place);
          if (place.path !== '' && path !== '') await folders.make(path);
          return new Answer(204);
        },
      },
      {
        method: 'DELETE',
        path: DIRECTORIES,
        summary: 'Removes an empty folder',
        access: writes,
        async handle(call) {
          const place = inUrl(call);
          const path = await access.resolve(place);
          if (place.path === '' || path === '') {
            throw invalidArgument(`'${shown(place)}' cannot be removed here.`, { field: 'path' });
          }
          await folders.removeEmpty(path);
          return new Answer(204);
        },
      },
      {
        method: 'POST',
        path: '/api/2.0/fs/create-download-url',
        summary: 'Signs a URL that reads one file',
        access: access.reading(inFields),
        handle: async (call) => sign(call, { does: 'read', path: await requireFile(inFields(call)) }),
      },
      {
        method: 'POST',
        path: '/api/2.0/fs/create-upload-url',
        summary: 'Signs a URL that writes one file',
        access: access.writing(inFields),
        handle: async (call) => sign(call, { does: 'write', path: await newFileAt(access, inFields(call)) }),
      },
      {
        method: 'POST',
        path: '/api/2.0/fs/create-upload-part-urls',
        summary: 'Signs URLs that each write a part of an upload',
        access: access.writing(inFields),
        async handle(call) {
          const path = await fileAt(access, inFields(call));
          const uploadId = requiredString(call.body, 'session_token');
          const first = optionalInt32(call.body, 'start_part_number') ?? 1;
          const count = optionalInt32(call.body, 'count') ?? 1;
          if (count < 1 || count > MAX_PART_URLS) {
            throw invalid('count', count, `expected 1 to ${MAX_PART_URLS}.`);
          }
          if (first < 1) throw invalid('start_part_number', first, 'expected 1 or more.');
          await uploads.require(path, uploadId);
          return {
            upload_part_urls: Array.from({ length: count }, (_, i) => ({
              ...sign(call, { does: 'write part', path, uploadId, partNumber: first + i }),
              part_number: first + i,
            })),
          };
        },
      },
      {
        method: 'POST',
        path: '/api/2.0/fs/create-abort-upload-url',
        summary: 'Signs a URL that gives an upload up',
        access: access.writing(inFields),
        async handle(call) {
          const path = await fileAt(access, inFields(call));
          const uploadId = requiredString(call.body, 'session_token');
          return { abort_upload_url: sign(call, { does: 'abort', path, uploadId }) };
        },
      },
    ],
  };
}

const shown = (place: FilePlace): string => renderFilesPath(place).slice(0, 300);

/** An instant as ISO 8601 has it, in milliseconds since 1970. @throws AppError InvalidArgument */
function expiryOf(fields: JsonObject): number | undefined {
  const text = optionalString(fields, 'expire_time');
  if (text === undefined || text === '') return undefined;
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw invalid('expire_time', text, 'expected a time such as 2026-01-31T12:00:00Z.');
  return ms;
}

/** Headers have ETags in quotes; stores want them without. */
export function parsePart(
  part: JsonObject,
  path: string,
): { readonly partNumber: number; readonly etag?: string } {
  const partNumber = optionalInt32(part, 'part_number', `${path}part_number`);
  if (partNumber === undefined) throw missing(`${path}part_number`);
  const etag = optionalString(part, 'etag', `${path}etag`)?.replace(/^"(.*)"$/, '$1');
  return etag === undefined || etag === '' ? { partNumber } : { partNumber, etag };
}

function describe(summary: string): NonNullable<RawRoute['description']> {
  return { summary, tag: 'databricks-files', answers: { 200: { description: 'The bytes, or nothing.' } } };
}
