import { describe, expect, it } from 'vitest';
import { completionAt } from './completion.ts';
import { addCondition, writeCondition } from './conditions.ts';

/** The place of the caret is written as `|`. */
function at(written: string) {
  const caret = written.indexOf('|');
  return completionAt(written.replace('|', ''), caret);
}

describe('what is expected where the caret stands', () => {
  it.each([
    ['|', 'field', ''],
    ['met|', 'field', 'met'],
    ['metrics.ac|c > 1', 'field', 'metrics.ac'],
    ['metrics.acc |', 'operator', ''],
    ['metrics.acc >|', 'value', ''],
    ['metrics.acc > |', 'value', ''],
    ['metrics.acc > 0.5|', 'value', '0.5'],
    ['metrics.acc > 0.5 |', 'connective', ''],
    ['metrics.acc > 0.5 a|', 'connective', 'a'],
    ['metrics.acc > 0.5 AND |', 'field', ''],
    ['params.`two words` |', 'operator', ''],
    ['params.`two wo|', 'field', 'params.`two wo'],
    ["params.a = 'ad|", 'value', "'ad"],
    ["params.a = 'it is' |", 'connective', ''],
    ["params.a IN ('x', |", 'value', ''],
    ["params.a IN ('x', 'y') |", 'connective', ''],
    ['params.a NOT |', 'operator', ''],
    ['params.a IS NULL |', 'connective', ''],
    ['max(|', 'field', ''],
    ['max(metrics.lo|', 'field', 'metrics.lo'],
    ['max(metrics.loss) |', 'operator', ''],
    ['NOT (|', 'field', ''],
  ])('%s → %s', (written, kind, typed) => {
    const place = at(written);
    expect([place.expected.kind, place.typed]).toEqual([kind, typed]);
  });

  it('replaces the whole word that the caret stands in', () => {
    expect(at('metrics.ac|curacy > 1')).toMatchObject({ from: 0, to: 16 });
  });

  it('knows whose value is wanted', () => {
    expect(at("tags.`a b` = '|").expected).toEqual({ kind: 'value', field: 'tags.`a b`', isList: false });
  });
});

describe('conditions made by clicks', () => {
  it('quotes keys and values with what they do not hold', () => {
    expect(writeCondition({ kind: 'p', key: 'model' }, '=', 'rf')).toBe("params.model = 'rf'");
    expect(writeCondition({ kind: 't', key: 'a b' }, '!=', "it's")).toBe('tags.`a b` != "it\'s"');
    expect(writeCondition({ kind: 'm', key: 'val-acc' }, '>', ' 0.5 ')).toBe('metrics.val-acc > 0.5');
    expect(writeCondition({ kind: 'p', key: 'x' }, 'IS NULL', '')).toBe('params.x IS NULL');
  });

  it('makes none where the language has no words for it', () => {
    expect(writeCondition({ kind: 'p', key: 'x' }, '=', `'both" `)).toBeUndefined();
    expect(writeCondition({ kind: 'm', key: 'x' }, '>', 'much')).toBeUndefined();
  });

  it('narrows what is there', () => {
    expect(addCondition('', 'a = 1')).toBe('a = 1');
    expect(addCondition('b = 2', 'a = 1')).toBe('b = 2 AND a = 1');
    expect(addCondition('b = 2 AND a = 1', 'a = 1')).toBe('b = 2 AND a = 1');
    expect(addCondition("b = 2 or c = '3'", 'a = 1')).toBe("(b = 2 or c = '3') AND a = 1");
    expect(addCondition("b = 'this or that'", 'a = 1')).toBe("b = 'this or that' AND a = 1");
  });
});
