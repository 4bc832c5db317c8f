import { expect, it } from 'vitest';
import { renderCsv } from './chart-export.ts';

it('writes cells so that no spreadsheet takes them apart or runs them', () => {
  const text = renderCsv({
    columns: ['run', 'value'],
    rows: [
      ['a,"b"\nc', Number.NaN],
      ['=HYPERLINK("x")', -1.5],
      ['plain', undefined],
    ],
  });
  expect(text).toBe('run,value\r\n"a,""b""\nc",NaN\r\n"\'=HYPERLINK(""x"")",-1.5\r\nplain,\r\n');
});
