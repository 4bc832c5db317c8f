import { describe, expect, it } from 'vitest';
import type { RunKeys } from '../../../data/run-table.ts';
import { withFiltered } from '../run-columns.ts';
import { completionAt } from './completion.ts';
import { addCondition, writeCondition } from './conditions.ts';
import { adviseOn, nearestFields } from './filter-advice.ts';
import { fieldsIn } from './filter-fields.ts';
import { noteOfKey, suggestFields, suggestMetrics } from './suggestions.ts';

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
    ['max(|', 'metric', ''],
    ['max(metrics.lo|', 'metric', 'metrics.lo'],
    ['max(metrics.loss |', 'close', ''],
    ['at(metrics.loss|, 5)', 'metric', 'metrics.loss'],
    ['at(metrics.loss, |', 'step', ''],
    ['at(metrics.loss, 5|', 'step', '5'],
    ['at(metrics.loss, 5 |', 'close', ''],
    ['at(metrics.loss, 5) |', 'operator', ''],
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

const keys = (metrics: readonly string[]): RunKeys => {
  const list = (names: readonly string[]) => ({
    keys: names.map((key) => ({ key, varies: true })),
    total: names.length,
  });
  return { metrics: list(metrics), params: list(['model', 'min_lr']), tags: list(['team']) };
};

describe('what is offered', () => {
  const offered = (typed: string) => suggestFields(typed, keys(['loss', 'auc'])).map(({ text }) => text);

  it('is a function first where its name is typed, and the extremes of a metric beside it', () => {
    expect(offered('mi')[0]).toBe('min(');
    expect(offered('loss')).toEqual(['metrics.loss', 'min(metrics.loss)', 'max(metrics.loss)']);
    expect(offered('metrics.lo')).toEqual(['metrics.loss', 'min(metrics.loss)', 'max(metrics.loss)']);
  });

  it('has the functions behind the metrics before anything is typed, not at the end', () => {
    expect(offered('').slice(0, 4)).toEqual(['metrics.loss', 'metrics.auc', 'min(', 'max(']);
  });

  it('is metrics alone in the brackets of a function, which the choice closes', () => {
    expect(suggestMetrics('', keys(['loss']), ')')).toEqual([
      { text: 'metrics.loss', note: 'metric', goesOn: true, closes: ')' },
    ]);
  });

  it('is metrics in the brackets by their whole names as well as by their keys', () => {
    const inside = (typed: string) =>
      suggestMetrics(typed, keys(['loss', 'auc']), ')').map(({ text }) => text);
    for (const typed of ['m', 'me', 'Metrics', 'metrics.']) expect(inside(typed)).toHaveLength(2);
    expect(inside('lo')).toEqual(['metrics.loss']);
    expect(inside('metrics.au')).toEqual(['metrics.auc']);
  });

  it('tells how few runs have a key that says one thing', () => {
    expect(noteOfKey({ key: 'a', varies: false })).toBe('equal in all runs');
    expect(noteOfKey({ key: 'a', varies: false, runs: 4 })).toBe('in 4 runs');
    expect(noteOfKey({ key: 'a', varies: false, runs: null })).toBe('');
    expect(noteOfKey({ key: 'a', varies: true })).toBe('');
  });
});

describe('the fields of a filter', () => {
  it('are told with their places, functions and keys', () => {
    const filter =
      "min(metrics.`a b`) < 1 AND at(metrics.loss, -5) > 2 OR params.x IN ('y') AND NOT tags.z IS NULL";
    expect(
      fieldsIn(filter).map(({ scope, key, history }) => [scope, key, history?.fn, history?.step]),
    ).toEqual([
      ['metrics', 'a b', 'min', undefined],
      ['metrics', 'loss', 'at', '-5'],
      ['params', 'x', undefined, undefined],
      ['tags', 'z', undefined, undefined],
    ]);
    const { from, to } = fieldsIn(filter)[1]!;
    expect(filter.slice(from, to)).toBe('metrics.loss');
  });

  it('have columns where they draw from histories', () => {
    const filter = 'min(metrics.loss) < 1 AND max(metrics.acc) > 0 AND metrics.loss > 2';
    expect(withFiltered(['a.status', 'm.acc', 'm.loss'], filter)).toEqual([
      'a.status',
      'm.acc',
      'h.max.acc',
      'm.loss',
      'h.min.loss',
    ]);
    // What was asked for before may have been hidden since.
    expect(withFiltered(['m.loss'], `${filter} AND first(metrics.loss) > 0`, filter)).toEqual([
      'm.loss',
      'h.first.loss',
    ]);
  });
});

describe('advice on a filter', () => {
  const advise = (filter: string, message: string, position: number) => {
    const { text, remedies } = adviseOn(filter, { message, position }, keys(['loss', 'auc']));
    return [text, ...remedies.map(({ by }) => by)];
  };

  it('says what is wrong in plain words, and what may have been meant', () => {
    expect(
      advise(
        'loss > 1',
        "Invalid attribute key 'loss' for run (valid keys are run_id) at position 0 of the filter.",
        0,
      ),
    ).toEqual(['There is no attribute “loss”.', 'metrics.loss']);
    expect(
      advise(
        'metric.x = 1 AN b',
        "Invalid clause(s) in filter string: expected AND, OR or the end, found 'AN' at position 13 of the filter.",
        13,
      ),
    ).toEqual(['Before “AN” there should be AND, OR or the end.']);
    expect(
      advise(
        'params.model =',
        "Expected a quoted string value for param 'model' (e.g. 'my-value'), found the end at position 14 of the filter.",
        14,
      ),
    ).toEqual(["At the end there should be a quoted string value for param 'model' (e.g. 'my-value')."]);
    expect(
      advise(
        'mtrics.los > 1',
        "Invalid entity type 'mtrics' (valid values are metric) at position 0 of the filter.",
        0,
      ),
    ).toEqual([
      'Names begin with metrics., params., tags., attributes. or datasets., not with “mtrics.”.',
      'metrics.loss',
    ]);
  });

  it('is none where no name is near', () => {
    expect(nearestFields('zzzzzz', keys(['loss']))).toEqual([]);
    expect(nearestFields('los', keys(['loss', 'last']))).toEqual(['metrics.loss']);
  });
});

describe('conditions made by clicks', () => {
  it('quotes keys and values with what they do not hold', () => {
    expect(writeCondition({ kind: 'p', key: 'model' }, '=', 'rf')).toBe("params.model = 'rf'");
    expect(writeCondition({ kind: 't', key: 'a b' }, '!=', "it's")).toBe('tags.`a b` != "it\'s"');
    expect(writeCondition({ kind: 'm', key: 'val-acc' }, '>', ' 0.5 ')).toBe('metrics.val-acc > 0.5');
    expect(writeCondition({ kind: 'p', key: 'x' }, 'IS NULL', '')).toBe('params.x IS NULL');
    expect(writeCondition({ kind: 'h', key: 'min.a b' }, '<', '0.5')).toBe('min(metrics.`a b`) < 0.5');
    expect(writeCondition({ kind: 'h', key: 'at.-5.loss' }, '>', '1')).toBe('at(metrics.loss, -5) > 1');
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
