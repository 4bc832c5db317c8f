import { describe, expect, it } from 'vitest';
import { placeIn } from './error-place.ts';

describe('the place of an error in a statement', () => {
  const statement = 'SELECT run_id,\n  nothing\nFROM system.mlflow.runs';

  it('is where line and column say', () => {
    const place = placeIn('[PARSE_SYNTAX_ERROR] Line 2, column 3: there is no such column.', statement);
    expect(place).toEqual({ from: 17, to: 24, line: 2, column: 3 });
    expect(placeIn('Line 9, column 1: too far.', statement)).toBeUndefined();
  });

  it('is above the caret of a line that is shown', () => {
    const message = 'Referenced column "nothing" not found!\n\nLINE 2:   nothing\n          ^';
    expect(placeIn(message, statement)).toMatchObject({ from: 17, line: 2, column: 3 });
  });

  it('is found in a line that is shown in part', () => {
    const long = `SELECT ${'a, '.repeat(40)}nothing FROM system.mlflow.runs`;
    const message = 'not found!\nLINE 1: ...a, a, nothing FROM sys...\n                 ^';
    const place = placeIn(message, long);
    expect(long.slice(place?.from, place?.to)).toBe('nothing');
  });

  it('is found where the message has blanks for what the server took out', () => {
    const whole = 'SELECT nothing FROM system.mlflow.runs';
    const message = 'not found!\n\nLINE 1: SELECT nothing FROM        mlflow.runs\n               ^';
    expect(placeIn(message, whole)).toEqual({ from: 7, to: 14, line: 1, column: 8 });
    expect(placeIn(message, whole.replace('runs', 'tags'))).toBeUndefined();
  });

  it('is not known where no message tells it', () => {
    expect(placeIn('Permission denied.', statement)).toBeUndefined();
    expect(placeIn('LINE 1: something else\n   ^', statement)).toBeUndefined();
  });
});
