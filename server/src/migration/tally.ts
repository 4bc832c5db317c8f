import { createHash, type Hash } from 'node:crypto';
import type { Int64 } from '../kernel/int64.ts';

/** The outcome for one kind of thing. */
export interface TallyResult {
  readonly kind: string;
  readonly sourceCount: number;
  readonly targetCount: number;
  /** SHA-256 over all contents in the order of the source. */
  readonly sourceDigest: string;
  readonly targetDigest: string;
  /** How many entities differ, and the names of the first. */
  readonly differences: number;
  readonly examples: readonly string[];
}

export interface Whole {
  readonly count: number;
  readonly digest: string;
}

export type Fact = string | Int64 | boolean | null;

/** One thing that is compared, as text that is equal for equal things only. */
export function line(...facts: readonly Fact[]): string {
  return JSON.stringify(
    facts.map((fact) => (typeof fact === 'number' || typeof fact === 'bigint' ? number(fact) : fact)),
  );
}

/** NaN and infinities have no form in JSON, and a bigint equals the number of the same value. */
const number = (value: Int64): string => (value === 0 ? '0' : String(value));

const EXAMPLES = 5;

/** Counts and digests of one kind on both sides, kept while entities stream by. */
export function createTally(kind: string) {
  const digests: { readonly source: Hash; readonly target: Hash } = {
    source: createHash('sha256'),
    target: createHash('sha256'),
  };
  const counts = { source: 0, target: 0 };
  const examples: string[] = [];
  let differences = 0;

  const differ = (name: string) => {
    differences += 1;
    if (examples.length < EXAMPLES) examples.push(name);
  };

  return {
    /** Compares what belongs to the entity `name`; the order of lines does not count. */
    compare(name: string, source: readonly string[], target: readonly string[]): void {
      counts.source += source.length;
      counts.target += target.length;
      if (source.length === 0 && target.length === 0) return;
      const texts = { source: source.toSorted().join('\n'), target: target.toSorted().join('\n') };
      digests.source.update(`${name}\n${texts.source}\n`);
      digests.target.update(`${name}\n${texts.target}\n`);
      if (texts.source === texts.target) return;
      differ(name);
    },

    /** Compares what was counted and digested elsewhere, because it is too much to hold. */
    compareWhole(name: string, source: Whole, target: Whole): void {
      counts.source += source.count;
      counts.target += target.count;
      digests.source.update(`${name}\n${source.count} ${source.digest}\n`);
      digests.target.update(`${name}\n${target.count} ${target.digest}\n`);
      if (source.count !== target.count || source.digest !== target.digest) differ(name);
    },

    result(): TallyResult {
      return {
        kind,
        sourceCount: counts.source,
        targetCount: counts.target,
        sourceDigest: digests.source.digest('hex'),
        targetDigest: digests.target.digest('hex'),
        differences,
        examples,
      };
    },
  };
}

export type Tally = ReturnType<typeof createTally>;
