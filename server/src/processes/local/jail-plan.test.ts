import { describe, expect, it } from 'vitest';
import { judgeIsolation } from '../isolation.ts';
import { type PlatformFacts, planJail, userOf } from './jail-plan.ts';

const root: PlatformFacts = { platform: 'linux', architecture: 'x64', userId: 0, maxUserNamespaces: 0 };

describe('the plan of a jail', () => {
  it.each([
    ['root', root, undefined],
    ['a user with namespaces', { ...root, userId: 1000, maxUserNamespaces: 100 }, undefined],
    ['a user without', { ...root, userId: 1000 }, 'user namespaces'],
    ['another system', { ...root, platform: 'darwin' as const }, 'darwin'],
    ['another processor', { ...root, architecture: 'riscv64' }, 'riscv64'],
  ])('expects one, or says what is missing, for %s', (_case, facts, lack) => {
    const plan = planJail(facts, 'auto', 1);
    expect(plan.expected).toBe(lack === undefined ? 'jail' : 'process');
    if (lack !== undefined) expect(plan.lack).toContain(lack);
  });

  it('gives each program a user of its own where the server is root, and nobody else', () => {
    const plan = planJail(root, 'auto', 4711);
    const users = Array.from({ length: 100 }, (_, slot) => userOf(plan, slot)!);
    expect(new Set(users).size).toBe(100);
    expect(users.every((user) => user >= 61_000 && user < 65_000)).toBe(true);
    expect(userOf(planJail({ ...root, userId: 1000 }, 'auto', 4711), 3)).toBeUndefined();
    expect(userOf(planJail(root, 'off', 4711), 3)).toBeUndefined();
  });

  it('believes what a program reports', () => {
    expect(judgeIsolation(['own files', 'own processes', 'own user', 'filtered system calls'])).toEqual({
      isolation: 'jail',
      lack: undefined,
    });
    expect(judgeIsolation(['own user'])).toMatchObject({
      isolation: 'process',
      lack: expect.stringContaining('own files, own processes'),
    });
  });
});
