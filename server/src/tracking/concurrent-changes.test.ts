import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import type { Database } from '../db/port.ts';
import { systemClock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import { createTracking, ownership, type Tracking } from './conformance/tracking.ts';
import { createRunInputs } from './run-inputs.ts';
import { createTrash } from './trash.ts';

/** Two programs on one database, whose requests come together. */
describe.each(testedDatabases())('what many do to runs at once, on $name', ({ name: engine, open }) => {
  let opened: OpenedDatabase;
  let here: Tracking;
  let there: Tracking;

  beforeEach(async () => {
    opened = await open();
    here = createTracking(opened.db);
    there = createTracking(engine === 'sqlite' ? opened.db : opened.reopen());
  });
  afterEach(async () => {
    for (const { pendingCreates } of [here, there]) await pendingCreates.close();
    await opened.remove();
  });

  const both = (i: number): Tracking => (i % 2 === 0 ? here : there);
  const experiment = (name: string) => here.experiments.create({ name, tags: [] });
  const run = async (experimentNo: number) => (await here.runs.create({ experimentNo, tags: [] })).run.runId;
  const count = async (text: string, params: readonly (string | number)[]): Promise<number> =>
    Number(
      (await opened.db.read((sql) => sql.get<{ n: number }>(`SELECT count(*) AS n FROM ${text}`, params)))!.n,
    );
  const events = (action: string) => count(`event_outbox WHERE entity = 'run' AND action = ?`, [action]);

  it('leaves no run alive in an experiment that goes to the trash', async () => {
    for (let round = 0; round < 25; round += 1) {
      const experimentNo = await experiment(`going-${round}`);
      const outcomes = await Promise.allSettled([
        ...Array.from({ length: 6 }, (_, i) => both(i).runs.create({ experimentNo, tags: [] })),
        there.experiments.delete(experimentNo),
      ]);
      for (const outcome of outcomes)
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'InvalidArgument' });
      expect(outcomes.at(-1)!.status).toBe('fulfilled');
      expect(await count(`runs WHERE experiment_no = ? AND lifecycle_stage = 'active'`, [experimentNo])).toBe(
        0,
      );
    }
  });

  it('lets one delete an experiment, and tells the others that it is in the trash', async () => {
    for (let round = 0; round < 15; round += 1) {
      const experimentNo = await experiment(`once-${round}`);
      const outcomes = await Promise.allSettled(
        Array.from({ length: 6 }, (_, i) => both(i).experiments.delete(experimentNo)),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    }
  });

  it('tells once that a run has ended, and once that it went to the trash', async () => {
    const experimentNo = await experiment('told');
    const rounds = 15;
    for (let round = 0; round < rounds; round += 1) {
      const runId = await run(experimentNo);
      await Promise.all(
        Array.from({ length: 6 }, (_, i) => both(i).runs.update(runId, { status: 'FINISHED' })),
      );
      const deleted = await Promise.all(Array.from({ length: 6 }, (_, i) => both(i).runs.delete(runId)));
      expect(deleted.filter(Boolean)).toHaveLength(1);
    }
    expect(await events('finished')).toBe(rounds);
    expect(await events('deleted')).toBe(rounds);
  });

  it('keeps every model in the history of a run', async () => {
    const experimentNo = await experiment('history');
    for (let round = 0; round < 10; round += 1) {
      const runId = await run(experimentNo);
      await Promise.all(
        Array.from({ length: 8 }, (_, i) => both(i).runs.appendModelHistory(runId, { path: `m${i}` })),
      );
      const { tags } = await here.runs.get(runId);
      const history = tags.find(({ key }) => key === 'mlflow.log-model.history')!.value;
      expect(JSON.parse(history)).toHaveLength(8);
    }
  });

  it('takes one value of a param, whoever logs another', async () => {
    const experimentNo = await experiment('params');
    for (let round = 0; round < 15; round += 1) {
      const runId = await run(experimentNo);
      const outcomes = await Promise.allSettled(
        Array.from({ length: 8 }, (_, i) =>
          both(i).runs.logBatch({
            runId,
            metrics: [],
            params: [{ key: 'p', value: String(i) }],
            tags: [],
          }),
        ),
      );
      const kept = outcomes.findIndex(({ status }) => status === 'fulfilled');
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect((await here.runs.get(runId)).params).toEqual([{ key: 'p', value: String(kept) }]);
    }
  });

  it('keeps no run waiting for another that logs the same datasets the other way round', async () => {
    const experimentNo = await experiment('datasets');
    let attempts = 0;
    const counted: Database = {
      ...opened.db,
      write: (operation) =>
        opened.db.write((tx) => {
          attempts += 1;
          return operation(tx);
        }),
    };
    const inputs = createRunInputs({ db: counted });
    for (let round = 0; round < 10; round += 1) {
      const datasets = Array.from({ length: 8 }, (_, i) => ({
        name: `round ${round}`,
        digest: `d${i}`,
        sourceType: 'local',
        source: '{}',
        schema: undefined,
        profile: undefined,
        tags: [],
      }));
      const runIds = [await run(experimentNo), await run(experimentNo)];
      const orders = [datasets, datasets.toReversed()];
      await Promise.all(
        runIds.map((runId, i) => inputs.logInputs(runId, { datasets: orders[i]!, modelIds: [] })),
      );
      for (const [i, runId] of runIds.entries())
        expect((await here.runs.get(runId)).datasets.map(({ digest }) => digest)).toEqual(
          orders[i]!.map(({ digest }) => digest),
        );
    }
    // None was ended for another's sake and made again.
    expect(attempts).toBe(20);
  });

  it('either restores a run or removes it for good', async () => {
    const experimentNo = await experiment('trash');
    const trash = createTrash({
      db: opened.db,
      clock: systemClock,
      guards: { files: async () => undefined, loggedModel: async () => undefined },
      ownership,
    });
    for (let round = 0; round < 25; round += 1) {
      const runId = await run(experimentNo);
      await here.runs.delete(runId);
      const [restored] = await Promise.allSettled([
        there.runs.restore(runId),
        trash.empty({ undoWindowMs: 0, runIds: [runId] }),
      ]);
      const isThere = await here.runs.get(runId).then(
        () => true,
        (error: unknown) => {
          expect(error).toBeInstanceOf(AppError);
          return false;
        },
      );
      expect(restored.status === 'fulfilled' && restored.value).toBe(isThere);
    }
  });
});
