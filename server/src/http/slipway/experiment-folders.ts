import type { ExperimentFolders } from '../../tracking/experiment-folders.ts';
import { parseFolder, parseNamedFolder } from '../../tracking/experiment-path.ts';
import { parseViewType, renderExperiment } from '../mlflow/experiments.ts';
import { invalid, optionalInt32, optionalInt64, optionalString, requiredString } from '../mlflow/fields.ts';
import type { JsonObject } from '../mlflow/json.ts';
import type { MlflowRoute } from '../mlflow/routes.ts';

const DEFAULT_PAGE = 100;
const PATH = 'slipway/v1/experiment-folders';

const readFolder = (message: JsonObject, name: string) =>
  parseNamedFolder(requiredString(message, name), name);

function readDeletedAt(message: JsonObject): number | undefined {
  const value = optionalInt64(message, 'deleted_at');
  if (typeof value === 'bigint') throw invalid('deleted_at', value, 'expected milliseconds since 1970.');
  return value;
}

/** The folders that the names of experiments form. */
export function experimentFolderRoutes(folders: ExperimentFolders): readonly MlflowRoute[] {
  return [
    {
      method: 'GET',
      path: PATH,
      access: 'filtered',
      request: [
        { name: 'parent', type: 'string' },
        { name: 'view_type', type: 'string' },
        { name: 'max_folders', type: 'int32' },
        { name: 'folders_page_token', type: 'string' },
        { name: 'max_experiments', type: 'int32' },
        { name: 'experiments_page_token', type: 'string' },
      ],
      async handle({ message, caller }) {
        const parent = parseFolder(optionalString(message, 'parent') ?? '', 'parent');
        const page = (noun: 'folders' | 'experiments') => ({
          limit: optionalInt32(message, `max_${noun}`) ?? DEFAULT_PAGE,
          pageToken: optionalString(message, `${noun}_page_token`),
        });
        const listing = await folders.list(parent, {
          viewType: parseViewType(message, 'view_type'),
          folders: page('folders'),
          experiments: page('experiments'),
          visible: caller.access.visibleExperiments(),
        });
        return {
          parent,
          folders: listing.folders.map((folder) => ({
            path: folder.path,
            name: folder.name,
            active_experiments: folder.activeExperiments,
            deleted_experiments: folder.deletedExperiments,
            last_update_time: folder.lastUpdateTimeMs,
          })),
          experiments: listing.experiments.map(renderExperiment),
          ...(listing.nextFoldersPageToken && { next_folders_page_token: listing.nextFoldersPageToken }),
          ...(listing.nextExperimentsPageToken && {
            next_experiments_page_token: listing.nextExperimentsPageToken,
          }),
        };
      },
    },
    {
      method: 'POST',
      path: `${PATH}/rename`,
      access: 'filtered',
      request: [
        { name: 'from', type: 'string', required: true },
        { name: 'to', type: 'string', required: true },
      ],
      handle: async ({ message, caller }) => ({
        renamed_experiments: await folders.rename(
          readFolder(message, 'from'),
          readFolder(message, 'to'),
          caller.access,
        ),
      }),
    },
    {
      method: 'POST',
      path: `${PATH}/delete`,
      access: 'filtered',
      request: [{ name: 'path', type: 'string', required: true }],
      async handle({ message, caller }) {
        const { experiments, atMs } = await folders.delete(readFolder(message, 'path'), caller.access);
        return { deleted_experiments: experiments, deleted_at: atMs };
      },
    },
    {
      method: 'POST',
      path: `${PATH}/restore`,
      access: 'filtered',
      request: [
        { name: 'path', type: 'string', required: true },
        { name: 'deleted_at', type: 'int64' },
      ],
      handle: async ({ message, caller }) => ({
        restored_experiments: await folders.restore(
          readFolder(message, 'path'),
          caller.access,
          readDeletedAt(message),
        ),
      }),
    },
  ];
}
