import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openFiles } from './artifacts/conformance/files.ts';
import { createVolumes, type Volumes } from './artifacts/volumes.ts';
import { type OpenedDatabase, testedDatabases } from './db/conformance/databases.ts';
import type { Database } from './db/port.ts';
import { type Access, fullAccess, LOCAL_USER } from './governance/access.ts';
import { startGovernance } from './governance/conformance/governance.ts';
import type { Governance } from './governance/governance.ts';
import { createTables, type NewTable, type Tables } from './governance/tables.ts';
import { systemClock } from './kernel/clock.ts';
import { createSecretScopes, type SecretScopes } from './secrets/scopes.ts';
import { createSealer } from './secrets/sealer.ts';
import { createWorkspace, type Workspace } from './workspace-files/workspace.ts';
import { parseWorkspacePath } from './workspace-files/workspace-paths.ts';

const HIDDEN = 60;
const everything = fullAccess(LOCAL_USER);

describe.each(testedDatabases())('lists among much that is hidden, on $name', ({ open }) => {
  let opened: OpenedDatabase;
  let governance: Governance;
  let volumes: Volumes;
  let tables: Tables;
  let scopes: SecretScopes;
  let workspace: Workspace;
  let home: Awaited<ReturnType<typeof openFiles>>;
  let jane: Access;
  /** Rows that the last list read, and how often it asked. */
  const asked = { reads: 0, rows: 0 };
  const of = { catalog: 'workspace', schema: 'default' };
  const table: Omit<NewTable, 'name'> = {
    ...of,
    type: 'MANAGED',
    format: 'DELTA',
    location: undefined,
    comment: undefined,
    columns: [],
    properties: {},
  };

  beforeAll(async () => {
    opened = await open();
    const { db } = opened;
    governance = await startGovernance(db);
    const read: Database['read'] = (operation) => {
      asked.reads += 1;
      return db.read((sql) =>
        operation({
          ...sql,
          async all<Row>(...query: Parameters<typeof sql.all>) {
            const rows = await sql.all<Row>(...query);
            asked.rows += rows.length;
            return rows;
          },
        }),
      );
    };
    const watched = { ...governance, db: { ...db, read }, clock: systemClock };
    volumes = createVolumes(watched);
    tables = createTables(watched);
    scopes = createSecretScopes({ ...watched, sealer: createSealer(Buffer.alloc(32, 7)) });
    home = await openFiles(db, systemClock);
    workspace = createWorkspace({
      ...watched,
      files: home.files,
      experiments: { listIn: async () => [], find: async () => undefined },
      numberOf: async (name) => {
        const found = await governance.principals.findByName(name);
        return found && Number(found.id);
      },
    });
    const { id } = await governance.principals.create({ kind: 'user', name: 'jane@acme.com' });
    jane = governance.snapshot.accessOf(id)!;
    const by = { id, kind: 'user' as const, name: 'jane@acme.com', isAdmin: false };
    await volumes.create({ ...of, name: 'zz_hers' }, undefined, by);
    await volumes.create({ ...of, name: 'aa_hers' }, undefined, by);
    for (const name of ['ZZ_hers', 'aa_hers']) await tables.register({ ...table, name }, by);
    await scopes.create({ name: 'Hers', managedByUsers: false }, jane);
    await workspace.list(parseWorkspacePath('/Users'), jane);
  });
  afterAll(async () => {
    home.remove();
    await governance.stop();
    await opened.remove();
  });

  const lists = {
    volumes: async (access: Access) =>
      (await volumes.list(access, of, {})).items.map(({ name }) => name.name),
    tables: async (access: Access) =>
      (await tables.list(access, of, { maxResults: 1000 })).items.map(({ name }) => name),
    'tables of a pattern': async (access: Access) =>
      (await tables.list(access, { ...of, pattern: '%hers' }, { maxResults: 1000 })).items.map(
        ({ name }) => name,
      ),
    scopes: (access: Access) => scopes.list(access),
    homes: async (access: Access) =>
      (await workspace.list(parseWorkspacePath('/Users'), access)).map(({ path }) => path),
    'the root of the workspace': async (access: Access) =>
      (await workspace.list(parseWorkspacePath('/'), access)).map(({ path }) => path),
  };

  async function costsOf(list: (access: Access) => Promise<readonly string[]>) {
    Object.assign(asked, { reads: 0, rows: 0 });
    return { names: await list(jane), ...asked };
  }

  async function hide(): Promise<void> {
    for (let i = 0; i < HIDDEN; i += 1) {
      const name = `hidden_${i}`;
      await volumes.create({ ...of, name }, undefined, LOCAL_USER);
      await tables.register({ ...table, name }, LOCAL_USER);
      await scopes.create({ name, managedByUsers: false }, everything);
      for (const folder of ['/Users', ''])
        await workspace.makeFolder(parseWorkspacePath(`${folder}/${name}`), everything);
    }
  }

  it('read what is seen and nothing else', async () => {
    const before = new Map<string, object>();
    for (const [name, list] of Object.entries(lists)) before.set(name, await costsOf(list));
    expect(before.get('volumes')).toMatchObject({ reads: 1, rows: 2 });
    await hide();
    for (const [name, list] of Object.entries(lists))
      expect([name, await costsOf(list)]).toEqual([name, before.get(name)]);
    expect(
      Object.fromEntries([...before].map(([name, found]) => [name, (found as { names: object }).names])),
    ).toEqual({
      volumes: ['aa_hers', 'zz_hers'],
      tables: ['aa_hers', 'ZZ_hers'],
      'tables of a pattern': ['aa_hers', 'ZZ_hers'],
      scopes: ['Hers'],
      homes: ['Users/jane@acme.com'],
      'the root of the workspace': ['Shared', 'Users'],
    });
  });

  it('show everything to those who see it, and pages of what others see', async () => {
    expect((await volumes.list(everything, of, { limit: 50 })).items).toHaveLength(50);
    expect(await lists.tables(everything)).toHaveLength(HIDDEN + 2);
    expect(await lists.scopes(everything)).toHaveLength(HIDDEN + 1);
    // Jane's, and that of who asks.
    expect((await lists.homes(everything)).length).toBe(HIDDEN + 2);
    const first = await volumes.list(jane, of, { limit: 1 });
    expect([first.items.map(({ name }) => name.name), first.next]).toEqual([['aa_hers'], 'aa_hers']);
    const second = await volumes.list(jane, of, { limit: 1, after: first.next });
    expect([second.items.map(({ name }) => name.name), second.next]).toEqual([['zz_hers'], undefined]);
    await governance.grants.change(
      { type: 'schema', ...of },
      [{ principal: 'jane@acme.com', add: ['READ_VOLUME', 'SELECT'], remove: [] }],
      everything,
    );
    expect(await lists.volumes(jane)).toHaveLength(HIDDEN + 2);
    expect(await lists.tables(jane)).toHaveLength(HIDDEN + 2);
  });
});
