import { expect, it } from 'vitest';
import { svgPainter } from './svg-painter.ts';

it('leaves a gap in a line where there is no number', () => {
  const painter = svgPainter(100, 50, '#ffffff');
  painter.line([0, 10, 20, 30], [1, 2, Number.NaN, 4], { color: '#000000', width: 1 });
  expect(painter.finish()).toContain('d="M0 1L10 2M30 4"');
});

it('writes names of any kind as text, never as markup', () => {
  const painter = svgPainter(100, 50, '#ffffff');
  painter.text(0, 0, '<script>&"\u0000\u{1F680}', { color: '#000000', size: 12 });
  expect(painter.finish()).toContain('>&lt;script&gt;&amp;&quot;\u{1F680}</text>');
});
