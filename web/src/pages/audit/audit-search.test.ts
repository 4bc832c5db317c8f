import { describe, expect, it } from 'vitest';
import { readAuditAddress, searchOf } from './audit-search.ts';

describe('the search over the audit log', () => {
  it('is read from any address', () => {
    const address = { principal: 7, action: 'login', outcome: 'denied', from: '2026-11-20', open: 'a 3' };
    expect(readAuditAddress(address)).toEqual({ ...address, principal: '7' });
    expect(readAuditAddress({ principal: '', outcome: 'well', from: 'yesterday', to: [] })).toEqual({});
  });

  it('takes both days whole', () => {
    const { from, until } = searchOf({ from: '2026-11-20', to: '2026-11-20' });
    expect(from).toBe(new Date(2026, 10, 20).getTime());
    expect(until).toBe(new Date(2026, 10, 21).getTime());
  });

  it.each([
    ['model', 'model*'],
    ['model.promote', 'model.promote'],
    ['POST tok*', 'POST tok*'],
  ])('asks for the action %s as %s', (typed, asked) => {
    expect(searchOf({ action: typed }).action).toBe(asked);
  });
});
