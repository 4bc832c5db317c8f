import { type QueryKey, queryOptions } from '@tanstack/react-query';
import { addressOf } from './address.ts';
import { queryClient } from './query-client.ts';
import { getFrom, sendTo } from './request.ts';
import { keyOf, parentOf, type Securable, type SecurableType } from './securables.ts';

/** What is told of a catalog, or of something in one. */
export interface CatalogObject {
  readonly type: SecurableType;
  readonly name: string;
  readonly full_name: string;
  readonly comment?: string;
  readonly owner?: string;
  /** ms since 1970 */
  readonly created_at?: number;
  readonly created_by?: string;
  readonly updated_at?: number;
  readonly updated_by?: string;
  /** Of a table. */
  readonly columns?: readonly TableColumn[];
  readonly table_type?: string;
  readonly data_source_format?: string;
  /** Of a volume or a table. */
  readonly storage_location?: string;
  /** Of a model. */
  readonly aliases?: readonly { readonly alias_name: string; readonly version_num: number }[];
}

export interface TableColumn {
  readonly name: string;
  readonly type_text?: string;
  readonly comment?: string;
  readonly nullable?: boolean;
}

type Container = 'catalog' | 'schema';

const UC = '/api/2.1/unity-catalog';
/** More in one place than anybody reads: the search of models finds them by name. */
const MOST_PAGES = 10;

const FOLDERS = {
  catalog: 'catalogs',
  schema: 'schemas',
  model: 'models',
  table: 'tables',
  volume: 'volumes',
} as const satisfies Partial<Record<SecurableType, string>>;

type Kind = keyof typeof FOLDERS;
type Listed = Omit<CatalogObject, 'type'>;

async function list(
  type: Kind,
  query: Readonly<Record<string, string | number>>,
  signal: AbortSignal,
): Promise<CatalogObject[]> {
  const found: CatalogObject[] = [];
  const field = type === 'model' ? 'registered_models' : FOLDERS[type];
  let token: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const address = addressOf(`${UC}/${FOLDERS[type]}`, { ...query, page_token: token });
    const answer = await getFrom<Readonly<Record<string, unknown>>>(address, signal);
    for (const each of (answer[field] ?? []) as readonly Listed[]) found.push({ ...each, type });
    token = answer.next_page_token as string | undefined;
    if (token === undefined || token === '') break;
  }
  return found.sort((a, b) => byName.compare(a.name, b.name));
}

const byName = new Intl.Collator('en', { numeric: true });

/** What lies directly in something, by name; in a schema models first, then tables, then volumes. */
export const childrenQuery = (on: Securable) =>
  queryOptions({
    queryKey: ['catalog', 'children', keyOf(on)],
    placeholderData: undefined,
    queryFn: async ({ signal }): Promise<readonly CatalogObject[]> => {
      if (on.type === 'metastore') return list('catalog', {}, signal);
      if (on.type === 'catalog') return list('schema', { catalog_name: on.name }, signal);
      if (on.type !== 'schema') return [];
      const [catalog_name = '', schema_name = ''] = on.name.split('.');
      const within = { catalog_name, schema_name };
      const lists = await Promise.all([
        list('model', { ...within, max_results: 1000 }, signal),
        list('table', { ...within, omit_columns: 'true' }, signal),
        list('volume', within, signal),
      ]);
      return lists.flat();
    },
  });

export const objectQuery = ({ type, name }: Securable) =>
  queryOptions({
    queryKey: ['catalog', 'object', keyOf({ type, name })],
    placeholderData: undefined,
    queryFn: async ({ signal }): Promise<CatalogObject> => ({
      ...(await getFrom<Listed>(pathOf({ type, name }), signal)),
      type,
    }),
  });

const pathOf = ({ type, name }: Securable): string =>
  `${UC}/${FOLDERS[type as Kind]}/${encodeURIComponent(name)}`;

export interface ContainerFacts {
  readonly name: string;
  readonly comment: string;
}

/** Makes a catalog, or a schema of one. @throws RequestError */
export async function createContainer(
  type: Container,
  facts: ContainerFacts & { readonly catalog?: string | undefined },
): Promise<Securable> {
  const { name, comment, catalog } = facts;
  const made = await sendTo<Listed>('POST', `${UC}/${FOLDERS[type]}`, {
    name,
    ...(comment !== '' && { comment }),
    ...(catalog !== undefined && { catalog_name: catalog }),
  });
  const on: Securable = { type, name: made.full_name };
  await refresh(listsWith(on));
  return on;
}

/** Its description or its owner. @throws RequestError */
export async function changeObject(
  on: Securable,
  change: { readonly comment?: string; readonly owner?: string },
): Promise<void> {
  await sendTo('PATCH', pathOf(on), change);
  await refresh([objectQuery(on).queryKey, ...listsWith(on), ['grants'], ['access']]);
}

/**
 * @param leave shows something else, as what is asked of the old name is refused from then on
 * @throws RequestError
 */
export async function renameObject(
  on: Securable,
  newName: string,
  leave: (renamed: Securable) => Promise<void>,
): Promise<void> {
  const { full_name } = await sendTo<Listed>('PATCH', pathOf(on), { new_name: newName });
  await leave({ type: on.type, name: full_name });
  await forget(on);
}

/** With everything in it. @param leave as of `renameObject` @throws RequestError */
export async function deleteContainer(on: Securable, leave: () => Promise<void>): Promise<void> {
  await sendTo('DELETE', addressOf(pathOf(on), { force: true }), {});
  await leave();
  await forget(on);
}

/** The list that it stood in comes first: by it the tree knows that it is gone. */
async function forget(on: Securable): Promise<void> {
  await refresh(listsWith(on));
  for (const kind of ['object', 'children', 'tags'])
    queryClient.removeQueries({ queryKey: ['catalog', kind, keyOf(on)] });
  await refresh([['grants'], ['access'], ['models']]);
}

function listsWith(on: Securable): readonly QueryKey[] {
  const above = parentOf(on);
  return above === undefined ? [] : [childrenQuery(above).queryKey];
}

async function refresh(keys: readonly QueryKey[]): Promise<void> {
  await Promise.all(keys.map((queryKey) => queryClient.invalidateQueries({ queryKey })));
}

const TAGS = `${UC}/entity-tag-assignments`;

/** What has tags that are kept here; those of models are the registry's. */
export const hasOwnTags = (type: SecurableType): boolean =>
  type === 'catalog' || type === 'schema' || type === 'table';

const tagsPath = ({ type, name }: Securable): string =>
  `${TAGS}/${FOLDERS[type as Kind]}/${encodeURIComponent(name)}/tags`;

export const tagsQuery = (on: Securable) =>
  queryOptions({
    queryKey: ['catalog', 'tags', keyOf(on)],
    placeholderData: undefined,
    queryFn: async ({ signal }): Promise<Readonly<Record<string, string>>> => {
      const { tag_assignments = [] } = await getFrom<{
        tag_assignments?: readonly { readonly tag_key: string; readonly tag_value?: string }[];
      }>(tagsPath(on), signal);
      return Object.fromEntries(tag_assignments.map(({ tag_key, tag_value = '' }) => [tag_key, tag_value]));
    },
  });

/** @throws RequestError */
export async function setTag(
  on: Securable,
  { key, value, isNew }: { readonly key: string; readonly value: string; readonly isNew: boolean },
): Promise<void> {
  if (isNew)
    await sendTo('POST', TAGS, {
      entity_type: FOLDERS[on.type as Kind],
      entity_name: on.name,
      tag_key: key,
      tag_value: value,
    });
  else await sendTo('PATCH', `${tagsPath(on)}/${encodeURIComponent(key)}`, { tag_value: value });
  await queryClient.invalidateQueries({ queryKey: tagsQuery(on).queryKey });
}

/** @throws RequestError */
export async function removeTag(on: Securable, key: string): Promise<void> {
  await sendTo('DELETE', `${tagsPath(on)}/${encodeURIComponent(key)}`, {});
  await queryClient.invalidateQueries({ queryKey: tagsQuery(on).queryKey });
}
