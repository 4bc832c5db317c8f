import type { Clock } from '../kernel/clock.ts';
import type { AppError } from '../kernel/errors.ts';
import { type ObjectKey, parseObjectKey } from '../objects/object-key.ts';
import type { ObjectStore } from '../objects/port.ts';
import type { PartSink } from './result-writer.ts';
import type { ResultColumn } from './results.ts';

export interface StoredPart {
  readonly rows: number;
  readonly sizeBytes: number;
  readonly key: ObjectKey;
}

export interface StoredResult {
  readonly columns: readonly ResultColumn[];
  readonly parts: readonly StoredPart[];
  readonly truncated: boolean;
}

export interface ResultStore {
  /** Keeps parts as they come. */
  open(
    signal: AbortSignal,
  ): PartSink & { readonly parts: readonly StoredPart[]; readonly described: readonly ResultColumn[] };
  /** @throws AppError NotFound once it has expired. */
  read(part: StoredPart): Promise<AsyncIterable<Uint8Array>>;
  remove(parts: readonly StoredPart[]): Promise<void>;
}

/**
 * Results in the object store, which all processes share. What is left behind by a process that died is collected with
 * the other objects that nobody owns.
 */
export function createResultStore({
  store,
  newKey,
  clock,
}: {
  readonly store: Pick<ObjectStore, 'put' | 'get' | 'delete'>;
  newKey(nowMs: number): ObjectKey;
  readonly clock: Clock;
}): ResultStore {
  return {
    open(signal) {
      const parts: StoredPart[] = [];
      let described: readonly ResultColumn[] = [];
      return {
        parts,
        get described() {
          return described;
        },
        columns(columns) {
          described = columns;
        },
        async part(rows, bytes) {
          const key = newKey(clock.nowMs());
          await store.put(key, only(bytes), { signal, expectedSizeBytes: bytes.length });
          parts.push({ rows, sizeBytes: bytes.length, key });
        },
      };
    },
    async read({ key }) {
      const { stream } = await store.get(key);
      return stream;
    },
    async remove(parts) {
      for (const { key } of parts) await store.delete(key);
    },
  };
}

async function* only(bytes: Uint8Array) {
  yield bytes;
}

/** A result, or an error, as the database keeps it. */
export type Outcome =
  | ({ readonly kind: 'result' } & StoredResult)
  | {
      readonly kind: 'error';
      readonly code: AppError['code'];
      readonly message: string;
      readonly reason?: string;
    };

export const renderOutcome = (outcome: Outcome): string => JSON.stringify(outcome);

/** @throws AppError Internal for what is none: nobody else writes there. */
export function readOutcome(text: string): Outcome {
  const outcome = JSON.parse(text) as Outcome;
  if (outcome.kind !== 'result') return outcome;
  return { ...outcome, parts: outcome.parts.map((part) => ({ ...part, key: parseObjectKey(part.key) })) };
}
