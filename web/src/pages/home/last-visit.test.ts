import { describe, expect, it } from 'vitest';
import { continueVisit, parseVisit } from './last-visit.ts';

const MINUTE = 60_000;

describe('a visit of the start page', () => {
  it('has nothing to compare with the first time', () => {
    expect(continueVisit(undefined, 1000)).toEqual({ since: undefined, seen: 1000 });
  });

  it('goes on over reloads, and what was new stays new', () => {
    const visit = { since: 500, seen: 1000 };
    expect(continueVisit(visit, 1000 + 30 * MINUTE)).toEqual({ since: 500, seen: 1000 + 30 * MINUTE });
  });

  it('is a new one after half an hour, and compares with the end of the last', () => {
    const visit = { since: 500, seen: 1000 };
    expect(continueVisit(visit, 1001 + 30 * MINUTE)).toEqual({ since: 1000, seen: 1001 + 30 * MINUTE });
  });

  it.each([null, '', 'null', '{', '[]', '{"seen":"soon"}', '{"since":1}'])(
    'forgets what is not its own: %s',
    (text) => {
      expect(parseVisit(text)).toBeUndefined();
    },
  );

  it('reads what it wrote', () => {
    expect(parseVisit(JSON.stringify({ since: 1, seen: 2 }))).toEqual({ since: 1, seen: 2 });
    expect(parseVisit('{"seen":2,"since":"x"}')).toEqual({ since: undefined, seen: 2 });
  });
});
