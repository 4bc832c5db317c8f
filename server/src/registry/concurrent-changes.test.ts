import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import { type Access, fullAccess, LOCAL_USER, type Principal } from '../governance/access.ts';
import { startGovernance } from '../governance/conformance/governance.ts';
import type { Governance } from '../governance/governance.ts';
import { AppError } from '../kernel/errors.ts';
import { createTracking } from '../tracking/conformance/tracking.ts';
import { createComments } from './comments.ts';
import { createRegistry, plainName, type Registry, version } from './conformance/registry.ts';
import { type ModelName, securableOf } from './model-names.ts';
import { createSchemaModels } from './schema-models.ts';

const admin: Access = fullAccess(LOCAL_USER);
const inCatalog = (catalog: string, schema: string, model: string): ModelName => ({
  catalog,
  schema,
  model,
  stored: `${catalog}.${schema}.${model}`,
});

/** Two programs on one database, whose requests come together; what each round leaves is the same in any order. */
describe.each(testedDatabases())('what many do to one model at once, on $name', ({ name: engine, open }) => {
  let opened: OpenedDatabase;
  let here: Registry;
  let there: Registry;
  let governance: Governance;

  beforeEach(async () => {
    opened = await open();
    const make = (db: OpenedDatabase['db']) => createRegistry(db, { ownership: governance.ownership });
    governance = await startGovernance(opened.db, {
      contents: [
        createSchemaModels({ deleteModel: (tx, name) => here.governedModels.deleteWithin(tx, name) }),
      ],
    });
    here = make(opened.db);
    there = make(engine === 'sqlite' ? opened.db : opened.reopen());
  });
  afterEach(async () => {
    await governance.stop();
    for (const { pendingCreates } of [here, there]) await pendingCreates.close();
    await opened.remove();
  });

  const create = (name: string) => here.models.create({ name, description: '', tags: [] });
  const user = async (name: string): Promise<Principal> => {
    const { id } = await governance.principals.create({ kind: 'user', name });
    return { ...LOCAL_USER, id, name, kind: 'user' };
  };
  /** What an operation that was refused says; anything but a refusal is a fault. */
  const refusals = (outcomes: readonly PromiseSettledResult<unknown>[]): readonly string[] =>
    outcomes.flatMap((outcome) => {
      if (outcome.status === 'fulfilled') return [];
      if (!(outcome.reason instanceof AppError)) throw outcome.reason;
      return [outcome.reason.code];
    });

  it('leaves one version in a stage that archives the others', async () => {
    await create('staged');
    for (let i = 0; i < 8; i += 1) await here.versions.create(version('staged'));
    for (let round = 0; round < 20; round += 1) {
      await Promise.all(
        Array.from({ length: 8 }, (_, i) =>
          [here, there][i % 2]!.versions.transition('staged', i + 1, {
            stage: 'Production',
            archiveOthers: true,
          }),
        ),
      );
      const page = await here.versions.listOf('staged', { maxResults: 100, pageToken: undefined });
      expect(page.items.filter(({ row }) => row.stage === 'Production')).toHaveLength(1);
    }
  });

  it('never brings back a version that is deleted, and leaves nothing that points at it', async () => {
    await create('kept');
    for (let round = 1; round <= 25; round += 1) {
      await here.versions.create(version('kept'));
      const outcomes = await Promise.allSettled([
        here.aliases.set('kept', 'champion', round),
        there.versions.delete('kept', round),
        here.versions.transition('kept', round, { stage: 'Staging', archiveOthers: false }),
        there.aliases.set('kept', 'challenger', round),
        here.versions.describe('kept', round, 'late'),
      ]);
      for (const code of refusals(outcomes)) expect(code).toBe('NotFound');
      expect(outcomes[1]!.status).toBe('fulfilled');
      await expect(here.versions.get('kept', round)).rejects.toMatchObject({ code: 'NotFound' });
      expect((await here.models.get('kept')).aliases).toEqual([]);
    }
  });

  it('tells whoever comes too late that the model is gone', async () => {
    const comments = createComments({ db: opened.db, clock: { nowMs: Date.now } });
    for (let round = 0; round < 25; round += 1) {
      const name = `gone-${round}`;
      await create(name);
      await here.versions.create(version(name));
      const outcomes = await Promise.allSettled([
        here.versions.create(version(name)),
        there.models.setTag(name, { key: 'k', value: 'v' }),
        there.models.delete(name),
        comments.create(name, 1, { text: 'hello', by: { id: '7', name: 'jane' } }),
        there.versions.create(version(name)),
        here.versions.setTag(name, 1, { key: 'k', value: 'v' }),
        here.aliases.set(name, 'champion', 1),
      ]);
      for (const code of refusals(outcomes)) expect(code).toBe('NotFound');
      await expect(here.models.get(name)).rejects.toMatchObject({ code: 'NotFound' });
    }
  });

  it('gives a model that two rename one of the names, and its owner with it', async () => {
    const jane = await user('jane');
    for (let round = 0; round < 15; round += 1) {
      const from = `old-${round}`;
      await here.governedModels.create({ name: plainName(from), description: null, tags: [], by: jane });
      const names = Array.from({ length: 4 }, (_, i) => `new-${round}-${i}`);
      const outcomes = await Promise.allSettled(
        names.map((to, i) => [here, there][i % 2]!.models.rename(from, to)),
      );
      expect(refusals(outcomes)).toEqual(['NotFound', 'NotFound', 'NotFound']);
      const name = names[outcomes.findIndex(({ status }) => status === 'fulfilled')]!;
      expect((await here.models.get(name)).row.name).toBe(name);
      expect(await governance.grants.ownerOf(securableOf(plainName(name)))).toBe('jane');
    }
  });

  it('deletes no model under a name that it has lost', async () => {
    for (let round = 0; round < 25; round += 1) {
      const [from, to] = [`before-${round}`, `after-${round}`];
      await create(from);
      const outcomes = await Promise.allSettled([there.models.delete(from), here.models.rename(from, to)]);
      expect(refusals(outcomes)).toEqual(['NotFound']);
      const isThere = await here.models.get(to).then(
        () => true,
        () => false,
      );
      expect(isThere).toBe(outcomes[1]!.status === 'fulfilled');
    }
  });

  it('lists every version at the logged model that it was made of', async () => {
    const tracking = createTracking(opened.db);
    const experimentNo = await tracking.experiments.create({ name: 'logged', tags: [] });
    const input = { experimentNo, modelType: undefined, sourceRunId: undefined, params: [], tags: [] };
    const names = Array.from({ length: 8 }, (_, i) => `of-one-${i}`);
    for (const name of names) await create(name);
    for (let round = 1; round <= 10; round += 1) {
      const { row } = await tracking.loggedModels.create({ ...input, name: `model-${round}` });
      const source = `models:/${row.model_id}`;
      await Promise.all(
        names.map((name, i) =>
          [here, there][i % 2]!.versions.create({ ...version(name, source), modelId: row.model_id }),
        ),
      );
      const { tags } = await tracking.loggedModels.get(row.model_id, { allowDeleted: false });
      const linked = JSON.parse(tags.find(({ key }) => key === 'mlflow.modelVersions')!.value) as {
        name: string;
      }[];
      expect(linked.map(({ name }) => name).sort()).toEqual(names);
    }
    await tracking.pendingCreates.close();
  });

  it('leaves no model behind in a catalog that gets another name', async () => {
    for (let round = 0; round < 15; round += 1) {
      const [from, to] = [`from${round}`, `to${round}`];
      await governance.catalogs.create({ name: from }, LOCAL_USER);
      const outcomes = await Promise.allSettled([
        ...Array.from({ length: 6 }, (_, i) =>
          [here, there][i % 2]!.governedModels.create({
            name: inCatalog(from, 'default', `m${i}`),
            description: null,
            tags: [],
            by: LOCAL_USER,
          }),
        ),
        governance.catalogs.update(from, { newName: to }, admin),
      ]);
      for (const code of refusals(outcomes)) expect(code).toBe('NotFound');
      const stray = await opened.db.read((sql) =>
        sql.rows('SELECT name FROM registered_models WHERE schema_name = ?', [`${from}.default`]),
      );
      expect(stray).toEqual([]);
    }
  });

  it('keeps nobody waiting for somebody who waits for them', async () => {
    const jane = await user('jane');
    let made = 0;
    const counted = createRegistry(opened.db, {
      ownership: {
        ...governance.ownership,
        claim(tx, on, owner) {
          made += 1;
          return governance.ownership.claim(tx, on, owner);
        },
      },
    });
    let wanted = 0;
    for (let round = 0; round < 10; round += 1) {
      const schema = `s${round}`;
      await governance.schemas.create({ catalog: 'workspace', name: schema }, LOCAL_USER);
      const creations = Array.from({ length: 3 }, (_, i) =>
        counted.governedModels.create({
          name: inCatalog('workspace', schema, `m${i}`),
          description: null,
          tags: [],
          by: jane,
        }),
      );
      const outcomes = await Promise.allSettled([
        ...creations,
        governance.schemas.delete({ catalog: 'workspace', schema }, { force: true }),
      ]);
      wanted += outcomes.slice(0, 3).filter(({ status }) => status === 'fulfilled').length;
      for (const code of refusals(outcomes)) expect(code).toBe('NotFound');
    }
    // None was ended for another's sake and made again.
    expect(made).toBe(wanted);
    await counted.pendingCreates.close();
  });
});
