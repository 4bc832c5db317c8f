import { randomBytes } from 'node:crypto';

declare const brand: unique symbol;
/** A string that only its parser or maker may produce, so that one kind of id cannot stand in for another. */
export type Branded<Name extends string> = string & { readonly [brand]: Name };

export type ExperimentId = Branded<'ExperimentId'>;
export type RunId = Branded<'RunId'>;
export type LoggedModelId = Branded<'LoggedModelId'>;
export type WebhookId = Branded<'WebhookId'>;

// Drawing random bytes one id at a time costs a system call each; a pool makes it one a few hundred ids.
const POOL_BYTES = 16 * 256;
let pool = Buffer.alloc(0);
let used = 0;

/** 128 random bits as 32 lower-case hex digits: the form of MLflow's run ids (a UUID4 without dashes). */
export function randomHexId(): string {
  if (used + 16 > pool.length) {
    pool = randomBytes(POOL_BYTES);
    used = 0;
  }
  const bytes = pool.subarray(used, used + 16);
  used += 16;
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex');
}

export const newRunId = (): RunId => randomHexId() as RunId;
export const newLoggedModelId = (): LoggedModelId => `m-${randomHexId()}` as LoggedModelId;
