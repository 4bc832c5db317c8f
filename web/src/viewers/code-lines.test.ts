import { expect, it } from 'vitest';
import { linesOfMarkup } from './code-lines.ts';
import { highlight } from './highlight.ts';

it('keeps every letter of the code, line by line', () => {
  const code = 'def f(a: int) -> str:\n    """Two\n    lines & <b>"""\n\n    return f"{a}" + \'x\'\n';
  const lines = highlight(code, 'python');
  expect(lines.map((line) => line.map(({ text }) => text).join('')).join('\n')).toBe(code);
});

it('colours both lines of a string that goes over a line end', () => {
  const lines = highlight('x = """a\nb"""', 'python');
  expect(lines.map((line) => line.at(-1)?.kind)).toEqual(['hljs-string', 'hljs-string']);
});

it('takes nothing of the code for markup', () => {
  const [line] = highlight('<img src=x onerror=alert(1)>&amp;', 'python');
  expect(line!.map(({ text }) => text).join('')).toBe('<img src=x onerror=alert(1)>&amp;');
});

it('leaves languages that it does not know plain', () => {
  expect(highlight('a\nb', 'klingon')).toEqual([[{ text: 'a' }], [{ text: 'b' }]]);
});

it('reads nested markup and the entities that highlight.js writes', () => {
  expect(linesOfMarkup('a<span class="k">b<span class="s">&lt;\n&#x27;</span>c</span>')).toEqual([
    [
      { text: 'a', kind: undefined },
      { text: 'b', kind: 'k' },
      { text: '<', kind: 's' },
    ],
    [
      { text: "'", kind: 's' },
      { text: 'c', kind: 'k' },
    ],
  ]);
});
