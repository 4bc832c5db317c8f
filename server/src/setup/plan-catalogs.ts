import type { Declaration, DeclaredCatalog } from './declaration.ts';
import { ask, type Door, find } from './door.ts';
import { on, type Planning, type Step } from './step.ts';

const UC = '/api/2.1/unity-catalog';

interface Container {
  readonly name: string;
  readonly comment?: string;
  readonly owner?: string;
}

/** Catalogs and schemas that are not there yet, and comments and owners that differ. */
export async function planCatalogs(
  { catalogs, schemas }: Pick<Declaration, 'catalogs' | 'schemas'>,
  { door }: Planning,
): Promise<readonly Step[]> {
  const steps: Step[] = [];
  const missing = new Set<string>();
  for (const catalog of catalogs) {
    const path = `${UC}/catalogs/${encodeURIComponent(catalog.name)}`;
    const found = (await on(catalog, () => find(door, path))) as Container | undefined;
    if (found === undefined) missing.add(catalog.name.toLowerCase());
    steps.push(
      ...planContainer(door, catalog, {
        what: `catalog ${catalog.name}`,
        found,
        path,
        create: { path: `${UC}/catalogs`, body: { name: catalog.name } },
      }),
    );
  }
  for (const schema of schemas) {
    const name = `${schema.catalog}.${schema.name}`;
    const path = `${UC}/schemas/${encodeURIComponent(name)}`;
    // A new catalog comes with its schema `default`.
    const comesAlong = schema.name.toLowerCase() === 'default';
    const found = missing.has(schema.catalog.toLowerCase())
      ? comesAlong
        ? { name: schema.name }
        : undefined
      : ((await on(schema, () => find(door, path))) as Container | undefined);
    steps.push(
      ...planContainer(door, schema, {
        what: `schema ${name}`,
        found,
        path,
        create: { path: `${UC}/schemas`, body: { catalog_name: schema.catalog, name: schema.name } },
      }),
    );
  }
  return steps;
}

function planContainer(
  door: Door,
  declared: DeclaredCatalog,
  {
    what,
    found,
    path,
    create,
  }: {
    readonly what: string;
    readonly found: Container | undefined;
    readonly path: string;
    readonly create: { readonly path: string; readonly body: object };
  },
): readonly Step[] {
  const { comment, owner } = declared;
  const steps: Step[] = [];
  if (found === undefined) {
    steps.push({
      kind: 'create',
      what,
      run: () =>
        on(declared, async () => {
          await ask(door, 'POST', create.path, { ...create.body, ...(comment !== undefined && { comment }) });
        }),
    });
  }
  const change = (name: string, body: object): Step => ({
    kind: 'change',
    what: `${what}: ${name}`,
    run: () =>
      on(declared, async () => {
        await ask(door, 'PATCH', path, body);
      }),
  });
  if (found !== undefined && comment !== undefined && comment !== (found.comment ?? ''))
    steps.push(change(`comment ${JSON.stringify(comment)}`, { comment }));
  if (owner !== undefined && owner.toLowerCase() !== found?.owner?.toLowerCase())
    steps.push(change(`owner ${owner}`, { owner }));
  return steps;
}
