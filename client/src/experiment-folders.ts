import { readList, readNumber, readOptionalText, readText } from './fields.ts';
import type { CallOptions, Http } from './http.ts';
import { Paged } from './paged.ts';

/** Which of the trash and the rest a search shows. */
export type ViewType = 'ACTIVE_ONLY' | 'DELETED_ONLY' | 'ALL';

/** What names of experiments have in common before a slash; it is there while an experiment is below it. */
export interface ExperimentFolder {
  /** `/Users/jane` */
  readonly path: string;
  /** `jane` */
  readonly name: string;
  /** At any depth. */
  readonly activeExperiments: number;
  /** At any depth, in the trash. */
  readonly deletedExperiments: number;
  /** The latest change of an experiment below it, in ms since 1970. */
  readonly updatedAtMs: number;
}

export interface FolderSearch extends CallOptions {
  readonly viewType?: ViewType | undefined;
  /** 1 to 1000; 100 without it. */
  readonly pageSize?: number | undefined;
}

export interface FolderDeletion {
  readonly deletedExperiments: number;
  /** ms since 1970; `restoreFolder` takes it to bring back these experiments and no others. */
  readonly deletedAtMs: number;
}

export const FOLDERS_PATH = 'api/slipway/v1/experiment-folders';

export function listFolders(http: Http, parent: string, search: FolderSearch): Paged<ExperimentFolder> {
  const { viewType, pageSize = 100, ...options } = search;
  return new Paged(async (pageToken) => {
    const answer = await http.get(
      FOLDERS_PATH,
      {
        parent,
        view_type: viewType,
        max_folders: pageSize,
        folders_page_token: pageToken,
        max_experiments: 0,
      },
      options,
    );
    return {
      items: readList(answer, 'folders', (folder) => ({
        path: readText(folder, 'path'),
        name: readText(folder, 'name'),
        activeExperiments: readNumber(folder, 'active_experiments'),
        deletedExperiments: readNumber(folder, 'deleted_experiments'),
        updatedAtMs: readNumber(folder, 'last_update_time'),
      })),
      nextPageToken: readOptionalText(answer, 'next_folders_page_token'),
    };
  });
}

export async function renameFolder(
  http: Http,
  move: { readonly from: string; readonly to: string },
  options?: CallOptions,
): Promise<number> {
  const answer = await http.post(`${FOLDERS_PATH}/rename`, move, options);
  return readNumber(answer, 'renamed_experiments');
}

export async function deleteFolder(http: Http, path: string, options?: CallOptions): Promise<FolderDeletion> {
  const answer = await http.post(`${FOLDERS_PATH}/delete`, { path }, options);
  return {
    deletedExperiments: readNumber(answer, 'deleted_experiments'),
    deletedAtMs: readNumber(answer, 'deleted_at'),
  };
}

export async function restoreFolder(
  http: Http,
  { path, deletedAtMs }: { readonly path: string; readonly deletedAtMs: number | undefined },
  options?: CallOptions,
): Promise<number> {
  const message = { path, deleted_at: deletedAtMs };
  return readNumber(await http.post(`${FOLDERS_PATH}/restore`, message, options), 'restored_experiments');
}
