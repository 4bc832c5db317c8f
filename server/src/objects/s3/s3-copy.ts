import type { CallOptions } from '../port.ts';
import type { S3Access } from './s3-client.ts';

const GIB = 1024 * 1024 * 1024;
/** The most that S3 copies in one call. */
const ONE_CALL_BYTES = 5 * GIB;
const PART_BYTES = 1 * GIB;

export interface S3Copy {
  readonly Bucket: string;
  readonly from: string;
  readonly to: string;
  readonly sizeBytes: number;
}

/** Copies inside the store; what is too large for one call in parts. Errors are the SDK's. */
export async function copyInS3(
  { sdk, client, once }: S3Access,
  { Bucket, from, to, sizeBytes }: S3Copy,
  { signal }: CallOptions,
): Promise<void> {
  const CopySource = `${Bucket}/${from.split('/').map(encodeURIComponent).join('/')}`;
  const target = { Bucket, Key: to };
  const options = { abortSignal: signal };
  if (sizeBytes <= ONE_CALL_BYTES) {
    await client.send(new sdk.CopyObjectCommand({ ...target, CopySource }), options);
    return;
  }
  const { UploadId } = await client.send(new sdk.CreateMultipartUploadCommand(target), options);
  try {
    const Parts = [];
    for (let start = 0, PartNumber = 1; start < sizeBytes; start += PART_BYTES, PartNumber++) {
      const CopySourceRange = `bytes=${start}-${Math.min(start + PART_BYTES, sizeBytes) - 1}`;
      const input = { ...target, UploadId, PartNumber, CopySource, CopySourceRange };
      const { CopyPartResult } = await client.send(new sdk.UploadPartCopyCommand(input), options);
      Parts.push({ PartNumber, ETag: CopyPartResult?.ETag });
    }
    const input = { ...target, UploadId, MultipartUpload: { Parts } };
    await once.send(new sdk.CompleteMultipartUploadCommand(input), options);
  } catch (error) {
    // The first error says more than one of tidying up would.
    await client.send(new sdk.AbortMultipartUploadCommand({ ...target, UploadId })).catch(() => undefined);
    throw error;
  }
}
