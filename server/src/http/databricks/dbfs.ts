import type { BlockWrites } from '../../artifacts/block-writes.ts';
import { MAX_BLOCK_BYTES, once } from '../../artifacts/block-writes.ts';
import { type FilePlace, parseDbfsPath } from '../../artifacts/file-places.ts';
import type { ArtifactEntry, Files } from '../../artifacts/files.ts';
import type { Folders, Found } from '../../artifacts/folders.ts';
import { refuseExisting } from '../../artifacts/part-uploads.ts';
import type { TreePath } from '../../artifacts/trees.ts';
import { AppError, invalidArgument, invalidState, notFound } from '../../kernel/errors.ts';
import { sendFile } from '../mlflow/artifact-download.ts';
import { receiveFile } from '../mlflow/artifact-upload.ts';
import {
  invalid,
  missing,
  optionalBoolean,
  optionalInt64,
  optionalString,
  requiredString,
} from '../mlflow/fields.ts';
import type { JsonObject } from '../mlflow/json.ts';
import type { RawCall, RawRoute } from '../routes.ts';
import type { FileAccess } from './file-access.ts';
import type { DatabricksCall, DatabricksRoute } from './routes.ts';

export interface DbfsServices {
  readonly files: Files;
  readonly folders: Folders;
  readonly blocks: BlockWrites;
  readonly access: FileAccess;
}

const PATH = '/api/2.0/dbfs';
const MAX_LIST = 100_000;

/** As the caller wrote it, without the scheme and without a slash at its end: clients cut this off what is listed. */
const shownPath = (text: string): string => text.replace(/^dbfs:(?=\/)/i, '').replace(/(?<=.)\/$/, '');

const inField =
  (field: string, from: 'query' | 'body') =>
  (call: DatabricksCall): FilePlace =>
    parseDbfsPath(requiredString(call[from], field));

const queryPath = inField('path', 'query');
const bodyPath = inField('path', 'body');
const inRequest = ({ request }: RawCall): FilePlace =>
  parseDbfsPath(`/${(request.params as Record<string, string>)['*']!}`);

/** DBFS, over JSON and as plain bytes: the file system that every client of Databricks reaches. */
export function dbfsRoutes({ files, folders, blocks, access }: DbfsServices): {
  readonly routes: readonly DatabricksRoute[];
  readonly rawRoutes: readonly RawRoute[];
} {
  async function fileAt(place: FilePlace): Promise<TreePath> {
    const path = await access.resolve(place);
    if (place.path === '' || path === '')
      throw invalidArgument('This path is a folder, no file.', { field: 'path' });
    return path;
  }

  async function getFound(place: FilePlace, text: string): Promise<{ path: TreePath | ''; found: Found }> {
    const path = await access.resolve(place);
    const found = await folders.find(path);
    if (found !== undefined) return { path, found };
    // A volume without files, and the tops of DBFS, are folders all the same.
    if (place.path === '' || path === 'dbfs') return { path, found: { kind: 'folder', modifiedAtMs: 0 } };
    throw notFound(`No file or directory exists on path ${shownPath(text).slice(0, 300)}.`);
  }

  async function listAll(folder: TreePath | ''): Promise<ArtifactEntry[]> {
    const all: ArtifactEntry[] = [];
    let after: string | undefined;
    do {
      const page = await files.list(folder, { after });
      all.push(...page.entries);
      if (all.length > MAX_LIST) {
        throw invalidArgument(
          `The folder holds more than ${MAX_LIST} entries: list it through the Files API.`,
          {
            field: 'path',
          },
        );
      }
      after = page.next;
    } while (after !== undefined);
    return all;
  }

  return {
    rawRoutes: [
      {
        method: 'GET',
        path: '/dbfs/*',
        access: access.reading(inRequest),
        description: describe('Sends a file of DBFS'),
        async handle(request, reply, caller) {
          return sendFile(request, reply, { files, path: await fileAt(inRequest({ request, caller })) });
        },
      },
      {
        method: 'POST',
        path: '/dbfs/*',
        access: access.writing(inRequest),
        description: describe('Stores the body as a file of DBFS'),
        async handle(request, reply, caller) {
          const path = await fileAt(inRequest({ request, caller }));
          await receiveFile(request, reply, { files, path });
          return reply.header('content-type', 'application/json').send('{}');
        },
      },
    ],
    routes: [
      {
        method: 'GET',
        path: `${PATH}/get-status`,
        summary: 'Describes a file or a folder of DBFS',
        access: access.reading(queryPath),
        async handle(call) {
          const text = call.query.path!;
          const { found } = await getFound(queryPath(call), text);
          return renderFound(shownPath(text), found);
        },
      },
      {
        method: 'GET',
        path: `${PATH}/list`,
        summary: 'Lists what lies in a folder of DBFS',
        access: access.reading(queryPath),
        async handle(call) {
          const text = call.query.path!;
          const { path, found } = await getFound(queryPath(call), text);
          const prefix = shownPath(text);
          if (found.kind === 'file') return { files: [renderFound(prefix, found)] };
          const entries = await listAll(path);
          // Without the field where there is nothing, as the clients have it.
          return entries.length === 0
            ? {}
            : { files: entries.map((entry) => renderEntry(prefix === '/' ? '' : prefix, entry)) };
        },
      },
      {
        method: 'GET',
        path: `${PATH}/read`,
        summary: 'Reads up to 1 MiB of a file of DBFS',
        access: access.reading(queryPath),
        async handle(call) {
          const offset = Number(optionalInt64(call.query, 'offset') ?? 0);
          const length = Number(optionalInt64(call.query, 'length') ?? MAX_BLOCK_BYTES / 2);
          if (offset < 0) throw invalid('offset', offset, 'expected 0 or more.');
          if (length < 0 || length > MAX_BLOCK_BYTES)
            throw invalid('length', length, 'expected up to 1048576.');
          const path = await fileAt(queryPath(call));
          const { sizeBytes } = await files.stat(path);
          if (offset >= sizeBytes || length === 0) return { bytes_read: 0, data: '' };
          const { read } = await files.open(path, { start: offset, end: offset + length - 1 });
          const bytes = Buffer.concat(await read.stream.toArray());
          return { bytes_read: bytes.length, data: bytes.toString('base64') };
        },
      },
      {
        method: 'POST',
        path: `${PATH}/put`,
        summary: 'Stores a small file of DBFS',
        access: access.writing(bodyPath),
        async handle(call) {
          const bytes = readBase64(call.body, 'contents');
          await files.put(await fileAt(bodyPath(call)), once(bytes), {
            expectedSizeBytes: bytes.length,
            ...(!overwrites(call.body) && { precondition: refuseExisting }),
          });
          return {};
        },
      },
      {
        method: 'POST',
        path: `${PATH}/create`,
        summary: 'Opens a handle under which a file of DBFS comes block by block',
        access: access.writing(bodyPath),
        async handle(call) {
          const path = await fileAt(bodyPath(call));
          const overwrite = overwrites(call.body);
          const found = await folders.find(path);
          if (found?.kind === 'folder') throw invalidArgument('A folder is at this path.', { field: 'path' });
          if (!overwrite) refuseExisting(found);
          return {
            handle: await blocks.open(path, { principal: call.caller.access.principal.id, overwrite }),
          };
        },
      },
      {
        method: 'POST',
        path: `${PATH}/add-block`,
        summary: 'Adds a block to the file of a handle; only whoever opened it may',
        access: 'filtered',
        async handle({ body, caller }) {
          await blocks.add(handleOf(body), caller.access.principal.id, readBase64(body, 'data'));
          return {};
        },
      },
      {
        method: 'POST',
        path: `${PATH}/close`,
        summary:
          'Makes the file of the blocks of a handle; only whoever opened it may, and may still write there',
        access: 'filtered',
        async handle({ body, caller }) {
          await blocks.close(handleOf(body), caller.access.principal.id, (path) =>
            access.requireAt(caller.access, 'write', path),
          );
          return {};
        },
      },
      {
        method: 'POST',
        path: `${PATH}/mkdirs`,
        summary: 'Makes a folder of DBFS and those above it',
        access: access.writing(bodyPath),
        async handle(call) {
          const place = bodyPath(call);
          const path = await access.resolve(place);
          if (place.path !== '' && path !== '') await folders.make(path);
          return {};
        },
      },
      {
        method: 'POST',
        path: `${PATH}/delete`,
        summary: 'Removes a file or a folder of DBFS',
        access: [...access.writing(bodyPath), access.removing(bodyPath)],
        async handle(call) {
          const place = bodyPath(call);
          const path = await access.resolve(place);
          if (place.path === '' || path === '' || path === 'dbfs') {
            throw invalidArgument('This folder cannot be removed here.', { field: 'path' });
          }
          const found = await folders.find(path);
          const recursive = optionalBoolean(call.body, 'recursive') ?? false;
          if (
            found?.kind === 'folder' &&
            !recursive &&
            (await files.list(path, { limit: 1 })).entries.length > 0
          ) {
            throw invalidState('The folder is not empty: delete it recursively.', { reason: 'IO_ERROR' });
          }
          await files.delete(path);
          return {};
        },
      },
      {
        method: 'POST',
        path: `${PATH}/move`,
        summary: 'Moves a file or a folder of DBFS',
        access: [
          ...access.writingAll<DatabricksCall>(({ body }) => [
            parseDbfsPath(requiredString(body, 'source_path')),
            parseDbfsPath(requiredString(body, 'destination_path')),
          ]),
          access.removing<DatabricksCall>(({ body }) => parseDbfsPath(requiredString(body, 'source_path'))),
        ],
        async handle({ body }) {
          const [from, to] = await Promise.all(
            ['source_path', 'destination_path'].map((field) =>
              fileAt(parseDbfsPath(requiredString(body, field))),
            ),
          );
          await folders.move(from!, to!);
          return {};
        },
      },
    ],
  };
}

const overwrites = (body: JsonObject): boolean => optionalBoolean(body, 'overwrite') ?? false;

function handleOf(body: JsonObject): number {
  const handle = optionalInt64(body, 'handle');
  if (handle === undefined) throw missing('handle');
  return Number(handle);
}

function readBase64(body: JsonObject, field: string): Buffer {
  const text = optionalString(body, field) ?? '';
  const bytes = Buffer.from(text, 'base64');
  // Decoding passes over what is no base64.
  if (bytes.toString('base64').replace(/=+$/, '') !== text.replaceAll(/\s/g, '').replace(/=+$/, '')) {
    throw new AppError('InvalidArgument', `Invalid value for parameter '${field}': expected base64.`, {
      field,
    });
  }
  return bytes;
}

const renderFound = (path: string, found: Found): object => ({
  path,
  is_dir: found.kind === 'folder',
  file_size: found.kind === 'file' ? found.facts.sizeBytes : 0,
  modification_time: found.kind === 'file' ? found.facts.modifiedAtMs : found.modifiedAtMs,
});

const renderEntry = (prefix: string, { name, sizeBytes, modifiedAtMs }: ArtifactEntry): object => ({
  path: `${prefix}/${name}`,
  is_dir: sizeBytes === undefined,
  file_size: sizeBytes ?? 0,
  modification_time: modifiedAtMs,
});

function describe(summary: string): NonNullable<RawRoute['description']> {
  return { summary, tag: 'databricks-files', answers: { 200: { description: 'The bytes, or nothing.' } } };
}
