import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { PAYLOAD_SCHEMAS } from './payload-schemas.ts';
import { seeded } from './records.fixture.ts';
import { openPlace, readWithDeltalake } from './tables.fixture.ts';

const KILLS = 50;
const WRITERS = 2;

interface Report {
  readonly error?: string;
  readonly ids?: readonly string[];
  readonly children?: readonly number[];
}

interface Writer {
  readonly child: ChildProcess;
  /** It has rows that it acknowledged. */
  readonly started: Promise<void>;
  /** Of the processes that it has started. */
  children: readonly number[];
}

describe('processes that record and are killed', () => {
  it(`lose no row that they acknowledged and double none, over ${KILLS} kills`, async () => {
    const place = await openPlace();
    const last = await place.open();
    const tableId = randomUUID();
    await last.createTable(tableId, PAYLOAD_SCHEMAS.legacy);
    const acknowledged: string[] = [];
    const failures: string[] = [];
    const random = seeded(7);

    function start(): Writer {
      const child = fork(new URL('./killed-writer.fixture.ts', import.meta.url), [place.folder, tableId], {
        execArgv: ['--no-warnings'],
      });
      const begun = Promise.withResolvers<void>();
      const writer: Writer = { child, started: begun.promise, children: [] };
      child.on('message', ({ error, ids = [], children }: Report) => {
        if (error !== undefined) failures.push(error);
        acknowledged.push(...ids);
        if (ids.length > 0) begun.resolve();
        writer.children = children ?? [];
      });
      child.once('exit', () => begun.reject(new Error('A writer ended by itself.')));
      return writer;
    }

    const writers = Array.from({ length: WRITERS }, start);
    let killedChildren = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const turn = kill % WRITERS;
      await writers[turn]!.started;
      await sleep(random() * 150);
      const writer = writers[turn]!;
      const { child } = writer;
      // Every third time the process that writes Parquet goes first, while its parent lives on for a moment.
      if (kill % 3 === 0) {
        await expect.poll(() => writer.children.length, { timeout: 30_000 }).toBeGreaterThan(0);
        for (const pid of writer.children) process.kill(pid, 'SIGKILL');
        killedChildren++;
        await sleep(random() * 30);
      }
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
      writers[turn] = start();
    }
    for (const { child, started } of writers) {
      await started;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    }
    await last.handOver.settle();
    const { rows, version } = await readWithDeltalake(place.placeOf(tableId));
    const found = rows.map((row) => String(row.databricks_request_id));
    const there = new Set(found);
    expect({
      lost: acknowledged.filter((id) => !there.has(id)),
      doubled: found.filter((id, i) => found.indexOf(id) !== i),
    }).toEqual({ lost: [], doubled: [] });
    // The kills met processes at work: each had written rows, and every third was bringing them in.
    expect(acknowledged.length).toBeGreaterThanOrEqual(KILLS * 5);
    expect(killedChildren).toBe(Math.ceil(KILLS / 3));
    expect(version).toBeGreaterThan(killedChildren);
    expect(failures).toEqual([]);
    expect(place.errors).toEqual([]);
    expect(readdirSync(path.join(place.folder, 'journal'))).toEqual([last.nodeId]);
    process.stdout.write(
      `${KILLS} kills, ${killedChildren} of children; ${acknowledged.length} rows, ${version} commits\n`,
    );
    await place.remove();
  }, 300_000);
});
