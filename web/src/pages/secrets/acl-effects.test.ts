import { describe, expect, it } from 'vitest';
import { type AclChange, effectsOf } from './acl-effects.ts';

const change: AclChange = {
  scope: 'warehouse',
  principal: 'jane@acme.com',
  held: undefined,
  wanted: 'READ',
  self: 'root@acme.com',
};

describe('what a change of permissions on a scope will do', () => {
  it('says what somebody gets, and instead of what', () => {
    expect(effectsOf(change)).toEqual(['jane@acme.com gets READ on warehouse: they may read its secrets.']);
    const held = { principal: 'jane@acme.com', permission: 'MANAGE' } as const;
    expect(effectsOf({ ...change, held })).toEqual([
      'jane@acme.com gets READ on warehouse, instead of MANAGE: they may read its secrets.',
    ]);
  });

  it('says what somebody loses, and that groups still count', () => {
    const held = { principal: 'jane@acme.com', permission: 'WRITE' } as const;
    expect(effectsOf({ ...change, held, wanted: undefined })).toEqual([
      'jane@acme.com may no longer read and write its secrets, in warehouse.',
      'What they may do by a group stays.',
    ]);
  });

  it('warns those who take it from themselves', () => {
    const held = { principal: 'jane@acme.com', permission: 'MANAGE' } as const;
    const own = { ...change, held, self: 'Jane@acme.com' };
    expect(effectsOf({ ...own, wanted: undefined }).at(-1)).toMatch(/^That is you/);
    expect(effectsOf({ ...own, wanted: 'READ' }).at(-1)).toMatch(/^That is you/);
    expect(effectsOf({ ...own, wanted: 'MANAGE' })).toEqual(['Nothing changes.']);
  });
});
