import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN, type As, type GovernedServer, NOBODY, startGoverned } from './authorization.fixture.ts';
import { testedDatabases } from './db/conformance/databases.ts';

interface Answer {
  readonly statement_id: string;
  readonly status: {
    readonly state: string;
    readonly error?: { readonly error_code: string; readonly message: string };
  };
  readonly manifest?: {
    readonly format: string;
    readonly schema: {
      readonly column_count: number;
      readonly columns: readonly { readonly name: string }[];
    };
    readonly total_row_count: number;
    readonly total_chunk_count: number;
    readonly truncated: boolean;
  };
  readonly result?: {
    readonly data_array?: readonly (readonly (string | null)[])[];
    readonly attachment?: string;
    readonly external_links?: readonly {
      readonly external_link: string;
      readonly expiration: string;
      readonly row_count: number;
      readonly next_chunk_index?: number;
    }[];
  };
}

describe.each(testedDatabases())('SQL through the door, on $name', (database) => {
  let server: GovernedServer;
  let experimentId: string;

  beforeAll(async () => {
    server = await startGoverned(database);
    for (const name of ['jane', 'bob']) await server.addUser(name);
    const created = await server.post<{ experiment_id: string }>(
      'jane',
      '/api/2.0/mlflow/experiments/create',
      {
        name: 'of jane',
      },
    );
    experimentId = created.experiment_id;
    await server.post('jane', '/api/2.0/mlflow/runs/create', { experiment_id: experimentId, start_time: 1 });
  }, 60_000);
  afterAll(() => server.close());

  const send = (as: As, statement: string, more: object = {}) =>
    server.post<Answer>(as, '/api/2.0/sql/statements', {
      statement,
      warehouse_id: 'x',
      wait_timeout: '50s',
      ...more,
    });
  const rows = async (as: As, statement: string, more: object = {}) => {
    const answer = await send(as, statement, more);
    if (answer.status.state !== 'SUCCEEDED') throw new Error(answer.status.error?.message);
    return answer.result!.data_array!;
  };
  const fails = async (as: As, statement: string) => {
    const { status } = await send(as, statement);
    expect(status.state, statement).toBe('FAILED');
    return status.error!;
  };
  const follow = async (link: string, headers: Record<string, string> = {}) => {
    const { pathname, search } = new URL(link);
    return server.call(NOBODY, { path: pathname + search, headers });
  };

  it('is for those who are signed in', async () => {
    const answer = await server.call(NOBODY, {
      method: 'POST',
      path: '/api/2.0/sql/statements',
      body: { statement: 'SELECT 1' },
    });
    expect(answer.status).toBe(401);
  });

  it('answers in the form that clients read', async () => {
    const answer = await send('jane', 'SELECT 1 AS a, NULL AS b, 2.5::DECIMAL(4,2) AS c');
    expect(answer).toEqual({
      statement_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      status: { state: 'SUCCEEDED' },
      manifest: {
        format: 'JSON_ARRAY',
        schema: {
          column_count: 3,
          columns: [
            { name: 'a', type_text: 'INT', type_name: 'INT', position: 0 },
            { name: 'b', type_text: 'INT', type_name: 'INT', position: 1 },
            {
              name: 'c',
              type_text: 'DECIMAL(4,2)',
              type_name: 'DECIMAL',
              position: 2,
              type_precision: 4,
              type_scale: 2,
            },
          ],
        },
        total_chunk_count: 1,
        chunks: [{ chunk_index: 0, row_offset: 0, row_count: 1, byte_count: 19 }],
        total_row_count: 1,
        total_byte_count: 19,
        truncated: false,
      },
      result: {
        chunk_index: 0,
        row_offset: 0,
        row_count: 1,
        byte_count: 19,
        data_array: [['1', null, '2.50']],
      },
    });
    expect(await server.done('jane', { path: `/api/2.0/sql/statements/${answer.statement_id}` })).toEqual(
      answer,
    );
  });

  it('shows each caller the rows that are theirs, and counts no others', async () => {
    const count = 'SELECT count(*) FROM system.mlflow.runs';
    expect(await rows('jane', count)).toEqual([['1']]);
    expect(await rows('bob', count)).toEqual([['0']]);
    expect(await rows('bob', `SELECT * FROM experiments WHERE experiment_id = '${experimentId}'`)).toEqual(
      [],
    );
    await send('jane', `GRANT CAN_READ ON EXPERIMENT \`of jane\` TO bob`);
    expect(await rows('bob', count)).toEqual([['1']]);
    await send('jane', `REVOKE CAN_READ ON EXPERIMENT ${experimentId} FROM bob`);
    expect(await rows('bob', count)).toEqual([['0']]);
  });

  it('hides a statement from everybody but its maker, in every call', async () => {
    const { statement_id: id } = await send('jane', 'SELECT 1', { disposition: 'EXTERNAL_LINKS' });
    const unknown = crypto.randomUUID();
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/result/chunks/0'],
      ['POST', '/cancel'],
      ['DELETE', ''],
    ] as const) {
      const ask = (of: string) =>
        server.call('bob', { method, path: `/api/2.0/sql/statements/${of}${path}` });
      const [theirs, none] = [await ask(id), await ask(unknown)];
      expect(theirs.status).toBe(404);
      expect(theirs.text.replace(id, '')).toBe(none.text.replace(unknown, ''));
    }
    expect((await server.call('jane', { path: `/api/2.0/sql/statements/${id}` })).status).toBe(200);
  });

  it('gives links that need no credential, and that nobody can change', async () => {
    const answer = await send('jane', 'SELECT range FROM range(3)', {
      disposition: 'EXTERNAL_LINKS',
      format: 'CSV',
    });
    const [link] = answer.result!.external_links!;
    expect(link).toMatchObject({ row_count: 3 });
    expect(Date.parse(link!.expiration) - Date.now()).toBeLessThan(16 * 60 * 1000);
    const file = await follow(link!.external_link);
    expect(file.text).toBe('range\r\n0\r\n1\r\n2\r\n');
    expect(file.headers).toMatchObject({ 'content-type': 'text/csv', 'x-content-type-options': 'nosniff' });
    const other = await send('jane', 'SELECT 1', { disposition: 'EXTERNAL_LINKS', format: 'CSV' });
    for (const forged of [
      link!.external_link.replace(/expires=\d+/, 'expires=9999999999999'),
      link!.external_link.replace(answer.statement_id, other.statement_id),
      link!.external_link.replace('/files/0', '/files/1'),
      link!.external_link.replace(/signature=..../, 'signature=AAAA'),
      link!.external_link.replace(/signature=.*/, 'signature='),
    ])
      expect((await follow(forged)).status, forged).toBe(403);
    expect((await follow(link!.external_link.replace(/\?.*/, ''))).status).toBe(400);
    await server.done('jane', { method: 'DELETE', path: `/api/2.0/sql/statements/${answer.statement_id}` });
    expect((await follow(link!.external_link)).status).toBe(404);
  });

  it('gives many parts as a chain of links', async () => {
    const answer = await send('jane', "SELECT range, repeat('x', 500) FROM range(60000)", {
      disposition: 'EXTERNAL_LINKS',
    });
    expect(answer.manifest!.total_chunk_count).toBeGreaterThan(2);
    let count = 0;
    for (const link of answer.result!.external_links!)
      count += (await follow(link.external_link)).json<unknown[]>().length;
    expect(count).toBe(60_000);
    const next = await server.done<Answer['result'] & object>('jane', {
      path: `/api/2.0/sql/statements/${answer.statement_id}/result/chunks/1`,
    });
    expect(next.external_links![0]!.external_link).toContain('/result/files/1?');
    expect(answer.result!.external_links!.at(-1)!.next_chunk_index).toBeUndefined();
  }, 60_000);

  it.each([
    [{ statement: '' }, "'statement'"],
    [{ statement: 'SELECT 1', wait_timeout: '51s' }, "'wait_timeout'"],
    [{ statement: 'SELECT 1', wait_timeout: '10' }, "'wait_timeout'"],
    [{ statement: 'SELECT 1', format: 'PARQUET' }, "'format'"],
    [{ statement: 'SELECT 1', format: 'ARROW_STREAM' }, 'INLINE'],
    [{ statement: 'SELECT 1', disposition: 'MAIL' }, "'disposition'"],
    [{ statement: 'SELECT 1', on_wait_timeout: 'WAIT' }, "'on_wait_timeout'"],
    [{ statement: 'SELECT 1', row_limit: -1 }, "'row_limit'"],
    [{ statement: 'SELECT 1', parameters: [{ name: 'a', value: {} }] }, 'parameters[0].value'],
  ])('refuses %j, and says why', async (body, message) => {
    const answer = await server.call('jane', { method: 'POST', path: '/api/2.0/sql/statements', body });
    expect(answer.status).toBe(400);
    expect(answer.json<{ message: string }>().message).toContain(message);
  });

  it('makes catalogs and schemas, grants, shows and takes back, with the effects of the calls that do the same', async () => {
    await send(ADMIN, "CREATE CATALOG prod COMMENT 'live'");
    await send(ADMIN, 'CREATE SCHEMA prod.ml');
    expect((await fails(ADMIN, 'CREATE CATALOG prod')).error_code).toBe('ALREADY_EXISTS');
    expect((await fails(ADMIN, 'CREATE CATALOG System')).message).toContain('reserved');
    expect((await send(ADMIN, 'CREATE CATALOG IF NOT EXISTS prod')).status.state).toBe('SUCCEEDED');
    const registered = { method: 'POST', path: '/api/2.1/unity-catalog/models' } as const;
    await server.done(ADMIN, {
      ...registered,
      body: { catalog_name: 'prod', schema_name: 'ml', name: 'fraud' },
    });

    // Nothing of it is there for bob, and what is said of it is what is said of what is not there.
    expect(await rows('bob', 'SHOW CATALOGS')).toEqual([['system'], ['workspace']]);
    expect(await rows('bob', 'SELECT count(*) FROM registered_models')).toEqual([['0']]);
    for (const statement of [
      'SHOW SCHEMAS IN NAME',
      'SHOW TABLES IN NAME.ml',
      'DESCRIBE CATALOG NAME',
      'DESCRIBE SCHEMA NAME.ml',
      'SHOW GRANTS ON CATALOG NAME',
      'GRANT USE CATALOG ON CATALOG NAME TO bob',
      'DROP CATALOG NAME',
      'CREATE SCHEMA NAME.x',
      "COMMENT ON CATALOG NAME IS 'mine'",
      'ALTER CATALOG NAME OWNER TO bob',
      'USE CATALOG NAME',
      'SET TAG ON CATALOG NAME a = b',
    ]) {
      const [real, none] = [statement.replace('NAME', 'prod'), statement.replace('NAME', 'nope')];
      const [hidden, missing] = [await fails('bob', real), await fails('bob', none)];
      expect({ ...hidden, message: hidden.message.replaceAll('prod', 'nope') }).toEqual(missing);
      expect(hidden.error_code, statement).toBe('NOT_FOUND');
    }

    // Bob may make catalogs, and learns no more of one that is there than that this name is not his to take.
    await send(ADMIN, 'GRANT CREATE CATALOG ON METASTORE TO bob');
    await server.done(ADMIN, {
      method: 'POST',
      path: '/api/2.0/mlflow/registered-models/create',
      body: { name: 'plain.ml.x' },
    });
    for (const statement of [
      'CREATE CATALOG prod',
      'CREATE CATALOG IF NOT EXISTS prod',
      'CREATE CATALOG plain',
    ])
      expect((await fails('bob', statement)).message, statement).toContain(
        'the right to metastore.create-catalog',
      );
    const asked = await server.call('bob', {
      method: 'POST',
      path: '/api/2.1/unity-catalog/catalogs',
      body: { name: 'plain' },
    });
    expect(asked.status).toBe(403);
    expect(asked.json<{ message: string }>().message).not.toContain('plain names');
    await send(ADMIN, 'REVOKE CREATE CATALOG ON METASTORE FROM bob');
    await send(ADMIN, 'GRANT USE CATALOG ON CATALOG prod TO bob');
    await send(ADMIN, 'GRANT USE SCHEMA ON SCHEMA prod.ml TO bob');
    await send(ADMIN, 'GRANT EXECUTE ON FUNCTION prod.ml.fraud TO bob');
    expect(await rows('bob', 'SHOW CATALOGS')).toEqual([['prod'], ['system'], ['workspace']]);
    expect(await rows('bob', 'SHOW MODELS IN prod.ml')).toEqual([['prod.ml.fraud']]);
    expect(await rows('bob', 'SELECT name, catalog_name, schema_name FROM registered_models')).toEqual([
      ['prod.ml.fraud', 'prod', 'ml'],
    ]);
    expect(await rows('bob', 'SHOW GRANTS ON MODEL prod.ml.fraud')).toEqual([
      ['bob', 'EXECUTE', 'MODEL', 'prod.ml.fraud'],
    ]);
    const held = await server.done(ADMIN, {
      path: '/api/2.1/unity-catalog/permissions/function/prod.ml.fraud',
    });
    expect(held).toMatchObject({ privilege_assignments: [{ principal: 'bob', privileges: ['EXECUTE'] }] });
    const withoutWait = { wait_timeout: '0s' };
    expect((await send(ADMIN, 'GRANT EXECUTE ON MODEL prod.ml.fraud TO bob', withoutWait)).status.state).toBe(
      'SUCCEEDED',
    );
    // Seen now, and still not theirs to give away.
    const refused = await fails('bob', 'GRANT EXECUTE ON MODEL prod.ml.fraud TO jane');
    expect(refused.message).toMatch(/Permission denied/);
    expect(await rows('bob', 'DESCRIBE CATALOG prod')).toEqual([
      ['Catalog Name', 'prod'],
      ['Comment', 'live'],
      ['Owner', 'admin'],
    ]);
    expect((await fails(ADMIN, 'GRANT EXECUTE ON MODEL prod.ml.fraud TO nobody_at_all')).error_code).toBe(
      'NOT_FOUND',
    );
    expect((await fails(ADMIN, 'GRANT CAN_READ ON MODEL prod.ml.fraud TO bob')).error_code).toBe(
      'BAD_REQUEST',
    );

    await send(ADMIN, 'REVOKE USE CATALOG ON CATALOG prod FROM bob');
    expect(await rows('bob', 'SHOW CATALOGS')).toEqual([['system'], ['workspace']]);
    expect((await fails(ADMIN, 'DROP SCHEMA prod.ml')).error_code).toBe('BAD_REQUEST');
    await send(ADMIN, 'DROP CATALOG prod CASCADE');
    expect((await send(ADMIN, 'DROP CATALOG IF EXISTS prod')).status.state).toBe('SUCCEEDED');
    expect((await fails(ADMIN, 'DROP CATALOG prod')).error_code).toBe('NOT_FOUND');
  }, 60_000);

  it('shows the tables that can be read, and their columns', async () => {
    const tables = await rows('bob', "SHOW TABLES IN system.mlflow LIKE 'run*'");
    expect(tables.map(([, name]) => name)).toEqual(['runs']);
    expect((await rows('bob', 'DESCRIBE system.mlflow.runs'))[0]!.slice(0, 2)).toEqual(['run_id', 'STRING']);
    expect(await rows('bob', 'DESCRIBE runs')).toEqual(
      await rows('bob', 'DESCRIBE TABLE system.mlflow.runs'),
    );
    expect(await rows('bob', 'SHOW SCHEMAS IN system')).toEqual([['mlflow', 'system']]);
    const columns = await rows('bob', "SHOW COLUMNS IN CATALOG `system` TABLE LIKE 'metrics'");
    expect(columns.map(([name]) => name)).toContain('point_count');
  });

  it('remembers in a session where it looks', async () => {
    const { session_id } = await server.post<{ session_id: string }>('jane', '/api/2.0/sql/sessions', {
      warehouse_id: 'x',
      catalog: 'system',
      schema: 'mlflow',
    });
    expect((await rows('jane', "SHOW TABLES LIKE 'runs'", { session_id })).length).toBe(1);
    await send('jane', 'USE workspace.default', { session_id });
    expect(await rows('jane', "SHOW TABLES LIKE 'runs'", { session_id })).toEqual([]);
    const path = `/api/2.0/sql/sessions/${session_id}`;
    expect((await server.call('bob', { method: 'DELETE', path })).status).toBe(404);
    expect((await server.call('jane', { method: 'DELETE', path, body: { warehouse_id: 'x' } })).status).toBe(
      200,
    );
    const gone = await server.call('jane', {
      method: 'POST',
      path: '/api/2.0/sql/statements',
      body: { statement: 'SELECT 1', session_id },
    });
    expect(gone.status).toBe(404);
  });

  it('is one warehouse that runs', async () => {
    const { warehouses } = await server.done<{ warehouses: { id: string; state: string }[] }>('bob', {
      path: '/api/2.0/sql/warehouses',
    });
    expect(warehouses).toMatchObject([{ state: 'RUNNING' }]);
    const path = `/api/2.0/sql/warehouses/${warehouses[0]!.id}`;
    expect(await server.done('bob', { path })).toEqual(warehouses[0]);
    expect((await server.call('bob', { path: '/api/2.0/sql/warehouses/none' })).status).toBe(404);
    const opened = await server.post('bob', `${path}/sessions`, {
      schema: 'default',
      execution_mode: 'FAST',
    });
    expect(opened).toEqual({ session_id: expect.any(String) });
    const flags = await server.call('bob', { path: '/api/2.0/connector-service/feature-flags/PYTHON/1.0' });
    expect([flags.status, flags.json<{ error_code: string }>().error_code]).toEqual([
      404,
      'ENDPOINT_NOT_FOUND',
    ]);
  });
});
