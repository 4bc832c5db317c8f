import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import type { Database, Transaction } from '../db/port.ts';
import { fullAccess, LOCAL_USER } from './access.ts';
import { startGovernance } from './conformance/governance.ts';
import { explain } from './explanation.ts';
import type { Governance } from './governance.ts';
import type { PrincipalRecord } from './principals.ts';
import type { Privilege, Securable } from './privileges.ts';
import type { SchemaName } from './schemas.ts';
import { hashSecret } from './tokens.ts';

const PASSWORD = 'correct horse battery';
const system = fullAccess(LOCAL_USER);

describe.each(testedDatabases())('governance on $name', ({ open }) => {
  let opened: OpenedDatabase;
  let governance: Governance;
  let made = 0;
  /** Names of models by schema, for what deletes and renames schemas. */
  const models = new Map<string, Set<string>>();
  const keyOfSchema = ({ catalog, schema }: SchemaName) => `${catalog}.${schema}`;

  beforeAll(async () => {
    opened = await open();
    governance = await startGovernance(opened.db, {
      contents: [
        {
          exist: async (_tx: Transaction, schema) => (models.get(keyOfSchema(schema))?.size ?? 0) > 0,
          delete: async (_tx, schema) => void models.delete(keyOfSchema(schema)),
          rename: async (_tx, from, to) => {
            const inIt = models.get(keyOfSchema(from));
            models.delete(keyOfSchema(from));
            if (inIt !== undefined) models.set(keyOfSchema(to), inIt);
          },
        },
      ],
    });
    await governance.ensureAdministrator({ hasToken: true });
  });
  afterAll(async () => {
    await governance.stop();
    await opened.remove();
  });

  const fresh = (what: string): string => {
    made += 1;
    return `${what}-${made}`;
  };
  const newUser = (): Promise<PrincipalRecord> =>
    governance.principals.create({ kind: 'user', name: `${fresh('user')}@acme.com` });
  const newGroup = (): Promise<PrincipalRecord> =>
    governance.principals.create({ kind: 'group', name: fresh('Group') });
  const newCatalog = async (): Promise<string> =>
    (await governance.catalogs.create({ name: fresh('cat') }, LOCAL_USER)).name;
  const accessOf = ({ id }: PrincipalRecord) => governance.snapshot.accessOf(id)!;
  const grant = (on: Securable, principal: PrincipalRecord, ...add: Privilege[]) =>
    governance.grants.change(on, [{ principal: principal.name, add, remove: [] }], system);

  /** Another process on the same database. */
  async function anotherProcess(): Promise<Governance> {
    const other = await startGovernance(opened.reopen());
    onTestFinished(() => other.stop());
    return other;
  }

  describe('principals', () => {
    it('share one list of names, in any case', async () => {
      const user = await newUser();
      await expect(
        governance.principals.create({ kind: 'group', name: user.name.toUpperCase() }),
      ).rejects.toMatchObject({
        code: 'AlreadyExists',
      });
      expect((await governance.principals.findByName(user.name.toUpperCase()))?.id).toBe(user.id);
    });

    it.each(['', ' jane', 'jane:doe', 'to\u0000ken', 'TOKEN', 'a\u200bdmin', 'x'.repeat(256)])(
      'refuse the user name %j',
      async (name) => {
        await expect(governance.principals.create({ kind: 'user', name })).rejects.toMatchObject({
          code: 'InvalidArgument',
        });
      },
    );

    it('are searched and counted', async () => {
      const mark = fresh('Search');
      for (const end of ['a', 'b', 'c'])
        await governance.principals.create({
          kind: 'group',
          name: `${mark}-${end}`,
          displayName: `Display ${end}`,
        });
      const where = [{ field: 'name', comparison: 'starts-with', value: mark.toLowerCase() }] as const;
      const page = await governance.principals.list({ kind: 'group', where, offset: 1, limit: 1 });
      expect(page.total).toBe(3);
      expect(page.items.map(({ name }) => name)).toEqual([`${mark}-b`]);
      const shown = await governance.principals.list({
        kind: 'group',
        where: [...where, { field: 'displayName', comparison: 'equals', value: 'DISPLAY C' }],
        offset: 0,
        limit: 10,
      });
      expect(shown.items.map(({ name }) => name)).toEqual([`${mark}-c`]);
    });

    it('hold what groups in groups in groups hold', async () => {
      const [user, inner, middle, outer] = [
        await newUser(),
        await newGroup(),
        await newGroup(),
        await newGroup(),
      ];
      await governance.principals.addMembers(inner.id, [user.id]);
      await governance.principals.addMembers(middle.id, [inner.id]);
      await governance.principals.addMembers(outer.id, [middle.id]);
      const on: Securable = { type: 'experiment', experimentNo: 7 };
      await grant(on, outer, 'CAN_READ');
      expect(accessOf(user).decide('experiment.read', on)).toBe('allowed');
      await governance.principals.removeMembers(middle.id, [inner.id]);
      expect(accessOf(user).decide('experiment.read', on)).toBe('hidden');
    });

    it('refuse groups that would hold each other', async () => {
      const [a, b, c] = [await newGroup(), await newGroup(), await newGroup()];
      await governance.principals.addMembers(a.id, [b.id]);
      await governance.principals.addMembers(b.id, [c.id]);
      for (const member of [a, b, c]) {
        await expect(governance.principals.addMembers(c.id, [member.id])).rejects.toMatchObject({
          code: 'InvalidArgument',
        });
      }
    });

    it('refuse a cycle also where both halves of it come at once', async () => {
      const other = await anotherProcess();
      const [a, b] = [await newGroup(), await newGroup()];
      const results = await Promise.allSettled([
        governance.principals.addMembers(a.id, [b.id]),
        other.principals.addMembers(b.id, [a.id]),
      ]);
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    });

    it('leave an administrator who can sign in, whatever is removed', async () => {
      const admins = (await governance.principals.findByName('admins'))!;
      const admin = (await governance.principals.findByName('admin'))!;
      expect(accessOf(admin).principal.isAdmin).toBe(true);
      const refused = { code: 'InvalidState' };
      await expect(governance.principals.removeMembers(admins.id, [admin.id])).rejects.toMatchObject(refused);
      await expect(governance.principals.setMembers(admins.id, [])).rejects.toMatchObject(refused);
      await expect(governance.principals.update(admin.id, { active: false })).rejects.toMatchObject(refused);
      await expect(governance.principals.delete(admin.id)).rejects.toMatchObject(refused);
      await expect(governance.principals.delete(admins.id)).rejects.toMatchObject(refused);
      expect(accessOf(admin).principal.isAdmin).toBe(true);
    });

    it('that are deleted leave what they owned to the administrators, and their grants to nobody', async () => {
      const user = await newUser();
      const catalog = (await governance.catalogs.create({ name: fresh('owned') }, accessOf(user).principal))
        .name;
      const on: Securable = { type: 'experiment', experimentNo: 8 };
      await grant(on, user, 'CAN_READ');
      const access = accessOf(user);
      await governance.principals.delete(user.id);
      expect((await governance.catalogs.get(catalog)).owner).toBe('admins');
      expect(await governance.grants.list({ on })).toEqual([]);
      expect(governance.snapshot.accessOf(user.id)).toBeUndefined();
      // Something of theirs may still run, a stream of events perhaps.
      expect(access.decide('catalog.see', { type: 'catalog', catalog })).toBe('hidden');
      expect(access.visibleExperiments()).toEqual([]);
    });

    it('that are made inactive may do nothing, and get everything back', async () => {
      const user = await newUser();
      await governance.principals.update(user.id, { active: false });
      expect(governance.snapshot.accessOf(user.id)).toBeUndefined();
      await governance.principals.update(user.id, { active: true });
      expect(accessOf(user).principal.name).toBe(user.name);
    });

    it('may swap names', async () => {
      const [a, b] = [await newUser(), await newUser()];
      await governance.principals.update(a.id, { name: fresh('between') });
      await governance.principals.update(b.id, { name: a.name });
      await governance.principals.update(a.id, { name: b.name });
      expect((await governance.principals.findByName(a.name))?.id).toBe(b.id);
      expect(governance.snapshot.current().findByName(b.name)?.no).toBe(Number(a.id));
    });
  });

  describe('tokens', () => {
    it('are told once and kept as hashes', async () => {
      const user = await newUser();
      const { value, info } = await governance.tokens.create({
        principalId: user.id,
        createdById: user.id,
        comment: 'ci',
      });
      expect(value).toMatch(/^dapi[0-9a-f]{32}$/);
      const [kept] = await opened.db.read((sql) =>
        sql.all<object>('SELECT * FROM access_tokens WHERE token_id = ?', [info.id]),
      );
      expect(JSON.stringify(kept)).not.toContain(value.slice(4));
      expect(JSON.stringify(kept)).toContain(hashSecret(value));
      expect((await governance.tokens.list(user.id)).map(({ comment }) => comment)).toEqual(['ci']);
    });

    it('are revoked by their owner, and by nobody else', async () => {
      const [user, other] = [await newUser(), await newUser()];
      const { info } = await governance.tokens.create({ principalId: user.id, createdById: user.id });
      await expect(governance.tokens.revoke(info.id, other.id)).rejects.toMatchObject({ code: 'NotFound' });
      await governance.tokens.revoke(info.id, user.id);
      expect(await governance.tokens.list(user.id)).toEqual([]);
    });

    it('belong to service principals, too, and not to groups', async () => {
      const principal = await governance.principals.create({ kind: 'service-principal', displayName: 'CI' });
      expect(principal.name).toMatch(/^[0-9a-f-]{36}$/);
      await governance.tokens.create({ principalId: principal.id, createdById: '0' });
      await expect(
        governance.tokens.create({ principalId: (await newGroup()).id, createdById: '0' }),
      ).rejects.toMatchObject({ code: 'InvalidArgument' });
    });
  });

  describe('passwords', () => {
    it('are verified, remembered, and forgotten with a change', async () => {
      const user = await newUser();
      await governance.passwords.set(user.id, PASSWORD);
      const first = governance.passwords.verify(user.name, PASSWORD, '10.0.0.1');
      expect(first).toBeInstanceOf(Promise);
      await first;
      expect(governance.passwords.verify(user.name.toUpperCase(), PASSWORD, '10.0.0.1')).toEqual({
        principalId: user.id,
        mustChange: false,
      });
      await governance.passwords.change({
        principalId: user.id,
        oldPassword: PASSWORD,
        newPassword: `${PASSWORD} staple`,
        address: '10.0.0.1',
      });
      await expect(governance.passwords.verify(user.name, PASSWORD, '10.0.0.1')).rejects.toMatchObject({
        code: 'Unauthenticated',
      });
      await governance.passwords.verify(user.name, `${PASSWORD} staple`, '10.0.0.1');
    });

    it.each(['', 'x', 'short', 'aaaaaaaaaaaaaaaa', 'y'.repeat(2000)])('refuse %j', async (password) => {
      const user = await newUser();
      await expect(governance.passwords.set(user.id, password)).rejects.toMatchObject({
        code: 'InvalidArgument',
      });
    });

    it('stop whoever guesses, also with many tries at once, and nobody who knows', async () => {
      const user = await newUser();
      await governance.passwords.set(user.id, PASSWORD);
      await governance.passwords.verify(user.name, PASSWORD, '10.0.0.2');
      const guesses = await Promise.allSettled(
        Array.from({ length: 30 }, (_, i) =>
          governance.passwords.verify(user.name, `wrong guess ${i}`, '10.0.0.3'),
        ),
      );
      const codes = guesses.map((guess) =>
        guess.status === 'rejected' ? (guess.reason as { code: string }).code : 'ok',
      );
      expect(codes.filter((code) => code === 'Unauthenticated')).toHaveLength(10);
      expect(codes.filter((code) => code === 'LimitExceeded')).toHaveLength(20);
      await expect(governance.passwords.verify(user.name, `${PASSWORD}!`, '10.0.0.3')).rejects.toMatchObject({
        code: 'LimitExceeded',
      });
      // The same name from where it is used.
      await governance.passwords.verify(user.name, PASSWORD, '10.0.0.2');
    });

    it('count the failures of names that do not exist alike', async () => {
      const name = fresh('nobody');
      for (let i = 0; i < 10; i += 1) {
        await expect(governance.passwords.verify(name, `guess ${i}`, '10.0.0.4')).rejects.toMatchObject({
          code: 'Unauthenticated',
        });
      }
      await expect(governance.passwords.verify(name, 'guess', '10.0.0.4')).rejects.toMatchObject({
        code: 'LimitExceeded',
      });
    });

    it('take one hashing for threads that begin at once with the same', async () => {
      const user = await newUser();
      await governance.passwords.set(user.id, PASSWORD);
      const all = Array.from({ length: 50 }, () =>
        governance.passwords.verify(user.name, PASSWORD, '10.0.0.5'),
      );
      expect(new Set(all).size).toBe(1);
      await Promise.all(all);
    });
  });

  describe('grants', () => {
    it('are changed by who owns or manages, and by nobody else', async () => {
      const [owner, manager, reader] = [await newUser(), await newUser(), await newUser()];
      const catalog = (await governance.catalogs.create({ name: fresh('cat') }, accessOf(owner).principal))
        .name;
      const on: Securable = { type: 'catalog', catalog };
      const give = (by: PrincipalRecord, to: PrincipalRecord, ...add: Privilege[]) =>
        governance.grants.change(on, [{ principal: to.name, add, remove: [] }], accessOf(by));
      await give(owner, manager, 'MANAGE');
      await give(manager, reader, 'USE_CATALOG', 'ALL_PRIVILEGES');
      await expect(give(reader, reader, 'MANAGE')).rejects.toMatchObject({ code: 'PermissionDenied' });
      await expect(governance.grants.setOwner(on, reader.name, accessOf(reader))).rejects.toMatchObject({
        code: 'PermissionDenied',
      });
      expect(await governance.grants.ownerOf(on)).toBe(owner.name);
    });

    it('are all made or none', async () => {
      const user = await newUser();
      const on: Securable = { type: 'catalog', catalog: await newCatalog() };
      const change = (...changes: { principal: string; add: Privilege[] }[]) =>
        governance.grants.change(
          on,
          changes.map((each) => ({ ...each, remove: [] })),
          system,
        );
      await expect(
        change(
          { principal: user.name, add: ['USE_CATALOG'] },
          { principal: 'nobody@acme.com', add: ['BROWSE'] },
        ),
      ).rejects.toMatchObject({ code: 'NotFound' });
      await expect(change({ principal: user.name, add: ['USE_CATALOG', 'CAN_READ'] })).rejects.toMatchObject({
        code: 'InvalidArgument',
      });
      await expect(change({ principal: user.name, add: ['OWNER'] })).rejects.toMatchObject({
        code: 'InvalidArgument',
      });
      expect(await governance.grants.list({ on })).toEqual([]);
    });

    it('of two people at once are both made', async () => {
      const other = await anotherProcess();
      const [a, b] = [await newUser(), await newUser()];
      const on: Securable = { type: 'experiment', experimentNo: 9 };
      await Promise.all([
        grant(on, a, 'CAN_READ'),
        other.grants.change(
          on,
          [
            { principal: b.name, add: ['CAN_EDIT'], remove: [] },
            { principal: a.name, add: ['CAN_READ'], remove: [] },
          ],
          system,
        ),
      ]);
      // Reads of one turn of the event loop share their view of the file.
      await sleep(10);
      const held = await governance.grants.list({ on });
      expect(new Map(held.map(({ principal, privileges }) => [principal, privileges]))).toEqual(
        new Map([
          [a.name, ['CAN_READ']],
          [b.name, ['CAN_EDIT']],
        ]),
      );
    });

    it('tell where they come from', async () => {
      const user = await newUser();
      const catalog = await newCatalog();
      const on: Securable = { type: 'model', catalog, schema: 'default', name: 'fraud' };
      await grant({ type: 'catalog', catalog }, user, 'USE_CATALOG', 'EXECUTE');
      await grant(on, user, 'APPLY_TAG');
      const [held] = await governance.grants.listEffective({ on, principal: user.name });
      expect(held?.privileges).toEqual([
        { privilege: 'APPLY_TAG', inheritedFrom: undefined },
        { privilege: 'USE_CATALOG', inheritedFrom: { type: 'catalog', catalog } },
        { privilege: 'EXECUTE', inheritedFrom: { type: 'catalog', catalog } },
      ]);
    });

    it('on a thing that is renamed go along, and on one that is deleted are gone', async () => {
      const user = await newUser();
      const at = (name: string): Securable => ({
        type: 'model',
        catalog: 'workspace',
        schema: 'default',
        name,
      });
      const sees = (name: string) => accessOf(user).decide('model.see', at(name));
      const [before, after] = [fresh('m'), fresh('m')];
      await opened.db.write((tx) => governance.ownership.claim(tx, at(before), user));
      expect(sees(before)).toBe('allowed');
      await opened.db.write((tx) => governance.ownership.move(tx, at(before), at(after)));
      expect([sees(before), sees(after)]).toEqual(['hidden', 'allowed']);
      await opened.db.write((tx) => governance.ownership.drop(tx, [at(after)]));
      expect(sees(after)).toBe('hidden');
      await governance.snapshot.refresh();
      expect([sees(before), sees(after)]).toEqual(['hidden', 'hidden']);
    });

    it('from before say nothing about a new thing of the same name', async () => {
      const [earlier, later] = [await newUser(), await newUser()];
      const name = fresh('again');
      await grant({ type: 'catalog', catalog: name }, earlier, 'ALL_PRIVILEGES');
      await governance.catalogs.create({ name }, accessOf(later).principal);
      expect(accessOf(earlier).decide('catalog.see', { type: 'catalog', catalog: name })).toBe('hidden');
    });
  });

  describe('catalogs and schemas', () => {
    it('keep their spelling and are the same in any case', async () => {
      const name = fresh('Prod');
      const catalog = await governance.catalogs.create(
        { name, comment: 'c', properties: { a: 'b' } },
        LOCAL_USER,
      );
      expect(catalog).toMatchObject({ name, comment: 'c', properties: { a: 'b' }, owner: 'admins' });
      await expect(
        governance.catalogs.create({ name: name.toUpperCase() }, LOCAL_USER),
      ).rejects.toMatchObject({
        code: 'AlreadyExists',
      });
      await governance.schemas.create({ catalog: name.toLowerCase(), name: 'ML' }, LOCAL_USER);
      expect(await governance.schemas.get({ catalog: name, schema: 'ml' })).toMatchObject({
        catalog: name,
        name: 'ML',
      });
      expect(governance.snapshot.spelling({ catalog: name.toUpperCase(), schema: 'mL' })).toEqual({
        catalog: name,
        schema: 'ML',
      });
    });

    it.each(['', 'a.b', 'a/b', 'a b', 'a`b', 'x'.repeat(256), 'a\u0000'])(
      'refuse the name %j',
      async (name) => {
        const refused = { code: 'InvalidArgument' };
        await expect(governance.catalogs.create({ name }, LOCAL_USER)).rejects.toMatchObject(refused);
        await expect(
          governance.schemas.create({ catalog: 'workspace', name }, LOCAL_USER),
        ).rejects.toMatchObject(refused);
      },
    );

    it('reserve information_schema, and keep workspace.default', async () => {
      await expect(
        governance.schemas.create({ catalog: 'workspace', name: 'Information_Schema' }, LOCAL_USER),
      ).rejects.toMatchObject({ code: 'InvalidArgument' });
      const refused = { code: 'InvalidState' };
      await expect(governance.catalogs.delete('Workspace', { force: true })).rejects.toMatchObject(refused);
      await expect(
        governance.schemas.delete({ catalog: 'workspace', schema: 'Default' }, { force: true }),
      ).rejects.toMatchObject(refused);
      await expect(
        governance.catalogs.update('workspace', { newName: 'other' }, system),
      ).rejects.toMatchObject(refused);
    });

    it('are listed to those who see them, in pages that tell nothing of the rest', async () => {
      const user = await newUser();
      const mark = fresh('page');
      const visible: string[] = [];
      for (let i = 0; i < 10; i += 1) {
        const { name } = await governance.catalogs.create({ name: `${mark}-${i}` }, LOCAL_USER);
        if (i % 3 !== 0) continue;
        visible.push(name);
        await grant({ type: 'catalog', catalog: name }, user, 'USE_CATALOG');
      }
      const listed: string[] = [];
      let pageToken: string | undefined;
      do {
        const page = await governance.catalogs.list(accessOf(user), { maxResults: 2, pageToken });
        listed.push(...page.items.map(({ name }) => name));
        pageToken = page.nextPageToken;
      } while (pageToken !== undefined);
      expect(listed).toEqual([...visible, 'workspace']);
      const schemas = await governance.schemas.list(accessOf(user), visible[0]!, { maxResults: 10 });
      expect(schemas.items).toEqual([]);
    });

    it('are deleted empty, or by force with all rights in them', async () => {
      const user = await newUser();
      const catalog = await newCatalog();
      await governance.schemas.create({ catalog, name: 'ml' }, LOCAL_USER);
      const on: Securable = { type: 'model', catalog, schema: 'ml', name: 'fraud' };
      await grant(on, user, 'EXECUTE');
      models.set(`${catalog}.ml`, new Set(['fraud']));
      const refused = { code: 'InvalidState' };
      await expect(governance.catalogs.delete(catalog, { force: false })).rejects.toMatchObject(refused);
      await expect(
        governance.schemas.delete({ catalog, schema: 'ml' }, { force: false }),
      ).rejects.toMatchObject(refused);
      await governance.catalogs.delete(catalog, { force: true });
      expect(models.has(`${catalog}.ml`)).toBe(false);
      expect(await governance.grants.list({ on })).toEqual([]);
      expect(governance.snapshot.hasCatalog(catalog)).toBe(false);
      await expect(governance.catalogs.get(catalog)).rejects.toMatchObject({ code: 'NotFound' });
    });

    it('are renamed with all rights in them', async () => {
      const user = await newUser();
      const before = await newCatalog();
      const after = fresh('renamed');
      await grant({ type: 'catalog', catalog: before }, user, 'USE_CATALOG', 'USE_SCHEMA');
      await grant({ type: 'model', catalog: before, schema: 'default', name: 'Fraud' }, user, 'EXECUTE');
      await governance.catalogs.update(before, { newName: after }, system);
      const reads = (catalog: string) =>
        accessOf(user).decide('model.read-files', {
          type: 'model',
          catalog,
          schema: 'default',
          name: 'Fraud',
        });
      expect([reads(before), reads(after)]).toEqual(['hidden', 'allowed']);
      await governance.schemas.update({ catalog: after, schema: 'default' }, { newName: 'ml' }, system);
      expect(
        accessOf(user).decide('model.read-files', {
          type: 'model',
          catalog: after,
          schema: 'ml',
          name: 'Fraud',
        }),
      ).toBe('allowed');
      expect(accessOf(user).visibleModels()).toMatchObject({ models: [`${after}.ml.Fraud`] });
    });

    it('are given to another owner by their owner', async () => {
      const [owner, next] = [await newUser(), await newUser()];
      const { name } = await governance.catalogs.create({ name: fresh('cat') }, accessOf(owner).principal);
      expect((await governance.catalogs.update(name, { owner: next.name }, accessOf(owner))).owner).toBe(
        next.name,
      );
      await expect(
        governance.catalogs.update(name, { owner: owner.name }, accessOf(owner)),
      ).rejects.toMatchObject({
        code: 'PermissionDenied',
      });
    });
  });

  describe('what is visible', () => {
    it('is what was granted, in sets for searches', async () => {
      const user = await newUser();
      const catalog = await newCatalog();
      expect(accessOf(user).visibleExperiments()).toEqual([]);
      expect(accessOf(user).visibleModels()).toEqual({ schemas: [], models: [] });
      await grant({ type: 'experiment', experimentNo: 12 }, user, 'CAN_READ');
      await grant({ type: 'experiment', experimentNo: 3 }, user, 'CAN_EDIT');
      await grant({ type: 'catalog', catalog }, user, 'USE_CATALOG', 'USE_SCHEMA', 'EXECUTE');
      await grant({ type: 'model', catalog: 'workspace', schema: 'default', name: 'a.b' }, user, 'EXECUTE');
      expect(accessOf(user).visibleExperiments()).toEqual([3, 12]);
      expect(accessOf(user).visibleModels()).toEqual({ schemas: [`${catalog}.default`], models: ['a.b'] });
      await grant({ type: 'workspace' }, user, 'CAN_READ');
      expect(accessOf(user).visibleExperiments()).toBe('all');
    });

    it('is explained from grants alone', async () => {
      const [user, group] = [await newUser(), await newGroup()];
      await governance.principals.addMembers(group.id, [user.id]);
      const catalog = await newCatalog();
      await grant({ type: 'catalog', catalog }, group, 'USE_CATALOG', 'EXECUTE');
      const on: Securable = { type: 'model', catalog, schema: 'default', name: 'fraud' };
      const why = explain(governance.snapshot.current(), {
        principalNo: Number(user.id),
        action: 'model.read-files',
        on,
      });
      expect(why).toMatchObject({
        decision: 'hidden',
        grants: [
          { privilege: 'USE_CATALOG', holder: group.name },
          { privilege: 'EXECUTE', holder: group.name },
        ],
        missing: [{ on: { type: 'schema' } }],
      });
    });
  });

  describe('another process', () => {
    /** Until it holds, for a second: what is promised. */
    async function within1s(holds: () => boolean): Promise<void> {
      const until = performance.now() + 1000;
      while (!holds() && performance.now() < until) await sleep(10);
      expect(holds()).toBe(true);
    }

    it('stops a revoked grant, a revoked token and a removed member within a second', async () => {
      const other = await anotherProcess();
      const [user, group] = [await newUser(), await newGroup()];
      await governance.principals.addMembers(group.id, [user.id]);
      const on: Securable = { type: 'experiment', experimentNo: 20 };
      await grant(on, user, 'CAN_READ');
      await grant({ type: 'experiment', experimentNo: 21 }, group, 'CAN_READ');
      const { value, info } = await governance.tokens.create({ principalId: user.id, createdById: user.id });
      const visible = () => other.snapshot.accessOf(user.id)?.visibleExperiments() ?? [];
      await within1s(() => visible().length === 2 && other.snapshot.current().tokens.has(hashSecret(value)));
      await governance.grants.change(on, [{ principal: user.name, add: [], remove: ['CAN_READ'] }], system);
      expect(accessOf(user).decide('experiment.read', on)).toBe('hidden');
      await within1s(() => other.snapshot.accessOf(user.id)?.decide('experiment.read', on) === 'hidden');
      await governance.tokens.revoke(info.id);
      expect(governance.snapshot.current().tokens.has(hashSecret(value))).toBe(false);
      await within1s(() => !other.snapshot.current().tokens.has(hashSecret(value)));
      await governance.principals.removeMembers(group.id, [user.id]);
      await within1s(() => visible().length === 0);
      await governance.principals.delete(user.id);
      await within1s(() => other.snapshot.accessOf(user.id) === undefined);
    });

    it('drops a password that was changed within a second', async () => {
      const other = await anotherProcess();
      const user = await newUser();
      await governance.passwords.set(user.id, PASSWORD);
      await within1s(() => other.snapshot.current().findByName(user.name)?.passwordHash !== undefined);
      await other.passwords.verify(user.name, PASSWORD, '10.0.0.6');
      const { secret } = await governance.sessions.start(user.id);
      await within1s(() => other.snapshot.current().sessions.has(hashSecret(secret)));
      await governance.passwords.set(user.id, `${PASSWORD} new`);
      await within1s(() => other.passwords.verify(user.name, PASSWORD, '10.0.0.6') instanceof Promise);
      await expect(other.passwords.verify(user.name, PASSWORD, '10.0.0.6')).rejects.toMatchObject({
        code: 'Unauthenticated',
      });
      expect(other.snapshot.current().sessions.has(hashSecret(secret))).toBe(false);
    });

    it('knows of catalogs that were made, renamed and deleted', async () => {
      const other = await anotherProcess();
      const name = await newCatalog();
      await within1s(() => other.snapshot.hasCatalog(name));
      const after = fresh('moved');
      await governance.catalogs.update(name, { newName: after }, system);
      await within1s(() => !other.snapshot.hasCatalog(name) && other.snapshot.hasCatalog(after));
      await governance.catalogs.delete(after, { force: true });
      await within1s(() => !other.snapshot.hasCatalog(after));
    });

    it('reads everything again where it has missed too much', async () => {
      const other = await anotherProcess();
      await other.stop();
      const user = await newUser();
      for (let i = 0; i < 30; i += 1)
        await grant({ type: 'experiment', experimentNo: 100 + i }, user, 'CAN_READ');
      await opened.db.write((tx) =>
        tx.run(
          'DELETE FROM governance_changes WHERE change_no < (SELECT max(change_no) FROM governance_changes)',
        ),
      );
      await other.snapshot.refresh();
      expect(other.snapshot.accessOf(user.id)?.visibleExperiments()).toHaveLength(30);
    });
  });

  it('notes who asked beside the changes of that request, and beside nobody else’s', async () => {
    const asker = { principal: 'jane@acme.com', principalId: '7', address: '10.0.0.7', requestId: 'r-1' };
    const asked = await startGovernance(opened.db, { askers: { current: () => asker } });
    onTestFinished(() => asked.stop());
    const { id } = await newUser();
    const on = (which: string) => `catalog:${which}-${id}`;
    const add = (tx: Transaction, securable: string) =>
      tx.run('INSERT INTO grants (securable, principal_no, privilege) VALUES (?, ?, ?)', [
        securable,
        Number(id),
        'BROWSE',
      ]);
    /** Another program, which is let in between only where the database serves several. */
    const other = opened.reopen();
    await other.write((tx) => add(tx, on('before')));
    await asked.write(async (tx) => {
      await add(tx, on('first'));
      if (tx.dialect.name === 'postgres') await other.write((theirs) => add(theirs, on('meanwhile')));
      await add(tx, on('last'));
    });
    const noted = await opened.db.read((sql) =>
      sql.all<{ subject: string; asker: string | null }>(
        `SELECT subject, asker FROM audit_outbox WHERE kind = 'grant' AND principal_no = ?`,
        [Number(id)],
      ),
    );
    const askers = new Map(noted.map(({ subject, asker: text }) => [subject, text && JSON.parse(text)]));
    expect(askers.get(on('first'))).toEqual(asker);
    expect(askers.get(on('last'))).toEqual(asker);
    expect([askers.get(on('before')), askers.get(on('meanwhile')) ?? null]).toEqual([null, null]);
  });

  it('refuses to tell anything when it has not heard from the database for five seconds', async () => {
    let nowMs = 0;
    let isDown = false;
    const flaky: Database = {
      ...opened.db,
      read: (operation) => (isDown ? Promise.reject(new Error('gone')) : opened.db.read(operation)),
      write: (operation) => opened.db.write(operation),
    };
    const other = await startGovernance(flaky, { monotonicMs: () => nowMs });
    onTestFinished(() => other.stop());
    const admin = (await governance.principals.findByName('admin'))!;
    const access = other.snapshot.accessOf(admin.id)!;
    expect(other.snapshot.overdueLook()).toBeUndefined();
    isDown = true;
    nowMs = 5001;
    expect(() => other.snapshot.accessOf(admin.id)).toThrow(expect.objectContaining({ code: 'Unavailable' }));
    expect(() => access.decide('experiment.read', { type: 'experiment', experimentNo: 1 })).toThrow(
      expect.objectContaining({ code: 'Unavailable' }),
    );
    // It looks once; from then on nobody waits for what is lost.
    await other.snapshot.overdueLook();
    expect(other.snapshot.overdueLook()).toBeUndefined();
    expect(() => other.snapshot.accessOf(admin.id)).toThrow(expect.objectContaining({ code: 'Unavailable' }));
    isDown = false;
    await other.snapshot.refresh();
    expect(other.snapshot.accessOf(admin.id)).toBeDefined();
  });

  it('looks before it tells anything where it had no time to for five seconds', async () => {
    let nowMs = 0;
    const other = await startGovernance(opened.db, { monotonicMs: () => nowMs });
    onTestFinished(() => other.stop());
    const admin = (await governance.principals.findByName('admin'))!;
    nowMs = 60_000;
    expect(() => other.snapshot.accessOf(admin.id)).toThrow(expect.objectContaining({ code: 'Unavailable' }));
    await other.snapshot.overdueLook();
    expect(other.snapshot.accessOf(admin.id)).toBeDefined();
    expect(other.snapshot.overdueLook()).toBeUndefined();
  });
});
