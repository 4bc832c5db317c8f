import { describe, expect, it } from 'vitest';
import type { Access, Decision, Trail } from '../governance/access.ts';
import type { Securable } from '../governance/privileges.ts';
import { AppError, notFound } from '../kernel/errors.ts';
import { type RouteAccess, requireAccess } from './route-access.ts';

const ON: Securable = { type: 'experiment', experimentNo: 5 };
const READ: RouteAccess<object> = [
  { action: 'experiment.read', target: () => ({ on: ON, missing: () => notFound('No such experiment.') }) },
];

/** Somebody who is judged so before and after a look at what other processes have committed. */
function somebody(before: Decision, after: Decision, { isAdminAfter = false } = {}) {
  const heard: string[] = [];
  let hasLooked = false;
  const trail: Trail = {
    asked: () => false,
    judged: (_action, _on, decision) => void heard.push(decision),
    judgedAnew: () => void heard.push('anew'),
    admitted: () => undefined,
  };
  const access: Access = {
    get principal() {
      return { id: '7', kind: 'user' as const, name: 'jane', isAdmin: hasLooked && isAdminAfter };
    },
    decide: () => (hasLooked ? after : before),
    visibleExperiments: () => [],
    visibleModels: () => ({ schemas: [], models: [] }),
    visibleNames: () => [],
    catchUp: async () => {
      hasLooked = true;
      heard.push('look');
    },
    trail,
  };
  return { access, heard };
}

const outcome = async (access: Access, rule: RouteAccess<object>): Promise<unknown> => {
  try {
    await requireAccess(access, rule, {});
    return 'admitted';
  } catch (error) {
    return error instanceof AppError ? error.message : error;
  }
};

describe('a rule, where other processes write as well', () => {
  it('admits at once, without a look, who is allowed by memory', () => {
    const { access, heard } = somebody('allowed', 'allowed');
    expect(requireAccess(access, READ, {})).toBeUndefined();
    expect(heard).toEqual(['allowed']);
  });

  it.each(['hidden', 'denied'] as const)('judges anew before it refuses what is %s', async (before) => {
    const { access, heard } = somebody(before, 'allowed');
    expect(await outcome(access, READ)).toBe('admitted');
    expect(heard).toEqual([before, 'look', 'anew', 'allowed']);
  });

  it('treats what is missing and what is hidden alike', async () => {
    const missing: RouteAccess<object> = [
      {
        action: 'experiment.read',
        target: async () => {
          heardOfMissing.push('target');
          throw notFound('No such experiment.');
        },
      },
    ];
    const hidden = somebody('hidden', 'hidden');
    const { access, heard: heardOfMissing } = somebody('hidden', 'hidden');
    expect(await outcome(hidden.access, READ)).toBe('No such experiment.');
    expect(await outcome(access, missing)).toBe('No such experiment.');
    expect(hidden.heard).toEqual(['hidden', 'look', 'anew', 'hidden']);
    expect(heardOfMissing).toEqual(['target', 'look', 'anew', 'target']);
  });

  it('looks before it answers with a list', async () => {
    const { access, heard } = somebody('hidden', 'allowed');
    expect(await outcome(access, 'filtered')).toBe('admitted');
    expect(heard).toEqual(['look']);
  });

  it('admits who was made an administrator a moment ago', async () => {
    expect(await outcome(somebody('denied', 'denied', { isAdminAfter: true }).access, 'admin')).toBe(
      'admitted',
    );
    expect(await outcome(somebody('denied', 'denied').access, 'admin')).toContain('must be an administrator');
  });

  it('does not look again for an error of the server', async () => {
    const broken: RouteAccess<object> = [
      {
        action: 'experiment.read',
        target: () => {
          throw new AppError('Unavailable', 'The database is away.');
        },
      },
    ];
    const { access, heard } = somebody('hidden', 'allowed');
    expect(await outcome(access, broken)).toBe('The database is away.');
    expect(heard).toEqual([]);
  });
});
