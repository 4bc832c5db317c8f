import type { DirectTransfers } from '../../artifacts/direct-transfers.ts';
import { AppError } from '../../kernel/errors.ts';
import { type ArtifactPath, parseArtifactPath } from '../../objects/artifact-path.ts';
import { objectList, optionalInt32, optionalString, requiredString } from './fields.ts';
import type { JsonObject } from './json.ts';
import type { MlflowCall, MlflowRoute } from './routes.ts';
import { needs, type Targets } from './targets.ts';

/**
 * Large files between clients and the object store, by signed requests. Without a store that signs, or where the operator
 * does not offer it, clients send them through the server.
 */
export function directTransferRoutes(
  transfers: DirectTransfers | undefined,
  targets: Targets,
): readonly MlflowRoute[] {
  // Clients know the answer by the beginning of the sentence.
  const offered = (way: 'upload' | 'download'): DirectTransfers => {
    if (transfers !== undefined) return transfers;
    throw new AppError(
      'NotSupported',
      `Multipart ${way} is not supported for the current artifact repository: send files through the server.`,
    );
  };

  return [
    {
      method: 'POST',
      path: '2.0/mlflow-artifacts/mpu/create/*',
      access: needs('experiment.edit', targets.ofPathInUrl),
      async handle(call) {
        const partCount = optionalInt32(call.message, 'num_parts') ?? 1;
        const upload = await offered('upload').startUpload(fileOf(call), partCount);
        return {
          upload_id: upload.uploadId,
          credentials: upload.parts.map(({ url, partNumber, headers }) => ({
            url,
            part_number: partNumber,
            headers,
          })),
        };
      },
    },
    {
      method: 'POST',
      path: '2.0/mlflow-artifacts/mpu/complete/*',
      access: needs('experiment.edit', targets.ofPathInUrl),
      async handle(call) {
        const path = fileOf(call);
        const uploadId = requiredString(call.message, 'upload_id');
        await offered('upload').completeUpload(
          path,
          uploadId,
          objectList(call.message, 'parts').map((part, i) => parsePart(part, `parts[${i}].`)),
        );
        return {};
      },
    },
    {
      method: 'POST',
      path: '2.0/mlflow-artifacts/mpu/abort/*',
      access: needs('experiment.edit', targets.ofPathInUrl),
      async handle(call) {
        const path = fileOf(call);
        await offered('upload').abortUpload(path, requiredString(call.message, 'upload_id'));
        return {};
      },
    },
    {
      method: 'GET',
      path: '2.0/mlflow-artifacts/presigned/*',
      access: needs('experiment.read', targets.ofReadablePathInUrl),
      async handle({ path }) {
        const signed = await offered('download').signDownload(parseArtifactPath(path['*']!, 'artifact_path'));
        return { url: signed.url, headers: signed.headers, file_size: signed.sizeBytes };
      },
    },
  ];
}

/** The URL names the folder, the message the file as it lies at the client: of that only the last name counts. */
function fileOf({ message, path }: MlflowCall): ArtifactPath {
  const name = requiredString(message, 'path').split(/[/\\]/).at(-1)!;
  return parseArtifactPath(`${path['*']!}/${name}`, 'path');
}

function parsePart(part: JsonObject, path: string) {
  const partNumber = optionalInt32(part, 'part_number', `${path}part_number`) ?? 0;
  // Stores that want no ETag answer none, and headers have it in quotes.
  const etag = optionalString(part, 'etag', `${path}etag`)?.replace(/^"(.*)"$/, '$1');
  return etag === undefined || etag === '' ? { partNumber } : { partNumber, etag };
}
