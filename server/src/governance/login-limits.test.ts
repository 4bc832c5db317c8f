import { describe, expect, it } from 'vitest';
import { createLoginLimits } from './login-limits.ts';

describe('failed sign-ins', () => {
  let nowMs = 0;
  const create = () => createLoginLimits({ clock: { nowMs: () => nowMs } });
  const fail = (limits: ReturnType<typeof create>, times: number, at: (i: number) => [string, string]) => {
    let refused = 0;
    for (let i = 0; i < times; i += 1) {
      try {
        limits.begin(...at(i));
      } catch {
        refused += 1;
      }
    }
    return refused;
  };

  it('are ten of a name from an address, in five minutes', () => {
    const limits = create();
    expect(fail(limits, 12, () => ['jane', '192.0.2.1'])).toBe(2);
    nowMs += 5 * 60_000;
    expect(fail(limits, 12, () => ['jane', '192.0.2.1'])).toBe(2);
  });

  it('are fifty from an address, whatever the names', () => {
    expect(fail(create(), 60, (i) => [`name-${i}`, '192.0.2.1'])).toBe(10);
  });

  it('are a hundred of a name, whatever the addresses', () => {
    expect(fail(create(), 120, (i) => ['jane', `192.0.2.${i}`])).toBe(20);
  });

  it('elsewhere shut nobody out from where they have signed in before', () => {
    const limits = create();
    limits.begin('jane', '198.51.100.1').succeeded();
    fail(limits, 200, (i) => ['jane', `192.0.2.${i}`]);
    expect(() => limits.begin('jane', '203.0.113.9')).toThrow('Too many failed sign-ins');
    limits.begin('jane', '198.51.100.1').succeeded();
  });

  it('push nobody else’s count out, where their address is over its limit', () => {
    const limits = create();
    fail(limits, 100, (i) => ['jane', `192.0.2.${i}`]);
    expect(fail(limits, 25_000, (i) => [`name-${i}`, '203.0.113.1'])).toBe(24_950);
    expect(fail(limits, 1, () => ['jane', '198.51.100.7'])).toBe(1);
  });

  it('are counted by the whole of a name, however long', () => {
    const limits = create();
    const long = 'x'.repeat(5000);
    expect(fail(limits, 12, () => [`${long}1`, '192.0.2.1'])).toBe(2);
    expect(fail(limits, 1, () => [`${long}2`, '192.0.2.1'])).toBe(0);
  });

  it('are taken back where the try succeeds, or is never judged', () => {
    const limits = create();
    for (let i = 0; i < 200; i += 1) {
      limits.begin('jane', '192.0.2.1').succeeded();
      limits.begin('joe', '192.0.2.1').withdrawn();
    }
    expect(fail(limits, 12, () => ['jane', '192.0.2.1'])).toBe(2);
  });

  it('of a hundred thousand names and addresses take no more memory than of twenty thousand', () => {
    const limits = create();
    fail(limits, 10, () => ['old', '192.0.2.1']);
    fail(limits, 20_000, (i) => [`name-${i}`, `address-${i}`]);
    // The oldest went first: what is left is a bounded number of the newest.
    expect(fail(limits, 1, () => ['old', '192.0.2.1'])).toBe(0);
    fail(limits, 10, () => ['new', '192.0.2.2']);
    fail(limits, 10_000, (i) => [`other-${i}`, `other-${i}`]);
    expect(fail(limits, 1, () => ['new', '192.0.2.2'])).toBe(1);
  });
});
