import { describe, expect, it } from 'vitest';
import { heldOf, wishesWith } from './endpoint-acl.ts';

const held = heldOf([
  { user_name: 'ada', all_permissions: [{ permission_level: 'CAN_MANAGE', inherited: false }] },
  {
    group_name: 'risk',
    all_permissions: [
      { permission_level: 'CAN_VIEW', inherited: true },
      { permission_level: 'CAN_QUERY', inherited: false },
    ],
  },
  { group_name: 'admins', all_permissions: [{ permission_level: 'CAN_MANAGE', inherited: true }] },
]);

describe('who may use an endpoint', () => {
  it('is told by what is held on it, apart from what comes from elsewhere', () => {
    expect(held.map(({ principal, level, inherited }) => [principal, level, inherited])).toEqual([
      ['ada', 'CAN_MANAGE', undefined],
      ['risk', 'CAN_QUERY', 'CAN_VIEW'],
      ['admins', undefined, 'CAN_MANAGE'],
    ]);
  });

  it('changes for one alone, in any case of their name', () => {
    expect(wishesWith(held, { principal: 'Risk', field: 'group_name', level: undefined })).toEqual([
      { principal: 'ada', field: 'user_name', level: 'CAN_MANAGE' },
    ]);
    expect(wishesWith(held, { principal: 'bob', field: 'user_name', level: 'CAN_VIEW' })).toHaveLength(3);
  });
});
