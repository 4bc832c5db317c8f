import { AppError } from '../kernel/errors.ts';
import { createBodyReader } from './body-reader.ts';
import type { ObjectBody, PutOptions, PutResult } from './port.ts';

/** What a store does with the pieces of one body. Each call has its content in memory, so it may be sent again. */
export interface PartTarget<Part> {
  /** The whole object in one request. @returns its ETag */
  whole(content: Buffer): Promise<string>;
  begin(): Promise<void>;
  part(partNumber: number, content: Buffer): Promise<Part>;
  /** @returns the ETag of the object */
  complete(parts: readonly Part[]): Promise<string>;
  /** Frees the parts after an error; never rejects. */
  abandon(): Promise<void>;
}

const MIB = 1024 * 1024;
const PART_BYTES = 8 * MIB;
const MAX_PART_BYTES = 14 * MIB;
const MAX_PARTS = 10_000;
/** Besides these, one part waits and one is being read: memory is four parts, below 64 MiB. */
const PARTS_IN_FLIGHT = 2;

/** Uploads a body of unknown length: what fits in one part by one request, the rest in parts that appear at the end. */
export async function uploadInParts<Part>(
  body: ObjectBody,
  target: PartTarget<Part>,
  { expectedSizeBytes, signal }: Pick<PutOptions, 'expectedSizeBytes' | 'signal'>,
): Promise<PutResult> {
  const batchBytes = Math.max(PART_BYTES, Math.ceil((expectedSizeBytes ?? 0) / MAX_PARTS));
  if (batchBytes > MAX_PART_BYTES) throw tooLarge();
  const reader = createBodyReader(body, { batchBytes, expectedSizeBytes, signal });
  const sent: Promise<Part>[] = [];
  const inFlight = new Set<Promise<unknown>>();

  async function send(content: Buffer): Promise<void> {
    if (sent.length === MAX_PARTS) throw tooLarge();
    if (sent.length === 0) await target.begin();
    const sending = target.part(sent.length + 1, content);
    sent.push(sending);
    inFlight.add(sending);
    // One that failed stays in the set, so that the next wait meets its error.
    sending.then(
      () => inFlight.delete(sending),
      () => undefined,
    );
    if (inFlight.size >= PARTS_IN_FLIGHT) await Promise.race(inFlight);
  }

  let begun = false;
  try {
    let held: Buffer = Buffer.alloc(0);
    for await (const { chunks } of reader.batches()) {
      // One is held back until another follows: the first may be the only one.
      if (held.length > 0) {
        begun = true;
        await send(held);
      }
      held = Buffer.concat(chunks);
    }
    if (!begun) return { sizeBytes: held.length, etag: await target.whole(held), sha256: reader.sha256() };
    await send(held);
    const etag = await target.complete(await Promise.all(sent));
    return { sizeBytes: reader.sizeBytes, etag, sha256: reader.sha256() };
  } catch (error) {
    await Promise.allSettled(sent);
    if (begun) await target.abandon();
    throw error;
  }
}

const tooLarge = () =>
  new AppError('PayloadTooLarge', 'The file is too large for one upload. Use a multipart upload.');
