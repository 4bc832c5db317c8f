import type { Database } from '../db/port.ts';
import { AppError, invalidArgument } from '../kernel/errors.ts';
import { checkKey } from './key-rules.ts';
import { RUN_NAME_TAG, storedTagValue } from './run-rules.ts';
import { type OnRunChange, runNotFound, writeRefusal } from './run-writes.ts';
import * as repository from './runs-repository.ts';

export interface TagEdit {
  readonly runId: string;
  readonly key: string;
  /** Undefined removes the tag. */
  readonly value: string | undefined;
  /** The value that the editor saw; undefined where there was no such tag. */
  readonly seen: string | undefined;
}

export interface TagEditDependencies {
  readonly db: Database;
  readonly onChange: OnRunChange;
}

/** Tags as people edit them, one beside the other: who saw an old value replaces no newer one. */
export function createRunTagEdits({ db, onChange }: TagEditDependencies) {
  return {
    /**
     * @throws AppError Conflict where the tag has another value by now than the editor saw, and not the wanted one
     * either; InvalidArgument for a value that would be cut and for a run in the trash; InvalidState for a locked run;
     * NotFound.
     */
    async edit({ runId, key, value, seen }: TagEdit): Promise<void> {
      checkKey(key, 'Tag', 'key');
      if (key === RUN_NAME_TAG) {
        throw invalidArgument(`The tag ${key} mirrors the run's name: rename the run.`, { field: 'key' });
      }
      if (value !== undefined && storedTagValue(value) !== value) {
        throw invalidArgument('The value is too long: a tag holds 8000 characters.', { field: 'value' });
      }
      await db.write(async (tx) => {
        const [run] = await repository.lockRuns(tx, [runId]);
        if (run === undefined) throw runNotFound(runId);
        const refused = writeRefusal(run, { metrics: [], params: [], tags: [{ key, value: value ?? '' }] });
        if (refused) throw refused;
        const tags = await repository.listTags(tx, [run.runNo]);
        const current = tags.find((tag) => tag[1] === key)?.[2];
        if (current === value) return;
        if (current !== seen) {
          throw new AppError('Conflict', `The tag '${key}' was changed since you read it.`, {
            field: 'seen',
          });
        }
        if (value === undefined) await repository.deleteRunTag(tx, run.runNo, key);
        else await repository.upsertRunTags(tx, [[run.runNo, key, value, run.experimentNo]]);
        tx.afterCommit(() =>
          onChange({ kind: 'run', experimentNo: run.experimentNo, subject: run.runId, keys: [] }),
        );
      });
    },
  };
}

export type RunTagEdits = ReturnType<typeof createRunTagEdits>;
