import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSetClock, openFiles, type SetClock } from '../artifacts/conformance/files.ts';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import { systemClock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import { createTracking, ownership, type Tracking } from './conformance/tracking.ts';
import { readGcCommand, runGcCommand } from './gc-command.ts';
import { createTrash, type Trash } from './trash.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

describe.each(testedDatabases())('the trash on $name', (database) => {
  let opened: OpenedDatabase;
  let tracking: Tracking;
  let home: Awaited<ReturnType<typeof openFiles>>;
  let clock: SetClock;
  let trash: Trash;
  const needed = new Set<string>();

  beforeEach(async () => {
    needed.clear();
    opened = await database.open();
    tracking = createTracking(opened.db);
    // The tracking services ask the machine for the time.
    clock = createSetClock(systemClock.nowMs() + 3_600_000);
    home = await openFiles(opened.db, clock);
    const guard = async (_sql: unknown, subject: string) => {
      for (const each of needed) {
        if (subject.includes(each)) throw new AppError('Conflict', `somebody needs ${each}`);
      }
    };
    trash = createTrash({ db: opened.db, clock, guards: { files: guard, loggedModel: guard }, ownership });
  });
  afterEach(async () => {
    home.remove();
    await opened.remove();
  });

  const newExperiment = (name = 'e') => tracking.experiments.create({ name, tags: [] });
  async function newRun(experimentNo: number, text: string) {
    const { run } = await tracking.runs.create({ experimentNo, tags: [{ key: 't', value: 'v' }] });
    await tracking.runs.logBatch({
      runId: run.runId,
      metrics: [{ key: 'loss', value: 1, step: 0, timestampMs: 1, modelId: undefined }],
      params: [{ key: 'p', value: 'v' }],
      tags: [],
    } as unknown as Parameters<typeof tracking.runs.logBatch>[0]);
    await home.put(`${experimentNo}/${run.runId}/artifacts/a.txt`, text);
    return run.runId;
  }
  const newModel = async (experimentNo: number) => {
    const { row } = await tracking.loggedModels.create({
      experimentNo,
      name: 'm',
      modelType: undefined,
      sourceRunId: undefined,
      params: [],
      tags: [],
    });
    await home.put(`${experimentNo}/models/${row.model_id}/artifacts/MLmodel`, row.model_id);
    return row.model_id;
  };
  const count = async (table: string) => {
    const row = await opened.db.read((sql) => sql.get<{ n: number }>(`SELECT count(*) AS n FROM ${table}`));
    return Number(row!.n);
  };

  it('keeps a run for the undo window and then removes all of it', async () => {
    const no = await newExperiment();
    const gone = await newRun(no, 'gone');
    const alive = await newRun(no, 'alive');
    await tracking.runs.delete(gone);
    expect((await trash.empty({ undoWindowMs: DAY_MS })).experiments).toEqual([]);
    expect((await tracking.runs.get(gone)).run.stage).toBe('deleted');
    clock.advance(2 * DAY_MS);
    expect((await trash.empty({ undoWindowMs: DAY_MS })).experiments).toEqual([
      {
        experimentNo: no,
        name: 'e',
        removed: false,
        runs: 1,
        loggedModels: 0,
        files: 1,
        sizeBytes: 4,
        kept: 0,
      },
    ]);
    await expect(tracking.runs.get(gone)).rejects.toMatchObject({ code: 'NotFound' });
    expect(await home.names(String(no))).toEqual([alive]);
    expect((await tracking.runs.get(alive)).params).toEqual([{ key: 'p', value: 'v' }]);
    for (const table of ['params', 'metric_series', 'metric_points']) {
      expect([table, await count(table)]).toEqual([table, 1]);
    }
    clock.advance(DAY_MS);
    expect(await home.garbage.collect(0)).toEqual({ count: 1, sizeBytes: 4 });
  });

  it('does not remove what was restored in time', async () => {
    const no = await newExperiment();
    const run = await newRun(no, 'text');
    await tracking.experiments.delete(no);
    await tracking.experiments.restore(no);
    clock.advance(2 * DAY_MS);
    expect((await trash.empty({ undoWindowMs: 0 })).experiments).toEqual([]);
    expect(await home.read(`${no}/${run}/artifacts/a.txt`)).toBe('text');
  });

  it('tells what would go, and lets it be', async () => {
    const no = await newExperiment();
    await newRun(no, 'one');
    await newModel(no);
    await tracking.experiments.delete(no);
    const report = await trash.empty({ undoWindowMs: 0, dryRun: true });
    expect(report.experiments).toEqual([
      {
        experimentNo: no,
        name: 'e',
        removed: true,
        runs: 1,
        loggedModels: 1,
        files: 2,
        sizeBytes: 37,
        kept: 0,
      },
    ]);
    await tracking.experiments.restore(no);
    expect([await count('runs'), await count('logged_models'), await home.objects()]).toEqual([1, 1, 2]);
  });

  it('takes an experiment with its runs, logged models and files, so that its name is free', async () => {
    const no = await newExperiment();
    await newRun(no, 'one');
    await newModel(no);
    await home.put(`${no}/traces/t/artifacts/x`, 'trace');
    await tracking.experiments.delete(no);
    expect((await trash.empty({ undoWindowMs: 0 })).experiments).toMatchObject([
      { experimentNo: no, name: 'e', removed: true, runs: 1, loggedModels: 1, files: 3, kept: 0 },
    ]);
    expect([await count('runs'), await count('logged_models'), await home.names('')]).toEqual([0, 0, []]);
    await newExperiment('e');
  });

  it('takes a logged model alone', async () => {
    const no = await newExperiment();
    const gone = await newModel(no);
    const alive = await newModel(no);
    await tracking.loggedModels.delete(gone);
    await trash.empty({ undoWindowMs: 0 });
    expect(await home.names(`${no}/models`)).toEqual([alive]);
    await expect(tracking.loggedModels.get(gone, { allowDeleted: true })).rejects.toMatchObject({
      code: 'NotFound',
    });
  });

  it('keeps what somebody needs, says why, and keeps the experiment for it', async () => {
    const no = await newExperiment();
    const run = await newRun(no, 'needed');
    const model = await newModel(no);
    const other = await newRun(no, 'other');
    await tracking.experiments.delete(no);
    needed.add(run).add(model);
    for (const dryRun of [true, false]) {
      const { experiments, reasons } = await trash.empty({ undoWindowMs: 0, dryRun });
      expect(experiments).toMatchObject([{ removed: false, runs: 1, loggedModels: 0, kept: 2 }]);
      expect(reasons.toSorted()).toEqual([
        `logged model ${model} stays: somebody needs ${model}`,
        `run ${run} stays: somebody needs ${run}`,
      ]);
    }
    await expect(tracking.runs.get(other)).rejects.toThrow();
    needed.clear();
    expect((await trash.empty({ undoWindowMs: 0 })).experiments).toMatchObject([{ removed: true, runs: 1 }]);
  });

  it('goes only where it is told to', async () => {
    const [first, second] = [await newExperiment('first'), await newExperiment('second')];
    const runs = [await newRun(first, 'a'), await newRun(first, 'b'), await newRun(second, 'c')];
    for (const run of runs) await tracking.runs.delete(run);
    await trash.empty({ undoWindowMs: 0, runIds: [runs[0]!] });
    expect(await count('runs')).toBe(2);
    await trash.empty({ undoWindowMs: 0, experimentNos: [second] });
    expect(await home.names('')).toEqual([String(first), String(second)]);
    expect(await home.names(String(first))).toEqual([runs[1]]);
    expect(await home.names(String(second))).toEqual([]);
    const alive = await newRun(first, 'alive');
    await expect(trash.empty({ undoWindowMs: 0, runIds: [alive] })).rejects.toThrow('Not in the trash');
    await expect(trash.empty({ undoWindowMs: 0, experimentNos: [999] })).rejects.toThrow('999');
  });

  it('takes the first experiment’s runs but not the experiment', async () => {
    await tracking.experiments.ensureDefault();
    await newRun(0, 'x');
    await tracking.experiments.delete(0);
    expect((await trash.empty({ undoWindowMs: 0 })).experiments).toMatchObject([{ removed: false, runs: 1 }]);
    await tracking.experiments.restore(0);
  });

  it('removes a long history piece by piece, out of everybody’s sight', async () => {
    const no = await newExperiment();
    const run = await newRun(no, 'x');
    const metrics = Array.from({ length: 900 }, (_, step) => ({
      key: 'loss',
      value: step,
      timestampMs: 1,
      modelId: undefined,
    }));
    for (let i = 1; i <= 25; i++) {
      await tracking.runs.logBatch({
        runId: run,
        metrics: metrics.map((metric, step) => ({ ...metric, step: i * 1000 + step })),
        params: [],
        tags: [],
      } as unknown as Parameters<typeof tracking.runs.logBatch>[0]);
    }
    await tracking.runs.delete(run);
    const emptying = trash.empty({ undoWindowMs: 0 });
    await Promise.all([emptying, trash.empty({ undoWindowMs: 0 })]);
    expect([await count('runs'), await count('metric_points'), await count('metric_series')]).toEqual([
      0, 0, 0,
    ]);
  });

  it('is emptied from the command line, which tells what went', async () => {
    const no = await newExperiment();
    await newRun(no, 'text');
    await tracking.experiments.delete(no);
    const said: string[] = [];
    const gc = async (flags: Parameters<typeof readGcCommand>[0], dryRun = false) => {
      said.length = 0;
      await runGcCommand(
        { trash, garbage: home.garbage, write: (text) => void said.push(text) },
        readGcCommand(flags, { dryRun }),
      );
      return said.join('');
    };
    expect(await gc({})).toContain('Nothing in the trash is old enough to go.');
    const planned = await gc({ 'older-than': '0', grace: '0' }, true);
    expect(planned).toContain(
      `Would remove experiment ${no} 'e' with 1 runs, 0 logged models, 1 files of 4 bytes`,
    );
    expect(await home.objects()).toBe(1);
    const done = await gc({ 'experiment-ids': String(no), grace: '0' });
    expect(done).toContain(`Removed experiment ${no} 'e'`);
    expect(done).toContain('Freed: 4 bytes in 1 contents');
    expect(await home.objects()).toBe(0);
    expect(() => readGcCommand({ 'older-than': 'soon' }, { dryRun: false })).toThrow('--older-than');
  });
});
