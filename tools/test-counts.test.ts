import { describe, expect, it } from 'vitest';
import {
  addCounts,
  countsFromOutput,
  countsFromVitest,
  failureOf,
  failuresFromOutput,
  renderCounts,
} from './test-counts.mjs';

describe('counts read from output', () => {
  it.each([
    ['our own last line', 'noise\n3 passed, 1 failed, 2 skipped\n', [3, 1, 2]],
    ['a clean pytest run', '...\n========== 12 passed in 3.21s ==========\n', [12, 0, 0]],
    ['a failing pytest run', '== 1 failed, 12 passed, 2 skipped, 1 warning in 3.21s ==', [12, 1, 2]],
    ['errors in fixtures', '== 12 passed, 2 errors in 3.21s ==', [12, 2, 0]],
    ['a single error', '== 1 error in 0.21s ==', [0, 1, 0]],
    ['expected failures', '== 2 passed, 1 xfailed, 1 xpassed in 0.2s ==', [3, 1, 0]],
    ['a quiet pytest run', '5 passed in 0.2s', [5, 0, 0]],
    [
      'the last of several lines',
      '1 passed, 0 failed, 0 skipped\n4 passed, 0 failed, 0 skipped\n',
      [4, 0, 0],
    ],
  ] as const)('understand %s', (_, output, [passed, failed, skipped]) => {
    expect(countsFromOutput(output)).toEqual({ passed, failed, skipped });
  });

  it.each(['', 'Traceback (most recent call last):', 'I passed 3 times', '== no tests ran in 0.01s =='])(
    'are missing in %j',
    (output) => {
      expect(countsFromOutput(output)).toBeUndefined();
    },
  );

  it('come back from the line that they were rendered to', () => {
    const counts = { passed: 7, failed: 1, skipped: 3 };
    expect(countsFromOutput(renderCounts(counts))).toEqual(counts);
  });
});

describe('counts of a vitest report', () => {
  const report = (change: object) =>
    JSON.stringify({
      success: true,
      numPassedTests: 5,
      numFailedTests: 0,
      numPendingTests: 1,
      numTodoTests: 1,
      testResults: [{ status: 'passed', assertionResults: [{ status: 'passed' }] }],
      ...change,
    });

  it('take skipped and planned tests as left out', () => {
    expect(countsFromVitest(report({}))).toMatchObject({ passed: 5, failed: 0, skipped: 2 });
  });

  it('take a file that does not load as one failure', () => {
    const testResults = [{ status: 'failed', assertionResults: [] }];
    expect(countsFromVitest(report({ success: false, testResults })).failed).toBe(1);
  });

  it('do not count a failing test twice', () => {
    const testResults = [{ status: 'failed', assertionResults: [{ status: 'failed' }] }];
    expect(countsFromVitest(report({ success: false, numFailedTests: 1, testResults })).failed).toBe(1);
  });

  it('notice a run that failed outside of its tests', () => {
    expect(countsFromVitest(report({ success: false })).failed).toBe(1);
  });
});

describe('the names of failed tests', () => {
  it('come from a vitest report with the first line of what each says', () => {
    const failed = {
      status: 'failed',
      fullName: 'the table sorts',
      failureMessages: ['Error: 2, not 1\n  at x'],
    };
    const testResults = [
      {
        name: '/tmp/checkout/web/test/runs.test.ts',
        status: 'failed',
        assertionResults: [failed, { status: 'passed' }],
      },
      {
        name: '/tmp/checkout/web/test/home.test.ts',
        status: 'failed',
        message: 'No such module',
        assertionResults: [],
      },
    ];
    const text = JSON.stringify({
      ...{ success: false, numPassedTests: 1, numFailedTests: 1, numPendingTests: 0, numTodoTests: 0 },
      testResults,
    });
    expect(countsFromVitest(text).failures).toEqual([
      'test/runs.test.ts: the table sorts: Error: 2, not 1',
      'test/home.test.ts: No such module',
    ]);
  });

  it("come from the summary at pytest's end", () => {
    const output =
      'E  assert 1 == 2\nFAILED test_runs.py::test_sorts - assert 1 == 2\nERROR test_x.py::test_y\n== 1 failed, 1 error in 1s ==';
    expect(failuresFromOutput(output)).toEqual([
      'FAILED test_runs.py::test_sorts - assert 1 == 2',
      'ERROR test_x.py::test_y',
    ]);
  });
});

describe('the judgement of a suite', () => {
  const lenient = { nothingMayBeLeftOut: false };
  const strict = { nothingMayBeLeftOut: true };

  it('lets a clean suite pass', () => {
    expect(failureOf({ passed: 1, failed: 0, skipped: 0 }, strict)).toBeUndefined();
  });

  it('fails a suite with a failure', () => {
    expect(failureOf({ passed: 9, failed: 1, skipped: 0 }, lenient)).toBe('1 failed');
  });

  it('fails a suite in which nothing ran', () => {
    expect(failureOf({ passed: 0, failed: 0, skipped: 0 }, lenient)).toBe('no test ran');
  });

  it('fails left-out tests only where everything must run', () => {
    const counts = { passed: 1, failed: 0, skipped: 2 };
    expect(failureOf(counts, lenient)).toBeUndefined();
    expect(failureOf(counts, strict)).toBe('2 left out');
  });

  it('adds suites up', () => {
    const one = { passed: 1, failed: 2, skipped: 3 };
    expect(addCounts([one, one])).toEqual({ passed: 2, failed: 4, skipped: 6 });
  });
});
