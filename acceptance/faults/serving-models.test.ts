import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshHome } from './databases.ts';
import { IRIS_ROW, ScoringClient, toDo } from './scoring-client.ts';
import { removeHome, ServingSystem, until } from './serving-system.ts';

const MIB = 2 ** 20;
const SHORT_S = 3;
/** More than any of these faults may let the server grow by. */
const MOST_MEMORY = 768 * MIB;

const memoryOf = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;

/** Where the server keeps these bytes. */
function storedAt(home: string, bytes: Buffer): string[] {
  const files = readdirSync(path.join(home, 'artifacts'), { recursive: true, withFileTypes: true });
  return files
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).equals(bytes));
}

/** What a model does, what its caller is told, and whether its process has to be started anew. */
const faults = [
  { does: 'raises', what: 'fail secret', status: 400, says: 'unexpected error while evaluating the model' },
  { does: 'prints a gigabyte', what: 'shout 1024', status: 200, says: '["shouted"]' },
  { does: 'leaks memory', what: 'hoard', status: 503, says: 'ended' },
  { does: 'forks without end', what: 'multiply', status: 200, says: '["BlockingIOError"]' },
  { does: 'calls exit', what: 'leave 3', status: 503, says: 'ended' },
  { does: 'calls exit politely', what: 'quit 3', status: 503, says: 'ended' },
  { does: 'returns NaN', what: 'number nan', status: 200, says: '{"predictions": [NaN]}' },
  { does: 'returns too few rows', what: 'rows 0', status: 200, says: '{"predictions": []}' },
  { does: 'returns too many rows', what: 'rows 3', status: 200, says: '["row", "row", "row"]' },
  { does: 'answers 100 MB', what: 'fat 100', status: 500, says: '100 MiB and the endpoint allows 16 MiB' },
] as const;

describe.skipIf(process.platform !== 'linux')('a server with unruly models', () => {
  const home = freshHome();
  let system: ServingSystem;
  let client: ScoringClient;

  beforeAll(async () => {
    system = await ServingSystem.start(home);
    client = new ScoringClient(system.url, 8);
    await system.register('iris', 'iris-1');
    await system.register('unruly', 'unruly');
    await system.createAndWait('calm', { entities: [{ model: 'iris' }] });
    await system.createAndWait('unruly', { entities: [{ model: 'unruly' }] });
  }, 180_000);
  afterAll(async () => {
    client.close();
    await system.stop();
    removeHome(home);
  });

  it.each(faults)('outlives one that $does, and tells its caller', async ({ what, status, says }) => {
    await until(async () => (await client.ask('unruly', toDo('say hello'))).status === 200);
    const before = memoryOf(system.pid);
    let over = false;
    const asked = client.ask('unruly', toDo(what)).finally(() => {
      over = true;
    });
    // Another endpoint answers all the while, and so does this one as soon as it can again.
    let meanwhile = 0;
    do {
      expect((await client.ask('calm', IRIS_ROW)).text).toBe('{"predictions": [0]}');
      meanwhile += 1;
    } while (!over);
    expect(meanwhile).toBeGreaterThan(0);
    const answer = await asked;
    expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(says)]);
    expect(answer.text).not.toMatch(/Traceback|secret/);
    expect(answer.retryAfter === undefined).toBe(status !== 503);
    await until(
      async () => (await client.ask('unruly', toDo('say again'))).text === '{"predictions": ["again"]}',
    );
    expect(memoryOf(system.pid) - before).toBeLessThan(MOST_MEMORY);
  });

  it('answers what a model of the wrong number of rows says to each caller by itself', async () => {
    const rows = [0, 1, 2, 3, 4, 5, 6, 7];
    const answers = await Promise.all(rows.map((number) => client.ask('unruly', toDo(`rows ${number}`))));
    expect(
      answers.map(({ text }) => (JSON.parse(text) as { predictions: unknown[] }).predictions.length),
    ).toEqual(rows);
  });

  it('says which requirement of an environment cannot be had', async () => {
    await system.register('unbuildable', 'unbuildable');
    expect((await system.create('unbuildable', { entities: [{ model: 'unbuildable' }] })).status).toBe(200);
    const { state, pending_config: pending } = await system.settled('unbuildable');
    expect(state).toMatchObject({ ready: 'NOT_READY', config_update: 'UPDATE_FAILED' });
    expect(pending!.served_entities[0]!.state.deployment_state_message).toContain(
      'six==99.9: there is no such version in the index.',
    );
  });

  it('refuses a version one of whose files was changed after it had been registered', async () => {
    const { version, artifacts } = await system.register('changed', 'iris-2');
    const got = await fetch(`${system.url}/api/2.0/mlflow-artifacts/artifacts/${artifacts}/model.pkl`);
    const bytes = Buffer.from(await got.arrayBuffer());
    const files = storedAt(home, bytes);
    expect(files).toHaveLength(1);
    // One bit, so that its size is the same.
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(files[0]!, bytes);
    expect((await system.create('changed', { entities: [{ model: 'changed', version }] })).status).toBe(200);
    const { state, pending_config: pending } = await system.settled('changed');
    expect(state).toMatchObject({ ready: 'NOT_READY', config_update: 'UPDATE_FAILED' });
    expect(pending!.served_entities[0]!.state.deployment_state_message).toMatch(/'model\.pkl'.*version 1/);
  });

  it('ends one that hangs at the deadline, and starts it anew', async () => {
    client.close();
    await system.stop();
    system = await ServingSystem.start(home, ['--serving-timeout', `${SHORT_S}s`]);
    client = new ScoringClient(system.url, 8);
    await until(async () => (await client.ask('unruly', toDo('say hello'))).status === 200);
    const [hung, other] = await Promise.all([
      client.ask('unruly', toDo('hang')),
      client.ask('calm', IRIS_ROW),
    ]);
    expect([hung.status, hung.text]).toEqual([504, expect.stringContaining('exceeded limit')]);
    expect(other.text).toBe('{"predictions": [0]}');
    await until(
      async () => (await client.ask('unruly', toDo('say again'))).text === '{"predictions": ["again"]}',
    );
  });
});
