import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import { LOCAL_USER, type VisibleModels } from '../governance/access.ts';
import { startGovernance } from '../governance/conformance/governance.ts';
import type { Governance } from '../governance/governance.ts';
import { createRegistry, plainName, type Registry, version } from './conformance/registry.ts';
import { type ModelName, parseModelName } from './model-names.ts';
import { createSchemaModels, findModelInTheWay } from './schema-models.ts';

const everything = { filter: undefined, orderBy: [], maxResults: 1000, pageToken: undefined };

describe.each(testedDatabases())('models in schemas, on $name', ({ open }) => {
  let opened: OpenedDatabase;
  let registry: Registry;
  let governance: Governance;

  beforeAll(async () => {
    opened = await open();
    registry = createRegistry(opened.db);
    governance = await startGovernance(opened.db, {
      contents: [createSchemaModels({ deleteModel: registry.governedModels.deleteWithin })],
    });
    for (const catalog of ['dev', 'prod']) {
      await governance.catalogs.create({ name: catalog }, LOCAL_USER);
      await governance.schemas.create({ catalog, name: 'ml' }, LOCAL_USER);
    }
  });
  afterAll(async () => {
    await governance.stop();
    await opened.remove();
  });

  const read = (text: string): ModelName => parseModelName(text, governance.snapshot);
  const create = (name: ModelName) =>
    registry.governedModels.create({ name, description: null, tags: [], by: LOCAL_USER });

  it('are made where their catalog and schema are, and nowhere else', async () => {
    expect((await create(read('prod.ml.fraud'))).row).toMatchObject({
      name: 'prod.ml.fraud',
      schema_name: 'prod.ml',
    });
    await expect(create(read('prod.none.fraud'))).rejects.toMatchObject({
      code: 'NotFound',
      reason: 'SCHEMA_DOES_NOT_EXIST',
    });
    const gone = { catalog: 'gone', schema: 'ml', model: 'x', stored: 'gone.ml.x' };
    await expect(create(gone)).rejects.toMatchObject({ code: 'NotFound', reason: 'CATALOG_DOES_NOT_EXIST' });
    await expect(create(read('workspace.default.prod.ml.x'))).rejects.toMatchObject({
      code: 'InvalidArgument',
    });
  });

  it('have one name under all its spellings', async () => {
    await create(read('DEV.Ml.Spelled'));
    expect((await registry.models.get(read('dev.ml.Spelled').stored)).row.name).toBe('dev.ml.Spelled');
    await expect(create(read('dev.ML.Spelled'))).rejects.toMatchObject({ code: 'AlreadyExists' });
    const page = await registry.governedModels.list({
      catalog: 'DEV',
      schema: 'ML',
      maxResults: 10,
      pageToken: undefined,
      visible: 'all',
    });
    expect(page.items.map(({ row }) => row.name)).toEqual(['dev.ml.Spelled']);
  });

  it('keep plain names plain: no catalog takes their meaning, and none is made into one of them', async () => {
    await create(plainName('teams.a.x'));
    await opened.db.write(async (tx) => {
      expect(await findModelInTheWay(tx, 'TEAMS')).toBe('teams.a.x');
      expect(await findModelInTheWay(tx, 'team')).toBeUndefined();
    });
    // Whoever read the name before the catalog was there.
    await expect(create(plainName('prod.ml.stale'))).rejects.toMatchObject({ code: 'Conflict' });
  });

  it('go with their schema by force alone, and follow it to its new name', async () => {
    await governance.schemas.create({ catalog: 'dev', name: 'old' }, LOCAL_USER);
    await create(read('dev.old.x'));
    await registry.versions.create(version('dev.old.x'));
    await expect(
      governance.schemas.delete({ catalog: 'dev', schema: 'old' }, { force: false }),
    ).rejects.toMatchObject({ code: 'InvalidState' });
    const admin = { principal: LOCAL_USER, decide: () => 'allowed' } as never;
    await governance.schemas.update({ catalog: 'dev', schema: 'old' }, { newName: 'New' }, admin);
    expect((await registry.models.get('dev.New.x')).latestVersions).toHaveLength(1);
    await expect(registry.models.get('dev.old.x')).rejects.toMatchObject({ code: 'NotFound' });
    await governance.schemas.delete({ catalog: 'dev', schema: 'new' }, { force: true });
    await expect(registry.models.get('dev.New.x')).rejects.toMatchObject({ code: 'NotFound' });
  });

  it('never come into a schema that goes at the same moment', async () => {
    for (let i = 0; i < 5; i += 1) {
      const schema = `race${i}`;
      await governance.schemas.create({ catalog: 'dev', name: schema }, LOCAL_USER);
      const name = read(`dev.${schema}.x`);
      const [made, deleted] = await Promise.allSettled([
        create(name),
        governance.schemas.delete({ catalog: 'dev', schema }, { force: false }),
      ]);
      expect([made.status, deleted.status].sort()).toEqual(['fulfilled', 'rejected']);
    }
  });

  it('are found, counted and paged over where they are seen alone', async () => {
    for (const name of ['prod.ml.seen', 'dev.ml.one', 'dev.ml.two']) {
      await create(read(name));
      await registry.versions.create(version(name));
    }
    const visible: VisibleModels = { schemas: ['dev.ml'], models: ['prod.ml.seen'] };
    const names = (rows: readonly { readonly row: { readonly name: string } }[]) =>
      rows.map(({ row }) => row.name);
    const seen = ['dev.ml.Spelled', 'dev.ml.one', 'dev.ml.two', 'prod.ml.seen'];
    expect(names((await registry.governedModels.search({ ...everything, visible })).items)).toEqual(seen);
    const found = await registry.versions.search({ ...everything, orderBy: ['name'], visible });
    expect(names(found.items)).toEqual(seen.slice(1));

    const paged: string[] = [];
    for (let pageToken: string | undefined; ; ) {
      const options = { catalog: undefined, schema: undefined, maxResults: 3, pageToken, visible };
      const page = await registry.governedModels.list(options);
      paged.push(...names(page.items));
      pageToken = page.nextPageToken;
      if (pageToken === undefined) break;
    }
    expect(paged).toEqual(seen);
    const nothing = { schemas: [], models: [] };
    expect((await registry.versions.search({ ...everything, visible: nothing })).items).toEqual([]);
  });
});
