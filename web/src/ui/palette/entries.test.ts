import { describe, expect, it } from 'vitest';
import type { Found } from '../../data/find.ts';
import { type Entry, groupsOf, hasLettersInOrder } from './entries.ts';

const found: Found = {
  experiments: [{ experiment_id: '7', name: 'team/fraud' }],
  runs: [
    {
      run_id: 'abcdef0123456789abcdef0123456789',
      run_name: 'swift-fox',
      experiment_id: '7',
      experiment_name: 'team/fraud',
      status: 'FAILED',
      start_time: 1,
    },
  ],
  models: [{ name: 'churn' }],
  aliases: [],
  logged_models: [{ model_id: 'm-0123456789abcdef', name: 'clf', experiment_id: '7' }],
};
const actions: readonly Entry[] = [{ id: 'theme', label: 'Dark theme', icon: 'action' }];
const show = (known: Partial<Parameters<typeof groupsOf>[0]>) =>
  groupsOf({ text: '', found: undefined, endpoints: [], recent: [], actions, isAdmin: true, ...known }).map(
    ({ label, entries }) => `${label}: ${entries.map((entry) => entry.label).join(', ')}`,
  );

describe('the palette', () => {
  it('begins with recent experiments, pages and actions', () => {
    const recent = [
      { experiment_id: '7', name: 'team/fraud', run_count: 1, running_count: 0, last_activity: 1 },
    ];
    expect(show({ recent })).toEqual([
      'Recent experiments: team/fraud',
      'Go to: Home, Experiments, Deleted experiments, Models, Endpoints, SQL, Catalog, Access, Audit, Secrets, Settings',
      'Do: Dark theme',
    ]);
  });

  it('has pages about what others may do for administrators alone', () => {
    expect(show({ isAdmin: false })[0]).toBe(
      'Go to: Home, Experiments, Deleted experiments, Models, Endpoints, SQL, Catalog, Secrets, Settings',
    );
  });

  it('shows what was found before pages whose label has the letters', () => {
    expect(show({ text: 'mod', found })).toEqual([
      'Experiments: team/fraud',
      'Runs: swift-fox',
      'Models: churn',
      'Logged models: clf',
      'Go to: Models',
    ]);
  });

  it('puts what has exactly that name before all else, an alias with the version that it names', () => {
    const known = { ...found, aliases: [{ name: 'churn', alias: 'champion', version: '2' }] };
    expect(show({ text: 'Champion', found: known })[0]).toBe('Aliases: champion');
    expect(show({ text: 'swift-fox', found: known })[0]).toBe('Runs: swift-fox');
    expect(show({ text: 'fraud', found: known })[0]).toBe('Experiments: team/fraud');
    const groups = groupsOf({
      text: 'champ',
      found: known,
      endpoints: [],
      recent: [],
      actions,
      isAdmin: false,
    });
    expect(groups.find(({ label }) => label === 'Aliases')?.entries[0]).toMatchObject({
      hint: 'churn, version 2',
      link: { params: { name: 'churn', version: '2' } },
    });
  });

  it('ends with the way to all that match, where there are more than it shows', () => {
    const more = { ...found, more_runs: { total: 12_345, experiment_ids: ['7', '9'] } };
    const linkFor = (text: string) =>
      groupsOf({ text, found: more, endpoints: [], recent: [], actions, isAdmin: false })
        .find(({ label }) => label === 'Runs')
        ?.entries.find(({ id }) => id === 'all runs');
    expect(linkFor('fox')).toMatchObject({
      label: 'All 12.3k runs with “fox” in their name',
      hint: '2 experiments',
      link: {
        params: { experimentId: '7' },
        search: { ids: '9', filter: "attributes.run_name ILIKE '%fox%'" },
      },
    });
    expect(linkFor("it's")?.link?.search).toMatchObject({ filter: 'attributes.run_name ILIKE "%it\'s%"' });
    expect(linkFor('50%')).toBeUndefined();
    expect(linkFor(`'"`)).toBeUndefined();
  });

  it('finds endpoints by a part of their name, and leads to the list where there are many', () => {
    const endpoints = ['Fraud', 'churn', ...Array.from({ length: 9 }, (_, i) => `iris-${i}`)];
    expect(show({ text: 'fraud', found, endpoints })).toContain('Endpoints: Fraud');
    const many = groupsOf({ text: 'iris', found, endpoints, recent: [], actions, isAdmin: false });
    const { entries = [] } = many.find(({ label }) => label === 'Endpoints') ?? {};
    expect(entries).toHaveLength(9);
    expect(entries.at(-1)?.link).toEqual({ to: '/endpoints', search: { q: 'iris' } });
  });

  it('tells runs apart by experiment and id', () => {
    const runs = groupsOf({ text: 'fox', found, endpoints: [], recent: [], actions, isAdmin: false }).find(
      ({ label }) => label === 'Runs',
    );
    expect(runs?.entries[0]).toMatchObject({ hint: 'team/fraud · abcdef01', status: 'FAILED' });
  });

  it.each([
    ['Deleted experiments', 'dex', true],
    ['Deleted experiments', 'DEL EXP', true],
    ['Deleted experiments', 'xd', false],
    ['Home', '', true],
  ])('finds %s by %s: %s', (label, typed, isFound) => {
    expect(hasLettersInOrder(label, typed)).toBe(isFound);
  });
});
