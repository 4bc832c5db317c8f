import { queryOptions } from '@tanstack/react-query';
import { getJson, postJson, sendJson } from './request.ts';

/** A named state of a page that everybody who sees the page can choose. */
export interface SavedView<State> {
  readonly view_id: string;
  /** The page: `experiment:12`, `models`. */
  readonly scope: string;
  readonly name: string;
  readonly state: State;
  readonly created_by: string;
  /** ms since 1970 */
  readonly creation_time: number;
  readonly last_update_time: number;
  /** Counts changes: `changeView` is refused (`RESOURCE_CONFLICT`) when it is not the last one. */
  readonly version: number;
}

/** The views of a page, by name. Their states were written by any version of the page: read them with care. */
export const viewsQuery = <State>(scope: string) =>
  queryOptions({
    queryKey: ['views', scope],
    queryFn: async ({ signal }) =>
      (await getJson<{ views: readonly SavedView<State>[] }>('views', { scope }, signal)).views,
  });

interface ViewAnswer<State> {
  readonly view: SavedView<State>;
}

/** @throws RequestError RESOURCE_ALREADY_EXISTS for a name that the page has already */
export async function createView<State>(
  scope: string,
  name: string,
  state: State,
): Promise<SavedView<State>> {
  return (await postJson<ViewAnswer<State>>('views', { scope, name, state })).view;
}

/** @throws RequestError RESOURCE_CONFLICT when somebody changed it meanwhile, RESOURCE_DOES_NOT_EXIST */
export async function changeView<State>(
  view: Pick<SavedView<State>, 'view_id' | 'version'>,
  change: { readonly name?: string; readonly state?: State },
): Promise<SavedView<State>> {
  const message = { version: view.version, ...change };
  return (await sendJson<ViewAnswer<State>>('PATCH', `views/${view.view_id}`, message)).view;
}

export async function deleteView(viewId: string): Promise<void> {
  await sendJson('DELETE', `views/${viewId}`, {});
}
