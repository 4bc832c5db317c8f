import type { Database } from '../db/port.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import type { PredictPath } from '../processes/port.ts';
import type { NumberedVersion } from '../registry/version-contents.ts';
import * as repository from './nodes-repository.ts';

/** What tells how a version may be called before a process of it lives. */
export interface LoadedFacts {
  readonly path: PredictPath;
  readonly rowWise: boolean;
}

export type ServedVersions = ReturnType<typeof createServedVersions>;

/** What is known of versions since any process first served them. */
export function createServedVersions({ db, clock }: { readonly db: Database; readonly clock: Clock }) {
  return {
    /**
     * The first digest that any process saw is that of the version for ever.
     * @returns what its program said the last time that it had loaded; undefined before
     * @throws AppError InvalidState where the files are others now.
     */
    async pin(
      of: NumberedVersion,
      { digest, what }: { readonly digest: string; readonly what: string },
    ): Promise<LoadedFacts | undefined> {
      const known =
        (await db.read((sql) => repository.findServedVersion(sql, of))) ??
        (await db.write(async (tx) => {
          await repository.insertServedVersion(tx, { ...of, digest, nowMs: clock.nowMs() });
          return (await repository.findServedVersion(tx, of))!;
        }));
      if (known.files_digest === digest)
        return known.facts === null ? undefined : (JSON.parse(known.facts) as LoadedFacts);
      throw new AppError(
        'InvalidState',
        `The files of ${what} have been changed since it was first served: their digest is ${digest}, and was ${known.files_digest}.`,
      );
    },

    async keepFacts(of: NumberedVersion, facts: LoadedFacts): Promise<void> {
      await db.write((tx) => repository.setFacts(tx, { ...of, facts: JSON.stringify(facts) }));
    },
  };
}
