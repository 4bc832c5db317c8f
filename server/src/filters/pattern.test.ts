import { describe, expect, it } from 'vitest';
import { parsePattern } from './pattern.ts';
import { compilePattern } from './pattern-matcher.ts';

const finds = (pattern: string, text: string): boolean => compilePattern(parsePattern(pattern))(text);

describe('a pattern', () => {
  it.each([
    ['', 'anything'],
    ['', ''],
    ['b', 'abc'],
    ['^$', ''],
    ['^abc$', 'abc'],
    ['a|b|', 'x'],
    ['^(a|bc)*d$', 'abcad'],
    ['^a{2,3}$', 'aaa'],
    ['^a{2,}?$', 'aaaa'],
    ['^(?:ab){0}c', 'c'],
    ['[]x]', ']'],
    ['[^]x]', 'a'],
    ['[a-]', '-'],
    ['[\\]\\\\]', '\\'],
    ['[\\d_]+$', 'x1_2'],
    ['\\bword\\b', 'a word.'],
    ['a\\Bb', 'ab'],
    ['\\d\\D\\w\\W\\s\\S', '1xé- x'],
    ['^\\w+$', 'größe_9'],
    ['^.$', '😀'],
    ['^[😀-😂]$', '😁'],
    ['a.b', 'a\rb'],
    ['(?s)a.b', 'a\nb'],
    ['(?i)größe', 'GRÖSSE GRÖßE'],
    ['(?i)[a-f]+$', 'xABC'],
    ['(?is)A.B', 'a\nb'],
    ['\\x41\\u00e9\\t\\.\\/', 'Aé\t./'],
    ['a\\+b', 'a+b'],
    ['a]', 'a]'],
    ['(a*)*b', 'aaab'],
  ])('%j is found in %j', (pattern, text) => {
    expect(finds(pattern, text)).toBe(true);
  });

  it.each([
    ['^b', 'abc'],
    ['^abc$', 'abcd'],
    ['abc$', 'abc\n'],
    ['a.b', 'a\nb'],
    ['A', 'a'],
    ['[^a-z]', 'abc'],
    ['^a{2,3}$', 'aaaa'],
    ['\\bord', 'word'],
    ['\\w', '- .'],
    ['(?i)[^a]', 'A'],
    ['x', ''],
  ])('%j is not found in %j', (pattern, text) => {
    expect(finds(pattern, text)).toBe(false);
  });

  it.each([
    ['(', 'is not closed, at position 0'],
    ['a)', "there is no '('"],
    ['[a', 'is not closed'],
    ['*a', 'there is nothing to repeat, at position 0'],
    ['a**', 'there is nothing to repeat'],
    ['^*', 'a place cannot be repeated'],
    ['a{1', 'expected {n}'],
    ['a{3,2}', 'repetitions go from 0 to 255'],
    ['a{256}', 'repetitions go from 0 to 255'],
    ['((a{200}){200}){200}', 'repeats too much'],
    ['(a)\\1', 'the escape \\1 is not known'],
    ['(?=a)', 'only (?:…) is known'],
    ['(?P<n>a)', 'only (?:…) is known'],
    ['a(?i)', 'only (?:…) is known'],
    ['[b-a]', 'a range goes upwards'],
    ['[[:alpha:]]', 'are not known'],
    ['\\p{L}', 'the escape \\p is not known'],
    ['a\\', 'escapes nothing'],
    ['\\x4', 'expected 2 hexadecimal digits'],
    ['\\u0000', 'not all zero'],
    ['('.repeat(60), 'groups nest at most 50 deep'],
    ['a'.repeat(1001), 'at most 1000 characters'],
  ])('%j is refused', (pattern, message) => {
    expect(() => parsePattern(pattern)).toThrow(message);
  });

  it('takes no longer for a text that makes others try every way', () => {
    const start = performance.now();
    expect(finds('(a|a)*(a+)+(a*a*)*b', 'a'.repeat(20_000))).toBe(false);
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it("means what JavaScript's own engine means, wherever both know the words", () => {
    let seed = 11;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * below);
    };
    const atoms = ['a', 'b', '.', '[ab]', '[^a]', '\\d', '\\w', '^', '$', '\\b', '(?:a|bc)', '(ab?)'];
    const repeats = ['', '', '', '*', '+', '?', '{1,2}', '*?'];
    for (let i = 0; i < 3000; i += 1) {
      let pattern = '';
      for (let k = 1 + random(5); k > 0; k -= 1) {
        const atom = atoms[random(atoms.length)]!;
        pattern += /^(?:\^|\$|\\b)$/.test(atom) ? atom : atom + repeats[random(repeats.length)]!;
        if (random(6) === 0) pattern += '|';
      }
      const text = Array.from({ length: random(8) }, () => 'abc1 \n'[random(6)]).join('');
      expect([pattern, text, finds(pattern, text)]).toEqual([pattern, text, new RegExp(pattern).test(text)]);
    }
  });
});
