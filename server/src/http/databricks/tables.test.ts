import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testedDatabases } from '../../db/conformance/databases.ts';
import { fullAccess, LOCAL_USER } from '../../governance/access.ts';
import { createSecurableTags } from '../../governance/securable-tags.ts';
import { createTables, type Tables, tableSecurable } from '../../governance/tables.ts';
import { systemClock } from '../../kernel/clock.ts';
import { entityTagRoutes } from './entity-tags.ts';
import { type GovernedRoutes, startGovernedRoutes } from './governed-routes.fixture.ts';
import { tableRoutes } from './tables.ts';

const UC = '/api/2.1/unity-catalog';
const metastoreId = '00000000-0000-4000-8000-000000000001';

describe.each(testedDatabases())('tables on $name', (database) => {
  let routes: GovernedRoutes;
  let tables: Tables;
  beforeAll(async () => {
    routes = await startGovernedRoutes(database, (governance, { db }) => {
      const namespaces = governance.snapshot;
      tables = createTables({ ...governance, db, clock: systemClock });
      return [
        ...tableRoutes({
          ...governance,
          tables,
          namespaces,
          metastoreId,
          schemasOf: (catalog) =>
            [...(governance.snapshot.state.catalogs.get(catalog)?.schemas.values() ?? [])].sort(),
        }),
        ...entityTagRoutes({
          ...governance,
          tags: createSecurableTags({ db }),
          tables,
          namespaces,
          metastoreId,
        }),
      ];
    });
    const { catalogs, schemas, principals } = routes.governance;
    await principals.create({ kind: 'user', name: 'jane' });
    await catalogs.create({ name: 'prod' }, LOCAL_USER);
    await schemas.create({ catalog: 'prod', name: 'ML' }, LOCAL_USER);
    for (const name of ['Payload', 'other', 'zeta']) await register(name);
  });
  afterAll(() => routes.close());

  const register = (name: string) =>
    tables.register(
      {
        catalog: 'prod',
        schema: 'ml',
        name,
        type: 'MANAGED',
        format: 'DELTA',
        location: undefined,
        comment: undefined,
        columns: [{ name: 'timestamp_ms', typeText: 'bigint', typeName: 'LONG', nullable: true }],
        properties: {},
      },
      LOCAL_USER,
    );
  const get = (as: string, path: string) => routes.call(as, 'GET', `${UC}/${path}`);
  const names = (json: Record<string, unknown>) =>
    (json.tables as { full_name: string }[]).map(({ full_name }) => full_name);

  it('describes a table in any case of its name', async () => {
    const { status, json } = await get('admin', 'tables/PROD.ml.payload');
    expect(status).toBe(200);
    expect(json).toMatchObject({
      name: 'Payload',
      catalog_name: 'prod',
      schema_name: 'ML',
      full_name: 'prod.ML.Payload',
      table_type: 'MANAGED',
      data_source_format: 'DELTA',
      owner: 'admins',
      metastore_id: metastoreId,
      columns: [
        { name: 'timestamp_ms', type_text: 'bigint', type_name: 'LONG', position: 0, nullable: true },
      ],
    });
    expect((await get('admin', 'tables/prod.ml.payload/exists')).json).toEqual({ table_exists: true });
    expect((await get('admin', 'tables/prod.ml.nothing/exists')).json).toEqual({ table_exists: false });
    expect((await get('admin', 'tables/prod.ml.nothing')).json.error_code).toBe('TABLE_DOES_NOT_EXIST');
  });

  it('refuses a second of the name, and one in no schema', async () => {
    await expect(register('PAYLOAD')).rejects.toMatchObject({ code: 'AlreadyExists' });
    await expect(
      tables.register(
        { ...(await tables.find({ catalog: 'prod', schema: 'ml', name: 'payload' }))!, schema: 'no' },
        LOCAL_USER,
      ),
    ).rejects.toMatchObject({ code: 'NotFound', reason: 'SCHEMA_DOES_NOT_EXIST' });
  });

  it('lists all where 0 are asked for, and in pages', async () => {
    const path = 'tables?catalog_name=prod&schema_name=ml';
    const all = await get('admin', `${path}&max_results=0`);
    expect(names(all.json)).toEqual(['prod.ML.other', 'prod.ML.Payload', 'prod.ML.zeta']);
    expect(all.json).not.toHaveProperty('next_page_token');
    const first = await get('admin', `${path}&max_results=2`);
    expect(names(first.json)).toEqual(['prod.ML.other', 'prod.ML.Payload']);
    const second = await get('admin', `${path}&max_results=2&page_token=${first.json.next_page_token}`);
    expect(names(second.json)).toEqual(['prod.ML.zeta']);
    expect(second.json).not.toHaveProperty('next_page_token');
    expect((await get('admin', 'tables?catalog_name=prod&schema_name=no')).json.error_code).toBe(
      'SCHEMA_DOES_NOT_EXIST',
    );
    expect((await get('admin', 'tables?catalog_name=no&schema_name=no')).status).toBe(404);
  });

  it('lists summaries of a whole catalog by patterns, in pages', async () => {
    const path = 'table-summaries?catalog_name=prod';
    const listed: string[] = [];
    for (let token = ''; ; ) {
      const { json } = await get('admin', `${path}&max_results=1&page_token=${token}`);
      listed.push(...names(json));
      if (json.next_page_token === undefined) break;
      token = encodeURIComponent(String(json.next_page_token));
    }
    expect(listed).toEqual(['prod.ML.other', 'prod.ML.Payload', 'prod.ML.zeta']);
    expect(names((await get('admin', `${path}&table_name_pattern=%25a%25`)).json)).toEqual([
      'prod.ML.Payload',
      'prod.ML.zeta',
    ]);
    expect(names((await get('admin', `${path}&schema_name_pattern=m_`)).json)).toHaveLength(3);
    expect(names((await get('admin', `${path}&schema_name_pattern=d%25`)).json)).toEqual([]);
  });

  it('shows those that the caller may see, as if there were no others', async () => {
    const { grants } = routes.governance;
    const system = fullAccess(LOCAL_USER);
    const list = 'tables?catalog_name=prod&schema_name=ml';
    const hidden = await get('jane', list);
    const nothing = await get('jane', list.replace('prod', 'none'));
    expect([hidden.status, nothing.status]).toEqual([404, 404]);
    expect(JSON.stringify(hidden.json).replace('prod', 'none')).toBe(JSON.stringify(nothing.json));
    expect((await get('jane', 'tables/prod.ml.payload/exists')).json).toEqual({ table_exists: false });

    const open = { principal: 'jane', remove: [] };
    await grants.change({ type: 'catalog', catalog: 'prod' }, [{ ...open, add: ['USE_CATALOG'] }], system);
    await grants.change(
      { type: 'schema', catalog: 'prod', schema: 'ml' },
      [{ ...open, add: ['USE_SCHEMA'] }],
      system,
    );
    await grants.change(
      tableSecurable({ catalog: 'prod', schema: 'ml', name: 'Payload' }),
      [{ ...open, add: ['SELECT'] }],
      system,
    );
    const seen = await get('jane', `${list}&max_results=1`);
    expect(names(seen.json)).toEqual(['prod.ML.Payload']);
    expect(seen.json).not.toHaveProperty('next_page_token');
    expect(names((await get('jane', 'table-summaries?catalog_name=prod&max_results=1')).json)).toEqual([
      'prod.ML.Payload',
    ]);
    expect((await get('jane', 'tables/prod.ml.other')).status).toBe(404);
    expect(
      (await routes.call('jane', 'PATCH', `${UC}/tables/prod.ml.payload`, { owner: 'jane' })).status,
    ).toBe(403);
  });

  it('sets a tag once, for one of those who set it at once, and no more tags than there may be', async () => {
    const PATH = `${UC}/entity-tag-assignments`;
    const set = (key: string, value: string) =>
      routes.call('admin', 'POST', PATH, {
        entity_type: 'tables',
        entity_name: 'prod.ml.zeta',
        tag_key: key,
        tag_value: value,
      });
    for (let round = 0; round < 49; round += 7) {
      const answers = await Promise.all([1, 2, 3, 4].map((i) => set(`once${round}`, String(i))));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
    }
    await Promise.all(Array.from({ length: 42 }, (_, i) => set(`more${i}`, '')));
    const last = await Promise.all(Array.from({ length: 4 }, (_, i) => set(`last${i}`, '')));
    expect(last.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it('keeps tags of tables, columns, schemas and catalogs as they were sent', async () => {
    const PATH = `${UC}/entity-tag-assignments`;
    const places = [
      ['catalogs', 'prod'],
      ['schemas', 'prod.ml'],
      ['tables', 'prod.ml.payload'],
      ['columns', 'prod.ml.payload.timestamp_ms'],
    ] as const;
    for (const [type, name] of places) {
      const sent = { entity_type: type, entity_name: name, tag_key: 'pii', tag_value: name };
      const made = await routes.call('admin', 'POST', PATH, sent);
      expect([made.status, made.json]).toEqual([200, sent]);
      expect((await routes.call('admin', 'POST', PATH, sent)).status).toBe(409);
      expect((await routes.call('admin', 'GET', `${PATH}/${type}/${name}/tags`)).json).toEqual({
        tag_assignments: [sent],
      });
      const changed = await routes.call(
        'admin',
        'PATCH',
        `${PATH}/${type}/${name}/tags/pii?update_mask=tag_value`,
        { tag_value: 'x' },
      );
      expect(changed.json).toEqual({ ...sent, tag_value: 'x' });
      expect((await routes.call('admin', 'DELETE', `${PATH}/${type}/${name}/tags/pii`)).status).toBe(200);
      expect((await routes.call('admin', 'GET', `${PATH}/${type}/${name}/tags/pii`)).status).toBe(404);
    }
    const refused = await routes.call('jane', 'POST', PATH, {
      entity_type: 'tables',
      entity_name: 'prod.ml.payload',
      tag_key: 'k',
    });
    expect(refused.status).toBe(403);
    const hidden = await routes.call('jane', 'GET', `${PATH}/tables/prod.ml.other/tags`);
    expect(hidden.status).toBe(404);
  });

  it('goes with its schema when that is renamed or deleted', async () => {
    const { schemas } = routes.governance;
    await expect(schemas.delete({ catalog: 'prod', schema: 'ml' }, { force: false })).rejects.toMatchObject({
      code: 'InvalidState',
    });
    await schemas.update({ catalog: 'prod', schema: 'ml' }, { newName: 'models' }, fullAccess(LOCAL_USER));
    expect((await get('jane', 'tables/prod.models.payload')).json).toMatchObject({
      full_name: 'prod.models.Payload',
    });
    await schemas.delete({ catalog: 'prod', schema: 'models' }, { force: true });
    expect(await tables.find({ catalog: 'prod', schema: 'models', name: 'payload' })).toBeUndefined();
  });
});
