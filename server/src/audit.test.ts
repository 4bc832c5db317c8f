import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compose, type Program } from './compose.ts';
import { readConfig } from './config.ts';
import { type OpenedDatabase, testedDatabases } from './db/conformance/databases.ts';
import type { Action } from './governance/privileges.ts';
import { auditClassOf } from './http/audit-classes.ts';

const UNRECORDED = [
  'DELETE /api/2.0/sql/sessions/:session',
  'DELETE /api/2.0/sql/statements/:id',
  'DELETE /api/2.0/sql/warehouses/:id/sessions/:session',
  'POST /api/2.0/mlflow/experiments/search',
  'POST /api/2.0/mlflow/logged-models/search',
  'POST /api/2.0/mlflow/registered-models/get-latest-versions',
  'POST /api/2.0/mlflow/runs/search',
  'POST /api/2.0/mlflow/unity-catalog/model-versions/emit-lineage',
  'POST /api/2.0/sql/sessions',
  'POST /api/2.0/sql/statements/:id/cancel',
  'POST /api/2.0/sql/warehouses/:id/sessions',
  'POST /api/3.0/mlflow/traces/batchGetInfos',
  'POST /api/3.0/mlflow/traces/calculate-filter-correlation',
  'POST /api/3.0/mlflow/traces/metrics',
  'POST /api/3.0/mlflow/traces/search',
  'POST /api/slipway/v1/charts/lines',
  'POST /api/slipway/v1/model-versions/table',
  'POST /api/slipway/v1/registered-models/activity',
  'POST /api/slipway/v1/run-table/groups',
  'POST /api/slipway/v1/run-table/locate',
  'POST /api/slipway/v1/run-table/opening',
  'POST /api/slipway/v1/run-table/values',
  'POST /api/slipway/v1/run-table/window',
  'POST /serving-endpoints/:name/invocations',
  'POST /serving-endpoints/:name/served-models/:entity/invocations',
  'POST /telemetry-ext',
];
const ADMIN_TOKEN = 'admin-token-of-the-audit-test-0123456789';
const JANE_PASSWORD = 'correct horse battery 9';

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

interface ShownRecord {
  readonly at: number;
  readonly principal: string;
  readonly address: string;
  readonly action: string;
  readonly route: string;
  readonly securable: string;
  readonly subject: string;
  readonly outcome: string;
  readonly request_id: string;
  readonly count: number;
  readonly details: string;
}

const basic = (name: string, password: string): string =>
  `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;

/** A server with identities, as a client reaches it. */
async function openServer(flags: readonly string[] = []) {
  const home = mkdtempSync(join(tmpdir(), 'slipway-audit-'));
  const config = readConfig(['--home', home, '--auth', 'true', '--log-level', 'silent', ...flags], {
    SLIPWAY_ADMIN_TOKEN: ADMIN_TOKEN,
  });
  const program: Program = await compose(config);
  const call = async (
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'PUT',
    url: string,
    {
      body,
      as = `Bearer ${ADMIN_TOKEN}`,
      headers = {},
    }: { readonly body?: object; readonly as?: string; readonly headers?: Record<string, string> } = {},
  ): Promise<Answer> => {
    const answer = await program.server.inject({
      method,
      url,
      headers: { host: 'localhost', ...(as !== '' && { authorization: as }), ...headers },
      ...(body !== undefined && { payload: body }),
    });
    const isJson = String(answer.headers['content-type']).startsWith('application/json');
    return {
      status: answer.statusCode,
      body: isJson ? (answer.json() as Answer['body']) : { text: answer.body },
    };
  };
  const ok = async (...args: Parameters<typeof call>): Promise<Answer['body']> => {
    const { status, body } = await call(...args);
    expect([args[1], status, body]).toEqual([args[1], expect.toSatisfy((code: number) => code < 300), body]);
    return body;
  };
  const search = async (query = ''): Promise<readonly ShownRecord[]> =>
    (await ok('GET', `/api/slipway/v1/audit${query}`)).records as readonly ShownRecord[];
  return {
    program,
    home,
    call,
    ok,
    search,
    async createUser(name: string) {
      await ok('POST', '/api/2.0/mlflow/users/create', { body: { username: name, password: JANE_PASSWORD } });
      return basic(name, JANE_PASSWORD);
    },
    async close() {
      await program.close();
      rmSync(home, { recursive: true });
    },
  };
}

type Server = Awaited<ReturnType<typeof openServer>>;

describe.each(testedDatabases())('a server with an audit log, on $name', ({ name }) => {
  let opened: OpenedDatabase | undefined;
  let server: Server;
  let jane: string;

  beforeAll(async () => {
    server = await openServer(name === 'postgres' ? ['--database', await freshUrl()] : []);
    jane = await server.createUser('jane@acme.com');
  });
  afterAll(async () => {
    await server.close();
    await opened?.remove();
  });

  /** The address of a database of its own. */
  async function freshUrl(): Promise<string> {
    const tested = testedDatabases().find((each) => each.name === name)!;
    opened = await tested.open();
    const row = await opened.db.read((sql) => sql.get<{ name: string }>('SELECT current_database() AS name'));
    const url = new URL(process.env.SLIPWAY_TEST_POSTGRES!);
    url.pathname = `/${row!.name}`;
    return url.href;
  }

  it('holds who changed rights, from where, on what, by which request, and what they asked for', async () => {
    await server.ok('POST', '/api/2.1/unity-catalog/catalogs', { body: { name: 'prod' } });
    await server.ok('PATCH', '/api/2.1/unity-catalog/permissions/catalog/prod', {
      body: { changes: [{ principal: 'jane@acme.com', add: ['USE_CATALOG'] }] },
      headers: { 'x-request-id': 'grant-1' },
    });
    const [record] = await server.search('?securable=catalog:prod&action=catalog.manage');
    expect(record).toMatchObject({
      principal: 'admin',
      address: '127.0.0.1',
      action: 'catalog.manage',
      route: 'PATCH /api/2.1/unity-catalog/permissions/:type/:name',
      outcome: 'succeeded',
      request_id: expect.stringMatching(/^[0-9a-f]{8}-\d+\/grant-1$/),
      count: 1,
    });
    expect(JSON.parse(record!.details)).toEqual({
      changes: [{ principal: 'jane@acme.com', add: ['USE_CATALOG'] }],
    });
    const [change] = await server.search('?securable=catalog:prod&action=grants.changed');
    expect(change).toMatchObject({
      principal: 'admin',
      address: '127.0.0.1',
      request_id: record!.request_id,
    });
    expect(JSON.parse(change!.details)).toMatchObject({
      change: 'added',
      detail: 'USE_CATALOG',
      name: 'jane@acme.com',
    });
  });

  it('holds what was done, where the query of the call says otherwise', async () => {
    await server.ok('POST', '/api/2.0/secrets/scopes/create', { body: { scope: 'prod-db' } });
    await server.ok(
      'POST',
      '/api/2.0/secrets/acls/put?scope=harmless&principal=admin&permission=READ&statement=SELECT',
      { body: { scope: 'prod-db', principal: 'jane@acme.com', permission: 'MANAGE' } },
    );
    const records = await server.search('?action=secret-scope.manage');
    const [record] = records.filter(({ route }) => route === 'POST /api/2.0/secrets/acls/put');
    expect(record!.subject).toContain('scope=prod-db, scope@query=harmless');
    expect(record!.subject).toContain('principal=jane@acme.com, principal@query=admin');
    expect(JSON.parse(record!.details)).toEqual({ permission: 'MANAGE', 'permission@query': 'READ' });
  });

  it('holds for whom a trusted proxy asks', async () => {
    await server.ok('POST', '/api/2.0/secrets/scopes/create', {
      body: { scope: 'by-proxy' },
      headers: { 'x-forwarded-for': '198.51.100.200' },
    });
    const records = await server.search('?action=secret-scope.manage');
    expect(records.find(({ subject }) => subject === 'scope=by-proxy')).toMatchObject({
      address: '198.51.100.200',
    });
  });

  it('holds failed and refused sign-ins, and no secrets', async () => {
    const path = '/api/slipway/v1/session';
    const body = { user_name: 'jane@acme.com', password: 'not her password 1' };
    expect((await server.call('POST', path, { body, as: '' })).status).toBe(401);
    expect(
      (await server.call('POST', path, { body: { ...body, password: JANE_PASSWORD }, as: '' })).status,
    ).toBe(200);
    expect(
      (
        await server.call('GET', '/api/2.0/mlflow/experiments/search?max_results=1', {
          as: 'Bearer dapi-stolen',
        })
      ).status,
    ).toBe(401);
    const logins = await server.search('?action=login');
    expect(logins.map(({ outcome, principal }) => [outcome, principal])).toEqual(
      expect.arrayContaining([
        ['denied', ''],
        ['succeeded', 'jane@acme.com'],
      ]),
    );
    const all = JSON.stringify(await server.search('?max_results=1000'));
    for (const secret of [JANE_PASSWORD, 'not her password 1', 'dapi-stolen', ADMIN_TOKEN])
      expect(all).not.toContain(secret);
    expect(await server.search('?outcome=denied')).toEqual(
      expect.arrayContaining([expect.objectContaining({ route: 'GET /api/2.0/mlflow/experiments/search' })]),
    );
  });

  it('holds that somebody was turned away, also where they were told that nothing is there', async () => {
    await server.ok('POST', '/api/2.1/unity-catalog/catalogs', { body: { name: 'secret' } });
    const answer = await server.call('GET', '/api/2.1/unity-catalog/catalogs/secret', { as: jane });
    expect(answer.status).toBe(404);
    expect(
      await server.search('?principal=jane@acme.com&outcome=denied&securable=catalog:secret'),
    ).toMatchObject([{ action: 'catalog.see' }]);
  });

  it('holds what is logged once a run and interval, not once a point', async () => {
    const created = await server.ok('POST', '/api/2.0/mlflow/experiments/create', {
      body: { name: 'counted' },
    });
    const experiment = String(created.experiment_id);
    const run = (await server.ok('POST', '/api/2.0/mlflow/runs/create', {
      body: { experiment_id: experiment },
    })) as {
      run: { info: { run_id: string } };
    };
    const runId = run.run.info.run_id;
    for (let step = 0; step < 50; step += 1)
      await server.ok('POST', '/api/2.0/mlflow/runs/log-metric', {
        body: { run_id: runId, key: 'loss', value: 1, timestamp: 1, step },
      });
    await expect
      .poll(
        async () =>
          (await server.search(`?securable=experiment:${experiment}&action=experiment.edit`)).length,
      )
      .toBeGreaterThan(0);
    const records = await server.search(`?securable=experiment:${experiment}&action=experiment.edit`);
    const ofRun = records.filter(({ subject }) => subject.includes(runId));
    expect(ofRun).toHaveLength(1);
    expect(JSON.stringify(records)).not.toContain('loss');
  });

  it('is read by administrators, and by others for what they manage', async () => {
    expect((await server.call('GET', '/api/slipway/v1/audit', { as: jane })).status).toBe(403);
    expect(
      (await server.call('GET', '/api/slipway/v1/audit?securable=catalog:prod', { as: jane })).status,
    ).toBe(403);
    const hidden = await server.call('GET', '/api/slipway/v1/audit?securable=catalog:secret', { as: jane });
    const missing = await server.call('GET', '/api/slipway/v1/audit?securable=catalog:missing', { as: jane });
    expect(hidden).toEqual(missing);
    await server.ok('PATCH', '/api/2.1/unity-catalog/permissions/catalog/prod', {
      body: { changes: [{ principal: 'jane@acme.com', add: ['MANAGE'] }] },
    });
    const shown = await server.call('GET', '/api/slipway/v1/audit?securable=catalog:prod', { as: jane });
    expect(shown.status).toBe(200);
    expect((shown.body.records as ShownRecord[]).every(({ securable }) => securable === 'catalog:prod')).toBe(
      true,
    );
    for (const path of ['audit/verification', 'audit/export'])
      expect((await server.call('GET', `/api/slipway/v1/${path}`, { as: jane })).status).toBe(403);
  });

  it('names the field of a bad question', async () => {
    for (const [query, field] of [
      ['from=yesterday', 'from'],
      ['outcome=maybe', 'outcome'],
      ['max_results=0', 'max_results'],
      ['max_results=1001', 'max_results'],
      ['page_token=x', 'page token'],
    ] as const) {
      const { status, body } = await server.call('GET', `/api/slipway/v1/audit?${query}`);
      expect([query, status]).toEqual([query, 400]);
      expect(String(body.message)).toContain(field);
    }
  });

  it('is given page after page', async () => {
    const seen = new Set<string>();
    let token = '';
    let pages = 0;
    do {
      const body = await server.ok(
        'GET',
        `/api/slipway/v1/audit?max_results=3&until=${Date.now() - 1}${token}`,
      );
      for (const record of body.records as (ShownRecord & { chain: string; seq: number })[]) {
        expect(seen.has(`${record.chain}/${record.seq}`)).toBe(false);
        seen.add(`${record.chain}/${record.seq}`);
      }
      token =
        body.next_page_token === undefined
          ? ''
          : `&page_token=${encodeURIComponent(String(body.next_page_token))}`;
      pages += 1;
    } while (token !== '' && pages < 500);
    expect(seen.size).toBeGreaterThan(6);
    expect(pages).toBe(Math.ceil(seen.size / 3));
  });

  it('answers who could do something at a moment that has passed', async () => {
    const whoCould = async (at: number | undefined) => {
      const time = at === undefined ? '' : `&at=${at}`;
      const { principals } = await server.ok(
        'GET',
        `/api/slipway/v1/access/who-could?action=model.read-files&securable=model:past.ml.x${time}`,
      );
      return (principals as { principal: string; is_admin: boolean; held: object[] }[]).filter(
        ({ is_admin }) => !is_admin,
      );
    };
    const pause = () => new Promise((resolve) => setTimeout(resolve, 30));
    await server.createUser('joe@acme.com');
    const before = Date.now();
    await pause();
    await server.ok('POST', '/api/2.1/unity-catalog/catalogs', { body: { name: 'past' } });
    await server.ok('POST', '/api/2.0/preview/scim/v2/Groups', { body: { displayName: 'Readers' } });
    await server.ok('PATCH', '/api/2.1/unity-catalog/permissions/catalog/past', {
      body: { changes: [{ principal: 'Readers', add: ['USE_CATALOG', 'USE_SCHEMA', 'EXECUTE'] }] },
    });
    const groups = await server.ok(
      'GET',
      '/api/2.0/preview/scim/v2/Groups?filter=displayName%20eq%20%22Readers%22',
    );
    const users = await server.ok(
      'GET',
      '/api/2.0/preview/scim/v2/Users?filter=userName%20eq%20%22joe%40acme.com%22',
    );
    const groupId = (groups.Resources as { id: string }[])[0]!.id;
    const joeId = (users.Resources as { id: string }[])[0]!.id;
    const members = (op: string, more: object) =>
      server.ok('PATCH', `/api/2.0/preview/scim/v2/Groups/${groupId}`, {
        body: { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: [{ op, ...more }] },
      });
    await members('add', { path: 'members', value: [{ value: joeId }] });
    await pause();
    const during = Date.now();
    await pause();
    await members('remove', { path: `members[value eq "${joeId}"]` });
    expect(await whoCould(before)).toEqual([]);
    expect(await whoCould(during)).toMatchObject([
      {
        principal: 'joe@acme.com',
        held: [
          {
            holder: 'Readers',
            securable: 'catalog:past',
            privileges: ['USE_CATALOG', 'USE_SCHEMA', 'EXECUTE'],
          },
        ],
      },
    ]);
    expect(await whoCould(undefined)).toEqual([]);
    // Who is gone could do it all the same.
    await server.ok('DELETE', `/api/2.0/preview/scim/v2/Users/${joeId}`);
    expect(await whoCould(during)).toMatchObject([{ principal: 'joe@acme.com' }]);
  });

  it('leaves out no route that changes something', () => {
    const words = ['open', 'signed', 'filtered', 'admin'] as const;
    const unrecorded = server.program.server.routeTable.flatMap(({ method, path, needs }) => {
      const access =
        words.find((word) => word === needs) ??
        needs.split(' + ').map((action) => ({ action: action as Action, target: () => [] }));
      const isTwin = path.startsWith('/ajax-api/');
      return method === 'GET' ||
        method === 'HEAD' ||
        isTwin ||
        auditClassOf({ method, path, access }) !== 'none'
        ? []
        : [`${method} ${path}`];
    });
    // Who adds a route here says that it changes nothing.
    expect(unrecorded.sort()).toEqual(UNRECORDED);
  });

  it('verifies, and is exported as lines of JSON', async () => {
    const verdict = await server.ok('GET', '/api/slipway/v1/audit/verification');
    expect(verdict).toMatchObject({ whole: true, faults: [] });
    const { text } = await server.ok('GET', '/api/slipway/v1/audit/export');
    const lines = String(text)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string });
    expect(lines.filter(({ type }) => type === 'record').length).toBeGreaterThanOrEqual(
      Number(verdict.records),
    );
  });

  it('bounds the life of new tokens where administrators say so', async () => {
    await server.ok('PATCH', '/api/2.0/workspace-conf', { body: { maxTokenLifetimeDays: '2' } });
    try {
      expect(await server.ok('GET', '/api/2.0/workspace-conf?keys=maxTokenLifetimeDays')).toEqual({
        maxTokenLifetimeDays: '2',
      });
      const create = (lifetime: number | undefined) =>
        server.call('POST', '/api/2.0/token/create', {
          as: jane,
          body: { lifetime_seconds: lifetime, comment: 'x' },
        });
      expect((await create(3 * 86_400)).status).toBe(400);
      expect((await create(86_400)).status).toBe(200);
      const { body } = await create(undefined);
      const { expiry_time: expires } = body.token_info as { expiry_time: number };
      expect(expires - Date.now()).toBeLessThanOrEqual(2 * 86_400_000);
      expect(expires - Date.now()).toBeGreaterThan(86_400_000);
      expect(
        (await server.call('PATCH', '/api/2.0/workspace-conf', { body: { maxTokenLifetimeDays: 'x' } }))
          .status,
      ).toBe(400);
      expect((await server.call('PATCH', '/api/2.0/workspace-conf', { body: { other: 'x' } })).status).toBe(
        400,
      );
      expect((await server.call('GET', '/api/2.0/workspace-conf?keys=other')).status).toBe(400);
    } finally {
      await server.ok('PATCH', '/api/2.0/workspace-conf', { body: { maxTokenLifetimeDays: '0' } });
    }
  });
});

describe('a server where people sign in by an identity provider', () => {
  it('holds that nobody was signed in, though the browser is only sent back', async () => {
    const provider = ['--oidc-issuer', 'http://127.0.0.1:1', '--oidc-client-id', 'slipway'];
    const server = await openServer(provider);
    try {
      const callback = '/api/slipway/v1/session/oidc/callback';
      expect((await server.call('GET', `${callback}?code=x&state=y`, { as: '' })).status).toBe(302);
      await expect
        .poll(() => server.search('?action=login'))
        .toMatchObject([{ route: `GET ${callback}`, outcome: 'denied', principal: '' }]);
    } finally {
      await server.close();
    }
  });
});

describe('a server that may do nothing without a record', () => {
  let server: Server;
  beforeAll(async () => {
    server = await openServer(['--audit', 'required']);
  });
  afterAll(() => server.close());

  it('writes what is attempted before it is done', async () => {
    await server.ok('POST', '/api/2.1/unity-catalog/catalogs', { body: { name: 'kept' } });
    const records = await server.search('?action=metastore.create-catalog');
    expect(records.map(({ outcome }) => outcome)).toEqual(['succeeded', 'attempted']);
  });

  it('refuses, and does nothing, where the log cannot be written; reads go on', async () => {
    const { db } = server.program;
    await db.write((tx) =>
      tx.run(
        `CREATE TRIGGER away BEFORE INSERT ON audit_records BEGIN SELECT RAISE(ABORT, 'the disk is full'); END`,
      ),
    );
    try {
      const refused = await server.call('POST', '/api/2.1/unity-catalog/catalogs', {
        body: { name: 'lost' },
      });
      expect(refused.status).toBe(503);
      expect(String(refused.body.message)).toContain('audit log');
      const run = await server.call('POST', '/api/2.0/mlflow/runs/create', { body: { experiment_id: '0' } });
      expect(run.status).toBe(503);
      expect((await server.call('GET', '/api/2.1/unity-catalog/catalogs/lost')).status).toBe(404);
      expect((await server.call('GET', '/api/2.1/unity-catalog/catalogs/kept')).status).toBe(200);
    } finally {
      await db.write((tx) => tx.run('DROP TRIGGER away'));
    }
    await server.ok('POST', '/api/2.1/unity-catalog/catalogs', { body: { name: 'lost' } });
  });
});
