import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import { createRegistry } from '../registry/conformance/registry.ts';
import { createTracking } from '../tracking/conformance/tracking.ts';
import { type StatementsFixture, seesOnly, startStatements } from './statements.fixture.ts';

describe.each(testedDatabases())('queries over what is tracked, on $name', ({ open }) => {
  let opened: OpenedDatabase;
  let fixture: StatementsFixture;
  let shown: number;
  let hidden: number;
  const runIds: string[] = [];

  beforeAll(async () => {
    opened = await open();
    const tracking = createTracking(opened.db);
    shown = await tracking.experiments.create({ name: 'shown', tags: [{ key: 'team', value: 'a' }] });
    hidden = await tracking.experiments.create({ name: 'hidden', tags: [] });
    for (const [i, experimentNo] of [shown, shown, shown, hidden].entries()) {
      const { run } = await tracking.runs.create({
        experimentNo,
        userId: 'jane',
        name: `run ${i}`,
        startTimeMs: 1_700_000_000_000 + i,
        tags: [{ key: 'env', value: experimentNo === hidden ? 'secret' : 'dev' }],
      });
      runIds.push(run.runId);
      await tracking.runs.logBatch({
        runId: run.runId,
        params: [{ key: 'depth', value: String(i) }],
        tags: [],
        metrics: [
          ...[0, 1, 2].map((step) => ({
            key: 'auc',
            step,
            timestampMs: 1000 + step,
            value: (i + step) / 10,
          })),
          { key: 'odd', step: 0, timestampMs: 1, value: i === 0 ? Number.NaN : Number.POSITIVE_INFINITY },
        ],
      });
    }
    await tracking.runs.update(runIds[0]!, { status: 'FINISHED', endTimeMs: 1_700_000_001_234 });
    const registry = createRegistry(opened.db);
    for (const name of ['fraud', 'secret'])
      await registry.models.create({ name, description: 'a model', tags: [] });
    fixture = await startStatements(opened.db);
  }, 60_000);
  afterAll(async () => {
    await fixture.stop();
    await opened.remove();
  });

  const one = () => seesOnly('7', { experiments: [shown], models: ['fraud'] });

  it('answers with what was logged', async () => {
    expect(
      await fixture.rows(
        `SELECT r.run_name, r.status, r.start_time, r.end_time, p.value, m.value, m.step, m.point_count
         FROM system.mlflow.runs r JOIN params p USING (run_id) JOIN metrics m USING (run_id)
         WHERE m.key = 'auc' AND r.run_name < 'run 2' ORDER BY 1`,
      ),
    ).toEqual([
      ['run 0', 'FINISHED', '2023-11-14T22:13:20.000Z', '2023-11-14T22:13:21.234Z', '0', '0.2', '2', '3'],
      ['run 1', 'RUNNING', '2023-11-14T22:13:20.001Z', null, '1', '0.3', '2', '3'],
    ]);
  });

  it('has every table, in its columns as DESCRIBE tells them', async () => {
    for (const { name, columns } of fixture.tables) {
      const view = await fixture.execute({ text: `SELECT * FROM system.mlflow.${name}` });
      expect(view.error, name).toBeUndefined();
      expect(view.result!.columns.map((column) => column.name)).toEqual(columns.map((column) => column.name));
    }
  });

  it('gives NaN and infinities as words', async () => {
    const values = await fixture.rows("SELECT DISTINCT value FROM metrics WHERE key = 'odd' ORDER BY 1");
    expect(values).toEqual([['Infinity'], ['NaN']]);
  });

  it('reads whole histories', async () => {
    expect(
      await fixture.rows(
        `SELECT step, value FROM metric_history WHERE run_id = '${runIds[3]}' AND key = 'auc' ORDER BY step`,
      ),
    ).toEqual([
      ['0', '0.3'],
      ['1', '0.4'],
      ['2', '0.5'],
    ]);
  });

  it.each([
    'SELECT DISTINCT experiment_id FROM runs',
    'SELECT DISTINCT experiment_id FROM experiments',
    'SELECT DISTINCT experiment_id FROM params',
    'SELECT DISTINCT experiment_id FROM tags',
    'SELECT DISTINCT experiment_id FROM metrics',
    'SELECT DISTINCT experiment_id FROM metric_history',
    'SELECT DISTINCT experiment_id FROM experiment_tags',
  ])('shows a caller the rows of the experiments that it may read, and no others: %s', async (text) => {
    expect(await fixture.rows(text, one())).toEqual([[String(shown)]]);
  });

  it.each(['runs', 'params', 'tags', 'metrics', 'metric_history', 'experiments', 'experiment_tags'])(
    'shows nothing more of %s to who names what is hidden',
    async (table) => {
      const asked = await fixture.rows(
        `SELECT count(*) FROM ${table} WHERE experiment_id = '${hidden}'`,
        one(),
      );
      expect(asked).toEqual([['0']]);
      const nobody = seesOnly('8', {});
      expect(await fixture.rows(`SELECT count(*) FROM ${table}`, nobody)).toEqual([['0']]);
    },
  );

  it('shows the models that the caller sees', async () => {
    expect(await fixture.rows('SELECT name FROM registered_models ORDER BY 1', one())).toEqual([['fraud']]);
    expect(await fixture.rows("SELECT count(*) FROM registered_models WHERE name = 'secret'", one())).toEqual(
      [['0']],
    );
    expect(await fixture.rows('SELECT name FROM registered_models ORDER BY 1')).toEqual([
      ['fraud'],
      ['secret'],
    ]);
  });

  it.each([
    // Each is a condition that could be asked of the database, in a place where the answer depends on doing it right.
    ["SELECT count(*) FROM runs r LEFT JOIN params p ON r.run_id = p.run_id AND p.key = 'none'", '4'],
    ["SELECT count(*) FROM runs a, runs b WHERE a.run_id = 'ID0'", '4'],
    ["SELECT (SELECT count(*) FROM runs) + (SELECT count(*) FROM runs WHERE run_id = 'ID0')", '5'],
    ["SELECT count(*) FROM runs WHERE run_id = 'ID0' OR run_id = 'ID1'", '2'],
    ["SELECT count(*) FROM runs WHERE NOT run_id = 'ID0'", '3'],
    ["SELECT count(*) FROM runs WHERE run_id IN ('ID0', 'ID1') AND run_id IN ('ID1', 'ID2')", '1'],
    ["SELECT count(*) FROM runs WHERE run_id = 'ID0' AND run_id = 'ID1'", '0'],
    ["SELECT count(*) FROM runs r FULL JOIN params p ON r.run_id = p.run_id AND r.run_id = 'ID0'", '7'],
    ["SELECT count(*) FROM runs AS r(experiment_id, run_id) WHERE r.run_id = 'EXP'", '3'],
    ["SELECT count(*) FROM (SELECT 'ID0' AS run_id, experiment_id FROM runs) WHERE run_id = 'ID0'", '4'],
    [
      "SELECT count(*) FROM runs r JOIN metrics m ON r.run_id = m.run_id WHERE r.experiment_id = 'EXP' AND m.key = 'auc'",
      '3',
    ],
    ['SELECT count(*) FROM runs WHERE experiment_id = EXP', '3'],
    ["SELECT count(*) FROM runs WHERE experiment_id = '0EXP'", '0'],
    ["WITH runs AS (SELECT * FROM params WHERE run_id = 'ID0') SELECT count(*) FROM runs", '1'],
    ["SELECT count(*) FROM runs r LEFT JOIN params p USING (run_id) WHERE p.run_id = 'ID1'", '1'],
    ["SELECT count(*) FROM runs WHERE run_id = 'ID0' UNION ALL SELECT 9 WHERE false", '1'],
  ])('reads no rows in vain, and leaves out none that count: %s', async (text, count) => {
    const query = text
      .replaceAll('EXP', String(shown))
      .replace(/ID(\d)/g, (_, i: string) => runIds[Number(i)]!);
    expect(await fixture.rows(query)).toEqual([[count]]);
  });

  it('takes parameters by name and by place, with their types', async () => {
    const view = await fixture.execute({
      text: 'SELECT :text, :whole + 1, :real, :flag, :day, :at, :exact, :none IS NULL, $text',
      parameters: [
        { name: 'text', value: "it's; DROP", type: undefined },
        { name: 'whole', value: '41', type: 'INT' },
        { name: 'real', value: '0.5', type: 'DOUBLE' },
        { name: 'flag', value: 'true', type: 'BOOLEAN' },
        { name: 'day', value: '2024-02-29', type: 'DATE' },
        { name: 'at', value: '2024-02-29 12:00:00', type: 'TIMESTAMP' },
        { name: 'exact', value: '12.345', type: 'DECIMAL(10,3)' },
        { name: 'none', value: null, type: 'INT' },
      ],
    });
    expect(view.error).toBeUndefined();
    expect(JSON.parse(await fixture.readText(view))).toEqual([
      [
        "it's; DROP",
        '42',
        '0.5',
        'true',
        '2024-02-29',
        '2024-02-29T12:00:00.000Z',
        '12.345',
        'true',
        "it's; DROP",
      ],
    ]);
    const byPlace = await fixture.execute({
      text: 'SELECT ?, ?',
      parameters: [
        { name: undefined, value: 'a', type: 'STRING' },
        { name: '2', value: '2', type: 'BIGINT' },
      ],
    });
    expect(JSON.parse(await fixture.readText(byPlace))).toEqual([['a', '2']]);
  });

  it.each([
    [{ name: 'a', value: 'x', type: 'INT' }, /parameter a is no INTEGER/],
    [{ name: 'a', value: 'x', type: 'INT); DROP TABLE runs' }, /which is none/],
    [{ name: 'b', value: 'x', type: undefined }, /no value for the parameter a/],
  ])('refuses the parameter %j', async (parameter, message) => {
    const view = await fixture.execute({ text: 'SELECT $a', parameters: [parameter] });
    expect(view.state).toBe('FAILED');
    expect(view.error!.message).toMatch(message);
  });

  it('describes and explains queries without running anything else', async () => {
    expect(await fixture.rows('DESCRIBE SELECT run_id FROM runs')).toEqual([
      ['run_id', 'VARCHAR', 'YES', null, null, null],
    ]);
    expect((await fixture.rows('EXPLAIN SELECT run_id FROM runs'))[0]!.join()).toMatch(/runs/i);
  });

  it('says where a query is wrong', async () => {
    const view = await fixture.execute({ text: 'SELECT nothing FROM runs' });
    expect(view).toMatchObject({ state: 'FAILED', error: { code: 'InvalidArgument' } });
    expect(view.error!.message).toMatch(/nothing.*LINE 1/s);
  });

  // The last: its run stays in the trash, and in the tables.
  it('reads histories that are longer than a page, each point once', async () => {
    const tracking = createTracking(opened.db);
    const { run } = await tracking.runs.create({ experimentNo: shown, startTimeMs: 1, tags: [] });
    for (let from = 0; from < 12_000; from += 1000) {
      const metrics = Array.from({ length: 1000 }, (_, i) => ({
        key: 'long',
        step: from + i,
        timestampMs: from + i,
        value: from + i,
      }));
      await tracking.runs.logBatch({ runId: run.runId, params: [], tags: [], metrics });
    }
    expect(
      await fixture.rows(
        `SELECT count(*), count(DISTINCT step), sum(value) FROM metric_history WHERE run_id = '${run.runId}'`,
      ),
    ).toEqual([['12000', '12000', '71994000']]);
    await tracking.runs.delete(run.runId);
    expect(await fixture.rows(`SELECT lifecycle_stage FROM runs WHERE run_id = '${run.runId}'`)).toEqual([
      ['deleted'],
    ]);
  });
});
