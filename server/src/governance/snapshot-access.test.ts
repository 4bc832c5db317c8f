import { describe, expect, it } from 'vitest';
import { createSnapshotAccess } from './snapshot-access.ts';
import type { PrincipalFacts } from './snapshot-repository.ts';
import { createState } from './snapshot-state.ts';

const principal = (no: number, kind: PrincipalFacts['kind'], name: string): PrincipalFacts => ({
  principal_no: no,
  kind,
  name,
  name_key: name,
  active: 1,
  password_hash: null,
  must_change_password: 0,
});

describe('a snapshot of a large workspace', () => {
  const USERS_GROUP = 2;
  const FIRST_GROUP = 10;
  const GROUPS = 1000;
  const FIRST_USER = 10_000;
  const PEOPLE = 5000;
  const state = createState();
  state.putPrincipals(
    [],
    [
      principal(1, 'group', 'admins'),
      principal(USERS_GROUP, 'group', 'users'),
      ...Array.from({ length: GROUPS }, (_, i) => principal(FIRST_GROUP + i, 'group', `group-${i}`)),
      ...Array.from({ length: PEOPLE }, (_, i) => principal(FIRST_USER + i, 'user', `user-${i}`)),
    ],
  );
  // Each in twenty groups, and those in a tree: thirty and more hold something for everybody.
  const memberships = Array.from({ length: PEOPLE }, (_, i) =>
    Array.from({ length: 20 }, (_unused, j) => ({
      group_no: FIRST_GROUP + ((i * 7 + j * 13) % GROUPS),
      member_no: FIRST_USER + i,
    })),
  ).flat();
  for (let i = 1; i < GROUPS; i += 1)
    memberships.push({ group_no: FIRST_GROUP + Math.floor(i / 10), member_no: FIRST_GROUP + i });
  state.putMembers([], memberships);
  const schemas = Array.from({ length: 100 }, (_, i) => `s${i}`);
  state.putCatalogs(
    [],
    schemas.map((schema) => ({ catalog_key: 'prod', catalog: 'prod', schema_key: schema, schema })),
  );
  state.putGrants(
    [],
    [
      { securable: 'catalog:prod', principal_no: USERS_GROUP, privilege: 'USE_CATALOG' },
      ...Array.from({ length: GROUPS }, (_, i) => [
        { securable: 'catalog:prod', principal_no: FIRST_GROUP + i, privilege: 'MODIFY' as const },
        {
          securable: `schema:prod.s${i % 100}`,
          principal_no: FIRST_GROUP + i,
          privilege: 'USE_SCHEMA' as const,
        },
        {
          securable: `model:prod.s${i % 100}.m${i}`,
          principal_no: FIRST_GROUP + i,
          privilege: 'EXECUTE' as const,
        },
      ]).flat(),
    ],
  );

  const median = (times: number[]): number => times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!;
  const timeOf = (action: () => void): number => {
    const start = performance.now();
    action();
    return (performance.now() - start) * 1000;
  };
  const on = (i: number) =>
    ({ type: 'model', catalog: 'prod', schema: `s${i % 100}`, name: `m${i % GROUPS}` }) as const;

  it('judges a path of three levels within 20 µs', () => {
    const accesses = Array.from({ length: 100 }, (_, i) => createSnapshotAccess(FIRST_USER + i, () => state));
    const decisions = new Set<string>();
    const run = () =>
      Array.from({ length: 5000 }, (_, i) =>
        timeOf(() => decisions.add(accesses[i % 100]!.decide('model.read-files', on(i)))),
      );
    run();
    expect(median(run())).toBeLessThan(20);
    expect(decisions).toEqual(new Set(['allowed', 'hidden']));
  });

  it('judges within 20 µs also right after somebody’s rights have changed', () => {
    const access = createSnapshotAccess(FIRST_USER, () => state);
    const times: number[] = [];
    for (let i = 0; i < 2000; i += 1) {
      state.addOwner(`experiment:${i}`, FIRST_USER + 1);
      times.push(timeOf(() => access.decide('model.read-files', on(i))));
    }
    expect(median(times)).toBeLessThan(20);
  });

  it('gives the same answer however often it is asked, and another once the rights are others', () => {
    const access = createSnapshotAccess(FIRST_USER + 1, () => state);
    const own = { type: 'model', catalog: 'prod', schema: 's5', name: 'own' } as const;
    const ask = () => access.decide('model.read-files', own);
    expect([ask(), ask()]).toEqual(['hidden', 'hidden']);
    const rights = ['USE_SCHEMA', 'EXECUTE'] as const;
    state.putGrants(
      ['model:prod.s5.own'],
      rights.map((privilege) => ({
        securable: 'model:prod.s5.own',
        principal_no: FIRST_USER + 1,
        privilege,
      })),
    );
    const opened = state.grants.get('schema:prod.s5');
    expect(opened?.has(FIRST_USER + 1)).toBe(false);
    state.putGrants(
      ['schema:prod.s5'],
      [{ securable: 'schema:prod.s5', principal_no: FIRST_USER + 1, privilege: 'USE_SCHEMA' }],
    );
    expect([ask(), ask()]).toEqual(['allowed', 'allowed']);
    state.dropGrants('schema:prod.s5');
    expect(ask()).toBe('hidden');
  });
});

describe('what is visible', () => {
  /** A workspace of one person in a group, whose rights change as in `change`; then what the person sees. */
  function seenAfter(change: (state: ReturnType<typeof createState>) => void): unknown {
    const state = createState();
    state.putPrincipals(
      [],
      [principal(1, 'user', 'a'), principal(2, 'group', 'g'), principal(3, 'user', 'b')],
    );
    state.putMembers([2], [{ group_no: 2, member_no: 1 }]);
    state.addOwner('experiment:1', 1);
    state.addOwner('experiment:2', 2);
    const access = createSnapshotAccess(1, () => state);
    expect(access.visibleExperiments()).toEqual([1, 2]);
    change(state);
    return access.visibleExperiments();
  }

  it('is worked out again where one’s own rights change, or those of a group', () => {
    expect(seenAfter((state) => state.addOwner('experiment:3', 1))).toEqual([1, 2, 3]);
    expect(seenAfter((state) => state.addOwner('experiment:3', 2))).toEqual([1, 2, 3]);
    expect(seenAfter((state) => state.dropGrants('experiment:2'))).toEqual([1]);
    expect(seenAfter((state) => state.moveGrants('experiment:1', 'experiment:9'))).toEqual([2, 9]);
    expect(seenAfter((state) => state.putGrants(['experiment:1', 'experiment:2'], []))).toEqual([]);
    expect(seenAfter((state) => state.putMembers([2], []))).toEqual([1]);
    expect(seenAfter((state) => state.putPrincipals([2], []))).toEqual([1]);
    expect(seenAfter((state) => state.putPrincipals([1], []))).toEqual([]);
  });

  it('is not lost where a group goes and as many rights come', () => {
    expect(
      seenAfter((state) => {
        state.putMembers([2], []);
        state.addOwner('experiment:7', 1);
      }),
    ).toEqual([1, 7]);
  });

  it('is the very same list while only others’ rights change', () => {
    const state = createState();
    state.putPrincipals([], [principal(1, 'user', 'a'), principal(3, 'user', 'b')]);
    state.addOwner('experiment:1', 1);
    const access = createSnapshotAccess(1, () => state);
    const before = access.visibleExperiments();
    state.addOwner('experiment:2', 3);
    expect(access.visibleExperiments()).toBe(before);
  });
});

describe('the state', () => {
  it('forgets with a principal all that was theirs', () => {
    const state = createState();
    state.putPrincipals([], [principal(1, 'user', 'a'), principal(2, 'group', 'g')]);
    state.putMembers([2], [{ group_no: 2, member_no: 1 }]);
    state.putTokens([], [{ hash: 't', principal_no: 1, expires_at: null }]);
    state.putSessions([], [{ hash: 's', principal_no: 1, expires_at: 5 }]);
    state.addOwner('experiment:1', 1);
    state.putPrincipals([1], []);
    expect([state.tokens.size, state.sessions.size, state.principals.size]).toEqual([0, 0, 1]);
    expect(state.grants.get('experiment:1')?.size).toBe(0);
    expect([...state.keysHeldBy(1)]).toEqual([]);
    // Who gets the number of somebody who is gone, were that possible, gets nothing with it.
    state.putPrincipals([1], [principal(1, 'user', 'b')]);
    expect([...state.closureOf(1)]).toEqual([1]);
  });
});
