import { describe, expect, it } from 'vitest';
import { effectsOf, type GrantPlan } from './grant-effects.ts';

const plan = (change: Partial<GrantPlan>): GrantPlan => ({
  on: { type: 'schema', name: 'prod.ml' },
  principal: 'ML Engineers',
  held: {
    principal: 'ML Engineers',
    here: ['EXECUTE', 'USE_SCHEMA'],
    above: [{ privilege: 'USE_SCHEMA', from: { type: 'catalog', name: 'prod' } }],
  },
  wanted: new Set(['EXECUTE', 'USE_SCHEMA']),
  ...change,
});

describe('what a change of grants will do', () => {
  it('is said of what is got and lost', () => {
    expect(
      effectsOf(plan({ wanted: new Set(['USE_SCHEMA', 'APPLY_TAG', 'CREATE_MODEL']) }), undefined),
    ).toEqual([
      'ML Engineers gets APPLY TAG, CREATE MODEL on schema prod.ml, and on all that is in it.',
      'ML Engineers loses EXECUTE on schema prod.ml, and on all that is in it.',
    ]);
  });

  it('is nothing where nothing was changed', () => {
    expect(effectsOf(plan({}), undefined)).toEqual(['Nothing changes.']);
  });

  it('tells what still comes from above', () => {
    expect(effectsOf(plan({ wanted: new Set(['EXECUTE']) }), undefined)).toEqual([
      'USE SCHEMA is taken away here, but still comes from catalog prod.',
    ]);
  });

  it('names the path that is still closed, unless this change opens it', () => {
    const explained = {
      principal: 'ML Engineers',
      is_admin: false,
      allowed: false,
      grants: [],
      missing: [
        { on: { type: 'schema', name: 'prod.ml' }, one_of: ['CREATE_MODEL', 'ALL_PRIVILEGES'] },
        { on: { type: 'schema', name: 'prod.ml' }, one_of: ['OWNER', 'USE_SCHEMA'] },
        { on: { type: 'catalog', name: 'prod' }, one_of: ['OWNER', 'ALL_PRIVILEGES', 'USE_CATALOG'] },
      ],
    } as const;
    const open = effectsOf(plan({ wanted: new Set(['EXECUTE', 'USE_SCHEMA', 'CREATE_MODEL']) }), explained);
    expect(open.slice(1)).toEqual(['To use it they also need USE CATALOG on catalog prod.']);
    const closed = effectsOf(plan({ held: undefined, wanted: new Set(['CREATE_MODEL']) }), explained);
    expect(closed.slice(1)).toEqual([
      'To use it they also need USE SCHEMA on schema prod.ml.',
      'To use it they also need USE CATALOG on catalog prod.',
    ]);
  });
});
