import type { FastifyRequest } from 'fastify';
import type { Files } from '../../artifacts/files.ts';
import type { PartUploads } from '../../artifacts/part-uploads.ts';
import type { HeldGrant, SignedGrant, SignedUrls } from '../../artifacts/signed-urls.ts';
import { AppError, invalidArgument } from '../../kernel/errors.ts';
import type { HolderOf } from '../authenticate.ts';
import { sendFile } from '../mlflow/artifact-download.ts';
import { receiveFile } from '../mlflow/artifact-upload.ts';
import { requiredString } from '../mlflow/fields.ts';
import type { JsonObject } from '../mlflow/json.ts';
import { bodyOf } from '../request-body.ts';
import type { RawRoute } from '../routes.ts';
import type { FileAccess } from './file-access.ts';

const PATH = '/api/2.0/fs/signed-files';

/** Absolute, under the name by which the caller reached us. The token is in the query, which no log of ours has. */
export const signedUrl = (origin: string, token: string): string => `${origin}${PATH}?token=${token}`;

export interface SignedFilesServices {
  readonly files: Files;
  readonly uploads: PartUploads;
  readonly urls: SignedUrls;
  readonly holderOf: HolderOf;
  readonly access: Pick<FileAccess, 'requireAt'>;
}

/**
 * What is done by signed URLs: no other credential is asked for, and nothing but this permitted, as long as those may do
 * it to whom they were given.
 */
export function signedFileRoutes({
  files,
  uploads,
  urls,
  holderOf,
  access,
}: SignedFilesServices): readonly RawRoute[] {
  async function judge({ grant, holder }: HeldGrant): Promise<void> {
    await access.requireAt(await holderOf(holder), grant.does === 'read' ? 'read' : 'write', grant.path);
  }

  /** @throws AppError PermissionDenied for a URL that permits something else, or whose holder may not do that any more */
  async function grantOf<Does extends SignedGrant['does']>(
    request: FastifyRequest,
    ...does: readonly Does[]
  ) {
    const held = urls.verify(requiredString(request.query as JsonObject, 'token'));
    const { grant } = held;
    if (!(does as readonly string[]).includes(grant.does)) {
      throw new AppError('PermissionDenied', `This URL permits to ${grant.does} a file, and nothing else.`);
    }
    await judge(held);
    return {
      grant: grant as Extract<SignedGrant, { readonly does: Does }>,
      judgeAgain: () => judge(held),
    };
  }

  const send: RawRoute['handle'] = async (request, reply) => {
    const { grant } = await grantOf(request, 'read');
    return sendFile(request, reply, { files, path: grant.path });
  };

  return [
    {
      method: 'GET',
      path: PATH,
      access: 'signed',
      description: describe('Sends the file of a signed URL'),
      handle: send,
    },
    {
      method: 'HEAD',
      path: PATH,
      access: 'signed',
      description: describe('Describes the file of a signed URL'),
      handle: send,
    },
    {
      method: 'PUT',
      path: PATH,
      access: 'signed',
      description: describe('Stores the file, or the part of it, that a signed URL permits to write'),
      async handle(request, reply) {
        const { grant, judgeAgain } = await grantOf(request, 'write', 'write part');
        if (grant.does === 'write') {
          await receiveFile(request, reply, { files, path: grant.path, judgeAgain });
          return reply.code(200).send();
        }
        const etag = await receivePart(request, uploads, grant);
        return reply.header('etag', `"${etag}"`).code(200).send();
      },
    },
    {
      method: 'DELETE',
      path: PATH,
      access: 'signed',
      description: describe('Gives up the upload of a signed URL'),
      async handle(request, reply) {
        const { grant } = await grantOf(request, 'abort');
        await uploads.abort(grant.path, grant.uploadId);
        return reply.code(200).send();
      },
    },
  ];
}

async function receivePart(
  request: FastifyRequest,
  uploads: PartUploads,
  { path, uploadId, partNumber }: Extract<SignedGrant, { readonly does: 'write part' }>,
): Promise<string> {
  const { raw, headers } = request;
  const length = headers['content-length'];
  try {
    if (length === undefined) {
      throw invalidArgument('A part needs a Content-Length: stores want its size before its bytes.', {
        field: 'Content-Length',
      });
    }
    const body = bodyOf(request);
    return await uploads.putPart(path, { uploadId, partNumber, sizeBytes: Number(length) }, body);
  } catch (error) {
    // What is left of the body is read away: a sender listens only when all is sent.
    raw.resume();
    throw error;
  }
}

function describe(summary: string): NonNullable<RawRoute['description']> {
  return { summary, tag: 'databricks-files', answers: { 200: { description: 'The bytes, or nothing.' } } };
}
