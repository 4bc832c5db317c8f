import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import type { Database } from '../db/port.ts';
import { createTracking, type Tracking } from './conformance/tracking.ts';
import { createOwners } from './owners.ts';

describe.each(testedDatabases())('the experiments of things on $name', (database) => {
  let opened: OpenedDatabase;
  let tracking: Tracking;
  let reads: number;
  let db: Database;

  beforeEach(async () => {
    opened = await database.open();
    tracking = createTracking(opened.db);
    reads = 0;
    db = {
      ...opened.db,
      read: (operation) => {
        reads += 1;
        return opened.db.read(operation);
      },
    };
  });
  afterEach(() => opened.remove());

  async function newRun(): Promise<{ experimentNo: number; runId: string }> {
    const experimentNo = await tracking.experiments.create({ name: `e${Math.random()}`, tags: [] });
    const { run } = await tracking.runs.create({ experimentNo, tags: [] });
    return { experimentNo, runId: run.runId };
  }

  it('asks the database once for a run, and again for one that was not there', async () => {
    const owners = createOwners({ db });
    const { experimentNo, runId } = await newRun();
    expect(await owners.ofRun(runId)).toBe(experimentNo);
    expect(owners.ofRun(runId)).toBe(experimentNo);
    expect(reads).toBe(1);
    expect(await owners.ofRun('0'.repeat(32))).toBeUndefined();
    expect(await owners.ofRun('0'.repeat(32))).toBeUndefined();
    expect(reads).toBe(3);
  });

  it('asks for many at once, and only for those that it does not know', async () => {
    const owners = createOwners({ db });
    const [first, second] = [await newRun(), await newRun()];
    await owners.ofRun(first.runId);
    const found = await owners.ofRuns([first.runId, second.runId, 'none']);
    expect([...found].sort()).toEqual(
      [
        [first.runId, first.experimentNo],
        [second.runId, second.experimentNo],
      ].sort(),
    );
    expect(reads).toBe(2);
  });

  it('forgets what was not asked for the longest', async () => {
    const owners = createOwners({ db, capacity: 4 });
    const runs = [await newRun(), await newRun(), await newRun(), await newRun(), await newRun()];
    for (const { runId } of runs) await owners.ofRun(runId);
    expect(reads).toBe(5);
    expect(owners.ofRun(runs[4]!.runId)).toBe(runs[4]!.experimentNo);
    expect(await owners.ofRun(runs[0]!.runId)).toBe(runs[0]!.experimentNo);
    expect(reads).toBe(6);
  });

  it('knows whose a path of the artifact proxy is', async () => {
    const owners = createOwners({ db });
    const custom = await tracking.experiments.create({
      name: 'custom',
      artifactLocation: 'mlflow-artifacts:/team/a',
      tags: [],
    });
    expect(await owners.ofPath('12/abc/artifacts/f')).toEqual([12]);
    expect(reads).toBe(0);
    expect(await owners.ofPath('team/a')).toEqual([custom]);
    expect(await owners.ofPath('team/a/run/f')).toEqual([custom]);
    expect(await owners.ofPath('team/ab')).toEqual([]);
    expect(await owners.ofPath('team')).toEqual([]);
    expect(await owners.ofPath('')).toEqual([]);
    // No number that a row can have.
    expect(await owners.ofPath('012/f')).toEqual([]);
  });
});
