import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import { createTracking, type Tracking } from './conformance/tracking.ts';
import { createSavedViews, type SavedViews } from './saved-views.ts';

describe.each(testedDatabases())('saved views on $name', (database) => {
  let opened: OpenedDatabase;
  let tracking: Tracking;
  let views: SavedViews;
  let scope: string;
  let nowMs = 1000;

  beforeEach(async () => {
    opened = await database.open();
    tracking = createTracking(opened.db);
    nowMs = 1000;
    views = createSavedViews({ db: opened.db, clock: { nowMs: () => nowMs } });
    scope = `experiment:${await tracking.experiments.create({ name: 'fraud', tags: [] })}`;
  });
  afterEach(() => opened.remove());

  const make = (name: string, state = '{"columns":["metrics.auc"]}') =>
    views.create({ scope, name, state, createdBy: 'jane' });
  const refused = (code: string) => expect.objectContaining({ code });

  it('keeps a view of a page with all that its state says', async () => {
    const view = await make('Best of July');
    expect(view).toMatchObject({
      scope,
      name: 'Best of July',
      state: '{"columns":["metrics.auc"]}',
      createdBy: 'jane',
      creationTimeMs: 1000,
      lastUpdateTimeMs: 1000,
      version: 1,
    });
    expect(await views.list(scope)).toEqual([view]);
  });

  it('lists the views of one page by name', async () => {
    await make('b');
    await make('a');
    await views.create({ scope: 'models', name: 'c', state: '{}', createdBy: 'jane' });
    expect((await views.list(scope)).map((view) => view.name)).toEqual(['a', 'b']);
    expect((await views.list('models')).map((view) => view.name)).toEqual(['c']);
    expect(await views.list('experiment:999')).toEqual([]);
  });

  it('changes name and state apart, and counts changes', async () => {
    const { viewId } = await make('a');
    nowMs = 2000;
    await views.update(viewId, { version: 1, name: 'b' });
    const changed = await views.update(viewId, { version: 2, state: '{}' });
    expect(changed).toMatchObject({ name: 'b', state: '{}', version: 3, lastUpdateTimeMs: 2000 });
    expect(await views.list(scope)).toEqual([changed]);
  });

  it('refuses a change to a view that somebody else changed meanwhile', async () => {
    const { viewId } = await make('a');
    await views.update(viewId, { version: 1, state: '{"theirs":1}' });
    await expect(views.update(viewId, { version: 1, state: '{"mine":1}' })).rejects.toEqual(
      refused('Conflict'),
    );
    expect((await views.list(scope))[0]?.state).toBe('{"theirs":1}');
  });

  it('lets one of two changes that come together win', async () => {
    const { viewId } = await make('a');
    const outcomes = await Promise.allSettled(
      [1, 2].map((n) => views.update(viewId, { version: 1, state: `{"n":${n}}` })),
    );
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('gives a name once on a page', async () => {
    await make('a');
    const { viewId } = await make('b');
    await expect(make('a')).rejects.toEqual(refused('AlreadyExists'));
    await expect(views.update(viewId, { version: 1, name: 'a' })).rejects.toEqual(refused('AlreadyExists'));
    await views.create({ scope: 'models', name: 'a', state: '{}', createdBy: 'jane' });
  });

  it('forgets a view that was deleted', async () => {
    const { viewId } = await make('a');
    await views.delete(viewId);
    expect(await views.list(scope)).toEqual([]);
    await expect(views.delete(viewId)).rejects.toEqual(refused('NotFound'));
    await expect(views.update(viewId, { version: 1, name: 'b' })).rejects.toEqual(refused('NotFound'));
  });

  it.each([
    ['a scope that is no page', { scope: 'Ä' }, 'InvalidArgument'],
    ['an experiment that there is not', { scope: 'experiment:999' }, 'NotFound'],
    ['an experiment that is no number', { scope: 'experiment:x' }, 'InvalidArgument'],
    ['an empty name', { name: ' ' }, 'InvalidArgument'],
    ['a name of more than 200 characters', { name: 'x'.repeat(201) }, 'InvalidArgument'],
    ['a state of more than 256 KiB', { state: `{"a":"${'x'.repeat(256 * 1024)}"}` }, 'InvalidArgument'],
  ])('refuses %s', async (_what, change, code) => {
    const view = { scope, name: 'a', state: '{}', createdBy: 'jane', ...change };
    await expect(views.create(view)).rejects.toEqual(refused(code));
  });

  it('goes with its experiment when that goes for good', async () => {
    await make('a');
    const experimentNo = Number(scope.split(':')[1]);
    await opened.db.write((tx) => tx.run('DELETE FROM experiments WHERE experiment_no = ?', [experimentNo]));
    expect(await views.list(scope)).toEqual([]);
  });
});
