import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import { invalidState } from '../kernel/errors.ts';
import { createTracking, type Tracking } from '../tracking/conformance/tracking.ts';
import { createRegistry, type Registry, version } from './conformance/registry.ts';
import { PROMPT_TAG, PROMPT_TEXT_TAG } from './model-rules.ts';

const PROMPT = { key: PROMPT_TAG, value: 'true' };
const everything = {
  filter: undefined,
  orderBy: [],
  maxResults: 1000,
  pageToken: undefined,
  visible: 'all',
} as const;

describe.each(testedDatabases())('the model registry on $name', ({ open }) => {
  let opened: OpenedDatabase;
  let registry: Registry;
  let tracking: Tracking;
  let made = 0;

  beforeAll(async () => {
    opened = await open();
    registry = createRegistry(opened.db);
    tracking = createTracking(opened.db);
    await tracking.experiments.ensureDefault();
  });
  afterAll(() => opened.remove());

  async function newModel(tags: readonly { key: string; value: string }[] = []): Promise<string> {
    made += 1;
    const name = `model-${made}`;
    await registry.models.create({ name, description: '', tags });
    return name;
  }

  async function newVersions(name: string, count: number): Promise<void> {
    for (let i = 0; i < count; i += 1) await registry.versions.create(version(name));
  }

  const numbersOf = async (name: string) => {
    const page = await registry.versions.search({
      ...everything,
      filter: `name = '${name}'`,
      orderBy: ['version_number'],
    });
    return page.items.map(({ row }) => row.version);
  };

  it('refuses a second model of a name', async () => {
    const name = await newModel();
    await expect(registry.models.create({ name, description: '', tags: [] })).rejects.toMatchObject({
      code: 'AlreadyExists',
    });
  });

  it('gives versions that are created at once one number each, without gaps', async () => {
    const names = [await newModel(), await newModel()];
    const created = await Promise.all(
      Array.from({ length: 40 }, (_, i) => registry.versions.create(version(names[i % 2]!))),
    );
    for (const name of names) {
      const numbers = created.filter(({ row }) => row.name === name).map(({ row }) => row.version);
      expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    }
  });

  it('fails a version of an unknown model alone', async () => {
    const name = await newModel();
    const [good, bad] = await Promise.allSettled([
      registry.versions.create(version(name)),
      registry.versions.create(version('no such model')),
    ]);
    expect(good).toMatchObject({ status: 'fulfilled', value: { row: { version: 1 } } });
    expect(bad).toMatchObject({ status: 'rejected', reason: { code: 'NotFound' } });
  });

  it('never gives a number twice while the model lives, and starts anew when it is made again', async () => {
    const name = await newModel();
    await newVersions(name, 2);
    await registry.versions.delete(name, 2);
    expect((await registry.versions.create(version(name))).row.version).toBe(3);
    await registry.models.delete(name);
    await registry.models.create({ name, description: '', tags: [] });
    expect((await registry.versions.create(version(name))).row.version).toBe(1);
  });

  it('keeps the row of a deleted version, emptied, and shows it nowhere', async () => {
    const name = await newModel();
    await registry.versions.create({
      ...version(name, 's3://secret/x'),
      tags: [{ key: 'k', value: 'secret' }],
    });
    await registry.versions.transition(name, 1, { stage: 'Production', archiveOthers: false });
    await registry.aliases.set(name, 'champion', 1);
    await registry.versions.delete(name, 1);
    await expect(registry.versions.get(name, 1)).rejects.toMatchObject({ code: 'NotFound' });
    await expect(registry.versions.downloadUri(name, 1)).rejects.toMatchObject({ code: 'NotFound' });
    await expect(registry.aliases.set(name, 'a', 1)).rejects.toMatchObject({ code: 'NotFound' });
    await expect(registry.aliases.resolve(name, 'champion')).rejects.toMatchObject({
      code: 'InvalidArgument',
    });
    expect(await registry.models.latestVersions(name, [])).toEqual([]);
    expect(await numbersOf(name)).toEqual([]);
    const kept = await opened.db.read((sql) =>
      sql.all<Record<string, unknown>>(
        'SELECT v.* FROM model_versions v JOIN registered_models m ON m.model_no = v.model_no WHERE m.name = ?',
        [name],
      ),
    );
    expect(kept).toHaveLength(1);
    expect(
      JSON.stringify(kept, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)),
    ).not.toContain('secret');
  });

  it('takes versions, tags and aliases along when a model is renamed', async () => {
    const name = await newModel([{ key: 'k', value: 'v' }]);
    await newVersions(name, 1);
    await registry.aliases.set(name, 'champion', 1);
    await registry.models.rename(name, `${name}-new`);
    const renamed = await registry.models.get(`${name}-new`);
    expect(renamed.tags).toEqual([{ key: 'k', value: 'v' }]);
    expect((await registry.aliases.resolve(`${name}-new`, 'champion')).row.name).toBe(`${name}-new`);
    await expect(registry.models.get(name)).rejects.toMatchObject({ code: 'NotFound' });
    const other = await newModel();
    await expect(registry.models.rename(other, `${name}-new`)).rejects.toMatchObject({
      code: 'AlreadyExists',
    });
  });

  it('finds the newest version of every stage', async () => {
    const name = await newModel();
    await newVersions(name, 5);
    for (const number of [1, 3]) {
      await registry.versions.transition(name, number, { stage: 'production', archiveOthers: false });
    }
    await registry.versions.transition(name, 2, { stage: 'STAGING', archiveOthers: false });
    const latest = async (...stages: string[]) =>
      (await registry.models.latestVersions(name, stages)).map(({ row }) => [row.stage, row.version]);
    expect(await latest()).toEqual([
      ['Staging', 2],
      ['Production', 3],
      ['None', 5],
    ]);
    expect(await latest('production', 'Production')).toEqual([['Production', 3]]);
    await expect(latest('live')).rejects.toMatchObject({ code: 'InvalidArgument' });
  });

  it('archives the others of a stage when asked, and only in the active stages', async () => {
    const name = await newModel();
    await newVersions(name, 3);
    for (const number of [1, 2]) {
      await registry.versions.transition(name, number, { stage: 'Staging', archiveOthers: false });
    }
    await registry.versions.transition(name, 3, { stage: 'Staging', archiveOthers: true });
    const stages = await Promise.all(
      [1, 2, 3].map(async (number) => (await registry.versions.get(name, number)).row.stage),
    );
    expect(stages).toEqual(['Archived', 'Archived', 'Staging']);
    await expect(
      registry.versions.transition(name, 1, { stage: 'None', archiveOthers: true }),
    ).rejects.toMatchObject({ code: 'Contradictory' });
  });

  it('moves an alias, resolves latest to the highest number, and forgets quietly', async () => {
    const name = await newModel();
    await expect(registry.aliases.resolve(name, 'latest')).rejects.toMatchObject({ code: 'NotFound' });
    await newVersions(name, 2);
    await registry.aliases.set(name, 'champion', 1);
    await registry.aliases.set(name, 'champion', 2);
    expect((await registry.aliases.resolve(name, 'champion')).row.version).toBe(2);
    expect((await registry.aliases.resolve(name, 'LATEST')).row.version).toBe(2);
    expect((await registry.versions.get(name, 1)).aliases).toEqual([]);
    expect((await registry.versions.get(name, 2)).aliases).toEqual(['champion']);
    await registry.aliases.delete(name, 'champion');
    await registry.aliases.delete(name, 'champion');
    await expect(registry.aliases.resolve(name, 'champion')).rejects.toMatchObject({
      code: 'InvalidArgument',
    });
    await expect(registry.aliases.resolve('no such model', 'champion')).rejects.toMatchObject({
      code: 'NotFound',
    });
  });

  it('leaves prompts out of searches unless the filter asks for them', async () => {
    const plain = await newModel();
    const prompt = await newModel([PROMPT]);
    await newVersions(plain, 1);
    await registry.versions.create({
      ...version(prompt, 'dummy-source'),
      tags: [PROMPT, { key: PROMPT_TEXT_TAG, value: 'Hello' }],
    });
    const found = async (filter: string | undefined) => {
      const models = (await registry.models.search({ ...everything, filter })).items.map(
        ({ row }) => row.name,
      );
      const versions = (await registry.versions.search({ ...everything, filter })).items.map(
        ({ row }) => row.name,
      );
      return [plain, prompt].map((name) => [models.includes(name), versions.includes(name)]);
    };
    const onlyPlain = [
      [true, true],
      [false, false],
    ];
    const onlyPrompts = [
      [false, false],
      [true, true],
    ];
    const tag = `tags.\`${PROMPT_TAG}\``;
    expect(await found(undefined)).toEqual(onlyPlain);
    expect(await found(`${tag} != 'true'`)).toEqual(onlyPlain);
    expect(await found(`${tag} = 'false' AND name LIKE 'model-%'`)).toEqual(onlyPlain);
    expect(await found(`${tag} = 'true'`)).toEqual(onlyPrompts);
    expect(await found(`${tag} = 'True' AND name = '${prompt}'`)).toEqual([
      [false, false],
      [false, false],
    ]);
    expect(await found(`${tag} IS NULL OR ${tag} = 'true'`)).toEqual([
      [true, true],
      [true, true],
    ]);
  });

  it('lets nobody pass a path off as a prompt', async () => {
    const name = await newModel();
    const asPrompt = { ...version(name, '/etc/passwd'), tags: [PROMPT] };
    await expect(registry.versions.create(asPrompt)).rejects.toMatchObject({ code: 'InvalidArgument' });
    await expect(
      registry.versions.create({
        ...asPrompt,
        tags: [PROMPT, { ...PROMPT, value: 'false' }],
        source: 'dummy-source',
      }),
    ).rejects.toMatchObject({ code: 'InvalidArgument' });
  });

  it('pages through models without a gap, and gives a token for a page of none', async () => {
    for (let i = 0; i < 5; i += 1) await newModel([{ key: 'paged', value: 'yes' }]);
    const filter = "tags.paged = 'yes'";
    const names: string[] = [];
    let pageToken: string | undefined;
    do {
      const page = await registry.models.search({ ...everything, filter, maxResults: 2, pageToken });
      names.push(...page.items.map(({ row }) => row.name));
      pageToken = page.nextPageToken;
    } while (pageToken !== undefined);
    expect(new Set(names).size).toBe(5);
    const none = await registry.models.search({ ...everything, filter, maxResults: 0 });
    expect([none.items.length, none.nextPageToken === undefined]).toEqual([0, false]);
    for (const maxResults of [-1, 1001]) {
      await expect(registry.models.search({ ...everything, maxResults })).rejects.toMatchObject({
        code: 'InvalidArgument',
      });
    }
  });

  describe('versions and where they come from', () => {
    async function loggedModel() {
      const run = (await tracking.runs.create({ experimentNo: 0, startTimeMs: 1, tags: [] })).run;
      const model = await tracking.loggedModels.create({
        experimentNo: 0,
        name: 'net',
        modelType: undefined,
        sourceRunId: run.runId,
        params: [],
        tags: [],
      });
      return { runId: run.runId, modelId: model.row.model_id };
    }

    it('fills in run and files of a logged model, and lists the version on it', async () => {
      const { runId, modelId } = await loggedModel();
      const name = await newModel();
      for (let i = 0; i < 2; i += 1) {
        const created = await registry.versions.create({ ...version(name, `models:/${modelId}`), modelId });
        expect(created.row.run_id).toBe(runId);
      }
      expect(await registry.versions.downloadUri(name, 1)).toBe(
        `mlflow-artifacts:/0/models/${modelId}/artifacts`,
      );
      const { tags } = await tracking.loggedModels.get(modelId, { allowDeleted: false });
      expect(JSON.parse(tags.find(({ key }) => key === 'mlflow.modelVersions')!.value)).toEqual([
        { name, version: 1 },
        { name, version: 2 },
      ]);
    });

    it('refuses a logged model that is unknown or in the trash, and creates nothing', async () => {
      const { modelId } = await loggedModel();
      await tracking.loggedModels.delete(modelId);
      const name = await newModel();
      for (const source of [`models:/${modelId}`, 's3://bucket/x']) {
        await expect(registry.versions.create({ ...version(name, source), modelId })).rejects.toMatchObject({
          code: 'NotFound',
        });
      }
      expect(await numbersOf(name)).toEqual([]);
    });

    it('inherits run, logged model and files from the version that it copies', async () => {
      const { runId, modelId } = await loggedModel();
      const origin = await newModel();
      await registry.versions.create({ ...version(origin, `models:/${modelId}`), modelId });
      await registry.aliases.set(origin, 'champion', 1);
      const name = await newModel();
      for (const reference of ['1', 'latest', 'None']) {
        const { row } = await registry.versions.create(version(name, `models:/${origin}/${reference}`));
        expect(row).toMatchObject({ source: `models:/${origin}/1`, run_id: runId, logged_model_id: modelId });
      }
      const byAlias = await registry.versions.create(version(name, `models:/${origin}@champion`));
      expect(await registry.versions.downloadUri(name, byAlias.row.version)).toBe(
        `mlflow-artifacts:/0/models/${modelId}/artifacts`,
      );
      const { tags } = await tracking.loggedModels.get(modelId, { allowDeleted: false });
      expect(JSON.parse(tags.find(({ key }) => key === 'mlflow.modelVersions')!.value)).toEqual([
        { name: origin, version: 1 },
      ]);
      for (const other of [{ runId: 'c'.repeat(32) }, { modelId: `m-${'c'.repeat(32)}` }]) {
        await expect(
          registry.versions.create({ ...version(name, `models:/${origin}/1`), ...other }),
        ).rejects.toMatchObject({ code: 'InvalidArgument', message: expect.stringContaining('must match') });
      }
    });

    it('accepts the artifacts of the run that is named, and of no other', async () => {
      const { runId } = await loggedModel();
      const name = await newModel();
      const source = `mlflow-artifacts:/0/${runId}/artifacts/model`;
      await expect(registry.versions.create(version(name, source))).rejects.toMatchObject({
        code: 'InvalidArgument',
      });
      const { row } = await registry.versions.create({ ...version(name, source), runId });
      expect(row).toMatchObject({ source, storage_location: source, run_id: runId });
    });

    it('demands the operator’s pattern first of all', async () => {
      const strict = createRegistry(opened.db, {
        sourcePolicy: { pattern: /^s3:\/\/ours\//u, allowedSchemes: [], ownStorage: [] },
      });
      const name = await newModel();
      await expect(strict.versions.create(version(name, 's3://theirs/x'))).rejects.toMatchObject({
        field: 'source',
      });
      expect((await strict.versions.create(version(name, 's3://ours/x'))).row.version).toBe(1);
    });
  });

  it('moves the aliases of requests that come together, the last one of an alias holding, and refuses one alone', async () => {
    const [one, other] = [await newModel(), await newModel()];
    await newVersions(one, 3);
    await newVersions(other, 1);
    const seen = registry.events.length;
    const refuseOther = async (_: unknown, { name }: { readonly name: string }) => {
      if (name === other) throw invalidState('not now');
    };
    const guarded = createRegistry(opened.db, { guardPromotion: refuseOther });
    const outcomes = await Promise.allSettled([
      guarded.aliases.set(one, 'champion', 1),
      guarded.aliases.set(one, 'champion', 3),
      guarded.aliases.set(one, 'gone', 9),
      guarded.aliases.set(other, 'champion', 1),
      guarded.aliases.set(one, 'champion', 2),
      guarded.aliases.set(one, 'challenger', 3),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
    expect((await registry.aliases.resolve(one, 'champion')).row.version).toBe(2);
    expect((await registry.versions.get(one, 3)).aliases).toEqual(['challenger']);
    await expect(registry.aliases.resolve(other, 'champion')).rejects.toMatchObject({
      code: 'InvalidArgument',
    });
    expect(guarded.events.map(({ data }) => [data.alias, data.version])).toEqual([
      ['champion', '1'],
      ['champion', '3'],
      ['champion', '2'],
      ['challenger', '3'],
    ]);
    expect(registry.events).toHaveLength(seen);
  });

  it('gives versions of several models, made together, their own numbers', async () => {
    const names = [await newModel(), await newModel(), await newModel()];
    const made = await Promise.all(
      Array.from({ length: 30 }, (_, i) => registry.versions.create(version(names[i % 3]!))),
    );
    for (const name of names) {
      const numbers = made.filter(({ row }) => row.name === name).map(({ row }) => row.version);
      expect(numbers.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    }
  });

  it('asks the guards before it promotes or deletes, and changes nothing when they refuse', async () => {
    const refuse = async () => {
      throw invalidState('An endpoint serves it.');
    };
    const guarded = createRegistry(opened.db, { guardPromotion: refuse, guardDeletion: refuse });
    const name = await newModel();
    await newVersions(name, 1);
    await registry.aliases.set(name, 'champion', 1);
    const attempts = [
      guarded.aliases.set(name, 'other', 1),
      guarded.aliases.delete(name, 'champion'),
      guarded.versions.transition(name, 1, { stage: 'Production', archiveOthers: true }),
      guarded.versions.delete(name, 1),
      guarded.models.delete(name),
    ];
    const refused = { status: 'rejected', reason: { code: 'InvalidState' } };
    expect(await Promise.allSettled(attempts)).toMatchObject(attempts.map(() => refused));
    const kept = await registry.versions.get(name, 1);
    expect([kept.row.stage, kept.aliases]).toEqual(['None', ['champion']]);
    expect(guarded.events).toEqual([]);
  });

  it('records what happened, in the order it happened, with MLflow’s data', async () => {
    const name = await newModel([{ key: 't', value: '1' }]);
    await registry.versions.create({ ...version(name), tags: [{ key: 'a', value: 'b' }] });
    await registry.versions.setTag(name, 1, { key: 'k', value: 'v' });
    await registry.versions.deleteTag(name, 1, 'k');
    await registry.versions.deleteTag(name, 1, 'k');
    await registry.versions.transition(name, 1, { stage: 'Staging', archiveOthers: false });
    await registry.aliases.set(name, 'champion', 1);
    await registry.aliases.delete(name, 'champion');
    await registry.versions.delete(name, 1);
    const told = registry.events.filter(({ data }) => data.name === name);
    const alias = { name, alias: 'champion' };
    expect(told.map(({ entity, action, data }) => [`${entity}.${action}`, data])).toEqual([
      ['registered_model.created', { name, tags: { t: '1' }, description: '' }],
      [
        'model_version.created',
        {
          name,
          version: '1',
          source: 's3://bucket/model',
          run_id: null,
          tags: { a: 'b' },
          description: null,
        },
      ],
      ['model_version_tag.set', { name, version: '1', key: 'k', value: 'v' }],
      ['model_version_tag.deleted', { name, version: '1', key: 'k' }],
      ['model_version.stage_transitioned', { name, version: '1', from_stage: 'None', to_stage: 'Staging' }],
      ['model_version_alias.created', { ...alias, version: '1' }],
      ['model_version_alias.deleted', alias],
      ['model_version.deleted', { name, version: '1' }],
    ]);
  });

  it('tells of prompts by their own names, without the tags that make them prompts', async () => {
    const name = await newModel([PROMPT]);
    await registry.versions.create({
      ...version(name, 'dummy-source'),
      tags: [PROMPT, { key: PROMPT_TEXT_TAG, value: 'Hello {{x}}' }, { key: 'a', value: 'b' }],
    });
    const told = registry.events.filter(({ data }) => data.name === name);
    expect(told.map(({ entity, data }) => [entity, data])).toEqual([
      ['prompt', { name, tags: {}, description: '' }],
      [
        'prompt_version',
        { name, version: '1', template: 'Hello {{x}}', tags: { a: 'b' }, description: null },
      ],
    ]);
  });
});
