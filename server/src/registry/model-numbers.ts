import type { Database } from '../db/port.ts';
import { type ModelName, nameOfRow } from './model-names.ts';
import * as repository from './model-numbers-repository.ts';

export type ModelNumbers = ReturnType<typeof createModelNumbers>;

/** Models as the permissions API finds them: by the number that the workspace registry shows as their id, or by name. */
export function createModelNumbers({
  db,
  readModelName,
}: {
  readonly db: Database;
  readModelName(text: string): ModelName;
}) {
  const exists = (name: ModelName): Promise<boolean> =>
    db.read((sql) => repository.hasModel(sql, name.stored));
  return {
    exists,

    async find(idOrName: string): Promise<ModelName | undefined> {
      if (/^[1-9]\d{0,14}$/.test(idOrName)) {
        const row = await db.read((sql) => repository.findModelByNo(sql, Number(idOrName)));
        if (row !== undefined) return nameOfRow(row);
      }
      const name = readModelName(idOrName);
      return (await exists(name)) ? name : undefined;
    },
  };
}
