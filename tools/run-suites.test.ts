import { describe, expect, it } from 'vitest';
import { renderFailures, renderTable, runSuites } from './run-suites.mjs';

const suite = (name: string, passed: number, failed: number, skipped: number) => ({
  name,
  run: async () => ({ passed, failed, skipped }),
});
const unasked = async () => {
  throw new Error('nothing here runs apart');
};
const quiet = { print: () => {}, runApart: unasked };

describe('the run of all suites', () => {
  it('goes on after a suite that crashes and counts it as one failure', async () => {
    const broken = {
      name: 'broken',
      run: async () => {
        throw new Error('no such program');
      },
    };
    const results = await runSuites([broken, suite('good', 2, 0, 0)], {
      nothingMayBeLeftOut: false,
      ...quiet,
    });
    expect(results.map(({ counts }) => counts)).toEqual([
      { passed: 0, failed: 1, skipped: 0 },
      { passed: 2, failed: 0, skipped: 0 },
    ]);
    expect(results[0]?.failure).toContain('no such program');
    expect(results[1]?.failure).toBeUndefined();
  });

  it('counts a suite without tests as one failure', async () => {
    const [result] = await runSuites([suite('empty', 0, 0, 0)], { nothingMayBeLeftOut: false, ...quiet });
    expect(result).toMatchObject({ counts: { failed: 1 }, failure: 'no test ran' });
  });

  it('takes tests that were left out as failures only where nothing may be left out', async () => {
    const suites = [suite('partial', 5, 0, 2)];
    const [lenient] = await runSuites(suites, { nothingMayBeLeftOut: false, ...quiet });
    const [strict] = await runSuites(suites, { nothingMayBeLeftOut: true, ...quiet });
    expect(lenient).toMatchObject({ counts: { failed: 0 }, failure: undefined });
    expect(strict).toMatchObject({ counts: { passed: 5, failed: 2, skipped: 2 }, failure: '2 left out' });
  });

  it('runs neighbours that get along beside each other, and tells of them in their order', async () => {
    const printed: string[] = [];
    let running = 0;
    let most = 0;
    const apart = (name: string) => ({ ...suite(name, 1, 0, 0), getsAlong: true });
    const results = await runSuites(
      [suite('first', 1, 0, 0), apart('slow'), apart('quick'), apart('third'), suite('last', 1, 0, 0)],
      {
        nothingMayBeLeftOut: false,
        print: (line) => printed.push(line.trim()),
        async runApart({ name, run }) {
          running += 1;
          most = Math.max(most, running);
          await new Promise((resolve) => setTimeout(resolve, name === 'slow' ? 50 : 5));
          running -= 1;
          if (name === 'third') throw new Error('it ended');
          return { counts: await run(), output: `${name} went well` };
        },
      },
    );
    expect(most).toBe(2);
    expect(results.map(({ name }) => name)).toEqual(['first', 'slow', 'quick', 'third', 'last']);
    expect(results.map(({ counts }) => counts.failed)).toEqual([0, 0, 0, 1, 0]);
    expect(printed.filter((line) => line.includes('went well'))).toEqual([
      '══ quick\nquick went well',
      '══ slow\nslow went well',
    ]);
    expect(printed.at(-1)).toBe('══ last');
  });

  it('says of each suite how it went and why it failed', () => {
    const table = renderTable([
      { name: 'one', counts: { passed: 1, failed: 0, skipped: 0 }, seconds: 1.25, failure: undefined },
      { name: 'another', counts: { passed: 0, failed: 1, skipped: 0 }, seconds: 0, failure: '1 failed' },
    ]);
    expect(table.split('\n')).toEqual([
      'ok     one         1.3 s  1 passed, 0 failed, 0 skipped',
      'FAILED another     0.0 s  0 passed, 1 failed, 0 skipped  (1 failed)',
    ]);
  });

  it('names what failed, and says nothing where nothing did', async () => {
    const counts = { passed: 1, failed: 1, skipped: 0, failures: ['runs.test.ts: sorts: 2, not 1'] };
    const results = await runSuites([{ name: 'pages', run: async () => counts }, suite('good', 1, 0, 0)], {
      nothingMayBeLeftOut: false,
      ...quiet,
    });
    expect(renderFailures(results)).toBe('Failed:\n  pages: runs.test.ts: sorts: 2, not 1\n\n');
    expect(renderFailures(results.slice(1))).toBe('');
  });
});
