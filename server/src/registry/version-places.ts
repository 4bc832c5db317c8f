import type { Database } from '../db/port.ts';
import { AppError } from '../kernel/errors.ts';
import { modelOfNumber, versionOfPath } from './version-folders.ts';
import { listVersionPlaces } from './version-places-repository.ts';

const OF_RUN = /(?:^|\/)([0-9a-f]{32})\/artifacts(?:\/(.*))?$/s;
const OF_LOGGED_MODEL = /(?:^|\/)models\/(m-[0-9a-f]{32})(?:\/|$)/;

/**
 * The stored names of the models whose versions a file belongs to: whoever may read the files of a version reads them
 * where they lie, which is mostly with the run that made them.
 * @param path of the artifact proxy
 */
export function createVersionPlaces({ db }: { readonly db: Database }) {
  return {
    async modelsAt(path: string): Promise<readonly string[]> {
      const number = versionOfPath(path);
      if (number === undefined) return [];
      return db.read(async (sql) => {
        if (number !== 'elsewhere') {
          try {
            return [(await modelOfNumber(sql, number.modelNo)).name];
          } catch (error) {
            if (error instanceof AppError && error.code === 'NotFound') return [];
            throw error;
          }
        }
        const [, runId, inRun = ''] = OF_RUN.exec(path) ?? [];
        const [, modelId] = OF_LOGGED_MODEL.exec(path) ?? [];
        const rows = [
          ...(runId === undefined ? [] : await listVersionPlaces(sql, { runId })),
          ...(modelId === undefined ? [] : await listVersionPlaces(sql, { modelId })),
        ];
        const at = (place: string) =>
          isAt(`mlflow-artifacts:/${path}`, place) || isAt(`runs:/${runId}/${inRun}`, place);
        return rows.filter((row) => at(row.storage_location)).map(({ name }) => name);
      });
    },
  };
}

export type VersionPlaces = ReturnType<typeof createVersionPlaces>;

const isAt = (file: string, place: string): boolean => {
  const folder = place.replace(/\/+$/, '');
  return file === folder || file.startsWith(`${folder}/`);
};
