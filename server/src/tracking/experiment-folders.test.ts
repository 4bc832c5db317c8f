import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import type { Sql } from '../db/port.ts';
import { createTracking, type Tracking } from './conformance/tracking.ts';
import { listChildFolders } from './experiment-folders-repository.ts';
import { folderKey, parseExperimentPath } from './experiment-path.ts';
import type { ViewType } from './experiment-search.ts';

const ODD_NAMES = [
  '/top',
  'team/',
  'team//x',
  'team//x/y',
  '//a/b',
  'a//',
  '///',
  'a/../b',
  '🦊/🚀/x',
  '🦊!/x',
  'משתמשים/דנה/ניסוי',
  ' / ',
  'é/x',
  'e\u0301/x',
  '%/_/*',
];

describe.each(testedDatabases())('folders of experiments on $name', (database) => {
  let opened: OpenedDatabase;
  let tracking: Tracking;

  beforeEach(async () => {
    opened = await database.open();
    tracking = createTracking(opened.db);
  });
  afterEach(() => opened.remove());

  async function make(...names: readonly string[]): Promise<number[]> {
    const numbers: number[] = [];
    for (const name of names) numbers.push(await tracking.experiments.create({ name, tags: [] }));
    return numbers;
  }
  const fill = (names: readonly string[]) =>
    opened.db.write((tx) =>
      tx.insertMany(
        'experiments',
        {
          name: 'text',
          name_key: 'text',
          artifact_location: 'text',
          creation_time: 'bigint',
          last_update_time: 'bigint',
        },
        names.map((name, i) => [name, name, '', i, i]),
      ),
    );
  const all = { limit: 1000, pageToken: undefined };
  async function show(parent: string, viewType: ViewType = 'ACTIVE_ONLY') {
    const listing = await tracking.folders.list(parent, { viewType, folders: all, experiments: all });
    return {
      folders: Object.fromEntries(
        listing.folders.map((folder) => [
          folder.path,
          viewType === 'DELETED_ONLY' ? folder.deletedExperiments : folder.activeExperiments,
        ]),
      ),
      experiments: listing.experiments.map(({ name }) => name),
    };
  }
  async function search(filter: string): Promise<string[]> {
    const page = await tracking.experiments.search({
      maxResults: 1000,
      filter,
      orderBy: ['name'],
      viewType: 'ACTIVE_ONLY',
    });
    return page.items.map(({ name }) => name);
  }
  const events = async () =>
    (
      await opened.db.read((sql) =>
        sql.all<{ entity: string; action: string; data: string }>(
          'SELECT * FROM event_outbox ORDER BY event_no',
        ),
      )
    ).map((row) => [row.action, (JSON.parse(row.data) as { name: string }).name]);
  const namesOf = (numbers: readonly number[]) =>
    Promise.all(numbers.map(async (no) => (await tracking.experiments.get(no)).name));

  it('are shown with what is below them at any depth, and the experiments directly in them', async () => {
    await make(
      'plain',
      '/Users/jane/a',
      '/Users/jane/deep/b',
      '/Users/joe/c',
      '/Users/own',
      'team/x',
      'team',
    );
    expect(await show('')).toEqual({
      folders: { '/Users': 4, team: 1 },
      experiments: ['plain', 'team'],
    });
    expect(await show('/Users')).toEqual({
      folders: { '/Users/jane': 2, '/Users/joe': 1 },
      experiments: ['/Users/own'],
    });
    expect(await show('/Users/jane/deep')).toEqual({ folders: {}, experiments: ['/Users/jane/deep/b'] });
    expect(await show('/nobody')).toEqual({ folders: {}, experiments: [] });
  });

  it('tell the latest update of what is in view', async () => {
    const [a, b] = await make('f/a', 'f/g/b');
    await opened.db.write(async (tx) => {
      await tx.run('UPDATE experiments SET last_update_time = 5 WHERE experiment_no = ?', [a!]);
      await tx.run(
        "UPDATE experiments SET last_update_time = 7, lifecycle_stage = 'deleted' WHERE experiment_no = ?",
        [b!],
      );
    });
    const at = async (viewType: ViewType) =>
      (await tracking.folders.list('', { viewType, folders: all, experiments: all })).folders.map((f) => [
        f.activeExperiments,
        f.deletedExperiments,
        f.lastUpdateTimeMs,
      ]);
    expect(await at('ACTIVE_ONLY')).toEqual([[1, 1, 5]]);
    expect(await at('DELETED_ONLY')).toEqual([[1, 1, 7]]);
    expect(await at('ALL')).toEqual([[1, 1, 7]]);
  });

  it('keep siblings apart whose names begin alike, and forms of one letter', async () => {
    await make('run/a', 'run-1/a', 'run0/a', 'run!/a', 'run/run/b', ...ODD_NAMES);
    const { folders } = await show('');
    expect(folders).toMatchObject({
      run: 2,
      'run-1': 1,
      run0: 1,
      'run!': 1,
      é: 1,
      'e\u0301': 1,
      '🦊': 1,
      '🦊!': 1,
    });
    expect((await show('team')).folders).toEqual({ 'team//x': 1 });
  });

  it('are the same in the database as in names', async () => {
    const letters = ['/', '/', 'a', '.', '🦊', 'א', ' '];
    let seed = 7;
    const next = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed;
    };
    const random = Array.from({ length: 500 }, () =>
      Array.from({ length: 1 + (next() % 8) }, () => letters[next() % letters.length]).join(''),
    );
    await fill([...new Set([...random, ...ODD_NAMES])]);
    const rows = await opened.db.read((sql) =>
      sql.all<{ name: string; folder: string; leaf: string }>('SELECT name, folder, leaf FROM experiments'),
    );
    expect(rows.length).toBeGreaterThan(300);
    for (const { name, folder, leaf } of rows) {
      const path = parseExperimentPath(name);
      expect([name, folder, leaf]).toEqual([name, folderKey(path.folders.at(-1) ?? ''), path.leaf]);
    }
    // Walked from the top, every name is met once.
    const met: string[] = [];
    const visit = async (parent: string): Promise<void> => {
      const { folders, experiments } = await show(parent);
      met.push(...experiments);
      for (const folder of Object.keys(folders)) {
        expect(parseExperimentPath(folder).folders.at(-1) ?? '').toBe(parent);
        await visit(folder);
      }
    };
    await visit('');
    expect(met.sort()).toEqual(rows.map(({ name }) => name).sort());
  });

  it('take names of the greatest length and the widest letters', async () => {
    // Letters that no compression shortens.
    const wide = Array.from({ length: 249 }, (_, i) =>
      String.fromCodePoint(0x20000 + ((i * 7919) % 40_000)),
    ).join('');
    const [no] = await make(`${wide}/${wide}/`.slice(0, -1), `${wide}/b/c`);
    expect((await show(wide)).experiments).toHaveLength(1);
    await expect(tracking.folders.rename(`${wide}/b`, `${wide}/${wide}`)).rejects.toThrow(/501 characters/);
    expect(await tracking.folders.rename(wide, 'w')).toBe(2);
    expect(await namesOf([no!])).toEqual([`w/${wide}`]);
  });

  it('are shown page by page, folders and experiments apart', async () => {
    await make('f/1/x', 'f/2/x', 'f/3/x', 'f/4/x', 'f/5/x', 'f/a', 'f/b', 'f/c');
    await tracking.folders.delete('f/2');
    const folders: string[] = [];
    const experiments: string[] = [];
    let foldersToken: string | undefined;
    let experimentsToken: string | undefined;
    const sizes: number[] = [];
    do {
      const page = await tracking.folders.list('f', {
        viewType: 'ACTIVE_ONLY',
        folders: { limit: 2, pageToken: foldersToken },
        experiments: { limit: 2, pageToken: experimentsToken },
      });
      folders.push(...page.folders.map(({ name }) => name));
      if (foldersToken === undefined || experimentsToken !== undefined) {
        experiments.push(...page.experiments.map(({ name }) => name));
      }
      sizes.push(page.folders.length);
      foldersToken = page.nextFoldersPageToken;
      experimentsToken = page.nextExperimentsPageToken;
    } while (foldersToken !== undefined);
    expect(folders).toEqual(['1', '3', '4', '5']);
    expect(sizes).toEqual([2, 2]);
    expect(experiments).toEqual(['f/a', 'f/b', 'f/c']);
    const { nextFoldersPageToken } = await tracking.folders.list('f', {
      viewType: 'ALL',
      folders: { limit: 1, pageToken: undefined },
      experiments: { limit: 0, pageToken: undefined },
    });
    const elsewhere = { limit: 1, pageToken: nextFoldersPageToken };
    await expect(
      tracking.folders.list('g', { viewType: 'ALL', folders: elsewhere, experiments: all }),
    ).rejects.toMatchObject({ code: 'InvalidArgument', field: 'folders_page_token' });
    await expect(
      tracking.folders.list('g', { viewType: 'ALL', folders: all, experiments: { ...all, limit: 1001 } }),
    ).rejects.toMatchObject({ code: 'InvalidArgument', field: 'max_experiments' });
  });

  it('are found by filters: directly, and at any depth', async () => {
    await make('/U/j_d/a', '/U/j_d/deep/b', '/U/jxd/c', '/U/own', 'plain');
    expect(await search("folder = '/U/j_d'")).toEqual(['/U/j_d/a']);
    expect(await search("attribute.folder = '/U/j_d/' AND name LIKE '%a'")).toEqual(['/U/j_d/a']);
    expect(await search("folder = ''")).toEqual(['plain']);
    expect(await search("folder != '' AND NOT folder LIKE '/U/%'")).toEqual(['/U/own']);
    expect(await search("attribute.folder LIKE '/U/%'")).toEqual(['/U/j_d/a', '/U/j_d/deep/b', '/U/jxd/c']);
    expect(await search("folder IN ('/U', '/U/jxd')")).toEqual(['/U/jxd/c', '/U/own']);
    expect(await search("within = '/U/j_d'")).toEqual(['/U/j_d/a', '/U/j_d/deep/b']);
    expect(await search("within != '/U'")).toEqual(['plain']);
    expect(await search("within IN ('/U/jxd', '/U/j_d/deep')")).toEqual(['/U/j_d/deep/b', '/U/jxd/c']);
    expect(await search("NOT (within = '/U/j_d') AND within = '/'")).toEqual(['/U/jxd/c', '/U/own', 'plain']);
    await expect(search("within LIKE '/U%'")).rejects.toMatchObject({
      code: 'InvalidArgument',
      field: 'filter',
    });
    await expect(search("within > '/U'")).rejects.toMatchObject({ code: 'InvalidArgument' });
  });

  it('are renamed with all that is below, the trash included, and tell what single renames tell', async () => {
    const moved = await make('a/x', 'a/b/y', 'a/gone');
    const stay = await make('a', 'ab/x', 'a/', 'other/z');
    await tracking.experiments.delete(moved[2]!);
    const before = await events();
    expect(await tracking.folders.rename('a', 'other')).toBe(3);
    expect(await namesOf(moved)).toEqual(['other/x', 'other/b/y', 'other/gone']);
    expect(await namesOf(stay)).toEqual(['a', 'ab/x', 'a/', 'other/z']);
    expect((await events()).slice(before.length).sort()).toEqual([
      ['renamed', 'other/b/y'],
      ['renamed', 'other/gone'],
      ['renamed', 'other/x'],
    ]);
    await expect(tracking.folders.rename('a', 'b')).rejects.toMatchObject({ code: 'NotFound' });
  });

  it('move upwards over names that move as well', async () => {
    const moved = await make('a/b/b/x', 'a/b/x', 'a/b/b/b/x');
    expect(await tracking.folders.rename('a/b', 'a')).toBe(3);
    expect(await namesOf(moved)).toEqual(['a/b/x', 'a/x', 'a/b/b/x']);
  });

  it('are not renamed where one name is in use: the first is told, and nothing changes', async () => {
    const numbers = await make('a/x', 'a/y', 'a/z', 'b/y', 'b/z');
    await tracking.experiments.delete(numbers[3]!);
    const before = await events();
    await expect(tracking.folders.rename('a', 'b')).rejects.toMatchObject({
      code: 'AlreadyExists',
      message: expect.stringMatching(/'a\/y' would become 'b\/y'.*trash/),
    });
    expect(await namesOf(numbers)).toEqual(['a/x', 'a/y', 'a/z', 'b/y', 'b/z']);
    expect(await events()).toEqual(before);
  });

  it('are not moved into themselves, nor beyond the length of a name', async () => {
    await make('a/x');
    for (const to of ['a', 'a/b']) {
      await expect(tracking.folders.rename('a', to)).rejects.toMatchObject({
        code: 'InvalidArgument',
        field: 'to',
      });
    }
    expect(await tracking.folders.rename('a', 'ab')).toBe(1);
    expect(await tracking.folders.rename('ab', 'z'.repeat(498))).toBe(1);
    await make('a/xy');
    await expect(tracking.folders.rename('a', 'y'.repeat(498))).rejects.toThrow(/501 characters/);
  });

  it('go to the trash with their runs and come back: all, or what went with them', async () => {
    const [early, x, y, outside] = await make('a/early', 'a/x', 'a/b/y', 'b/z');
    const runOf = async (experimentNo: number) =>
      (await tracking.runs.create({ experimentNo, tags: [] })).run.runId;
    const [run, other] = [await runOf(y!), await runOf(outside!)];
    await opened.db.write((tx) =>
      tx.run("UPDATE experiments SET lifecycle_stage = 'deleted', deleted_at = 5 WHERE experiment_no = ?", [
        early!,
      ]),
    );
    const before = await events();
    const { experiments, atMs } = await tracking.folders.delete('a');
    expect(experiments).toBe(2);
    expect((await events()).slice(before.length).sort()).toEqual([
      ['deleted', 'a/b/y'],
      ['deleted', 'a/x'],
    ]);
    expect(await show('')).toEqual({ folders: { b: 1 }, experiments: [] });
    expect((await show('', 'DELETED_ONLY')).folders).toEqual({ a: 3 });
    expect([(await tracking.runs.get(run)).run.stage, (await tracking.runs.get(other)).run.stage]).toEqual([
      'deleted',
      'active',
    ]);
    await expect(tracking.folders.delete('a')).rejects.toMatchObject({ code: 'NotFound' });
    expect(await tracking.folders.restore('a', undefined, atMs)).toBe(2);
    expect((await tracking.runs.get(run)).run.stage).toBe('active');
    expect((await tracking.experiments.get(x!)).lifecycleStage).toBe('active');
    expect((await tracking.experiments.get(early!)).lifecycleStage).toBe('deleted');
    expect(await tracking.folders.restore('a')).toBe(1);
    await expect(tracking.folders.restore('a')).rejects.toMatchObject({ code: 'NotFound' });
  });

  it('are read by seeks in the index, however much is below them', async () => {
    await fill(
      Array.from({ length: 20_000 }, (_, i) => `${i % 4 === 0 ? 'flat' : `deep/${i % 50}/${i % 7}`}/${i}`),
    );
    const explain = opened.db.dialect.name === 'sqlite' ? 'EXPLAIN QUERY PLAN ' : 'EXPLAIN ';
    if (opened.db.dialect.name === 'postgres') await opened.db.write((tx) => tx.run('ANALYZE experiments'));
    const plan: object[] = [];
    await opened.db.read(async (sql) => {
      const all = async <Row>(text: string, params?: Parameters<Sql['all']>[1]) => {
        plan.push(...(await sql.all<object>(explain + text, params)));
        return sql.all<Row>(text, params);
      };
      await listChildFolders(
        { ...sql, all },
        { from: 'deep/', end: 'deep0', parentLength: 5, limit: 10, visible: 'all' },
      );
    });
    const text = plan.flatMap((line) => Object.values(line)).join('\n');
    if (opened.db.dialect.name === 'sqlite') {
      const seek = 'SEARCH x USING INDEX experiments_by_folder (folder>? AND folder<?)';
      expect(text.split(seek)).toHaveLength(4);
      expect(text).not.toContain('SCAN x');
    } else {
      expect(text).not.toContain('Seq Scan on experiments');
      expect(text).toContain('experiments_by_folder');
    }
    expect((await show('')).folders).toEqual({ deep: 15_000, flat: 5_000 });
  });
});
