import { createHmac, randomBytes } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import type { Database } from '../db/port.ts';
import type { DomainEvent, EventKind } from '../events/events.ts';
import { createSealer } from '../secrets/sealer.ts';
import { createDeliveries, type Deliveries } from './deliveries.ts';
import { createDeliveryTransport } from './delivery-transport.ts';
import { createEgressGuard } from './egress-guard.ts';
import { createWebhooks, type NewWebhook } from './webhooks.ts';

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const CREATED: EventKind = { entity: 'registered_model', action: 'created' };
const created = (name: string): DomainEvent => ({ ...CREATED, data: { name, tags: {}, description: null } });

describe.each(testedDatabases())('webhooks on $name', ({ open }) => {
  let opened: OpenedDatabase;
  let receiver: Server;
  let url: string;
  const received: Received[] = [];
  /** How the receiver answers, one after another, and 200 afterwards; `hang` = never. */
  const answers: (number | 'hang')[] = [];
  const running: Deliveries[] = [];
  const errors: unknown[] = [];
  const key = randomBytes(32);
  /** Runs ahead of the real time when a test says so. */
  let aheadMs = 0;
  const clock = { nowMs: () => Date.now() + aheadMs };

  beforeEach(async () => {
    opened = await open();
    received.length = 0;
    answers.length = 0;
    errors.length = 0;
    aheadMs = 0;
    receiver = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () => {
        received.push({ headers: request.headers, body });
        const answer = answers.shift() ?? 200;
        if (answer !== 'hang') response.writeHead(answer).end('thanks');
      });
    });
    await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done));
    url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  });
  afterEach(async () => {
    receiver.closeAllConnections();
    for (const one of running.splice(0)) await one.stop();
    await new Promise((done) => receiver.close(done));
    await opened.remove();
    expect(errors).toEqual([]);
  });

  function program(db: Database, { allowPrivate = true } = {}) {
    const guard = createEgressGuard({ allowHttp: true, allowPrivate });
    const sealer = createSealer(key);
    const transport = createDeliveryTransport({ guard, sealer, clock });
    const deliveries = createDeliveries({
      db,
      clock,
      transport,
      random: () => 0,
      onError: (error) => errors.push(error),
    });
    running.push(deliveries);
    return { db, deliveries, webhooks: createWebhooks({ db, clock, guard, sealer, transport }) };
  }

  const hook = (more: Partial<NewWebhook> = {}): NewWebhook => ({
    name: 'hook',
    url,
    events: [CREATED],
    description: undefined,
    secret: undefined,
    status: 'ACTIVE',
    ...more,
  });

  const happen = (deliveries: Deliveries, ...events: DomainEvent[]) =>
    happenOn(opened.db, deliveries, ...events);
  const happenOn = (db: Database, deliveries: Deliveries, ...events: DomainEvent[]) =>
    db.write((tx) =>
      deliveries.enqueue(
        tx,
        events.map((event) => ({ event, happenedAtMs: 1_700_000_000_000 })),
      ),
    );

  it('keep what each of several changes of them says that come together', async () => {
    const here = program(opened.db);
    const there = program(opened.db.dialect.name === 'sqlite' ? opened.db : opened.reopen());
    for (let round = 0; round < 15; round += 1) {
      const { row } = await here.webhooks.create(hook());
      const unchanged = {
        name: undefined,
        url: undefined,
        events: undefined,
        description: undefined,
        secret: undefined,
        status: undefined,
      };
      const change = (by: typeof here, update: Partial<NewWebhook>) =>
        by.webhooks.update(row.webhook_id, { ...unchanged, ...update });
      await Promise.all([
        change(here, { status: 'DISABLED' }),
        change(there, { name: 'other' }),
        change(here, { description: 'what for' }),
        change(there, { secret: 'shared' }),
      ]);
      const after = (await here.webhooks.get(row.webhook_id)).row;
      expect(after).toMatchObject({ status: 'DISABLED', name: 'other', description: 'what for' });
      expect(after.sealed_secret).not.toBeNull();
    }
  });

  it('delivers an event to its subscribers alone, signed', async () => {
    const { deliveries, webhooks } = program(opened.db);
    await webhooks.create(hook({ secret: 'shared' }));
    await webhooks.create(hook({ events: [{ entity: 'model_version', action: 'created' }] }));
    await webhooks.create(hook({ status: 'DISABLED' }));
    deliveries.start();
    await happen(deliveries, created('a'));
    await vi.waitFor(() => expect(received).toHaveLength(1));
    const { headers, body } = received[0]!;
    expect(JSON.parse(body)).toEqual({
      entity: 'registered_model',
      action: 'created',
      timestamp: '2023-11-14T22:13:20.000Z',
      data: { name: 'a', tags: {}, description: null },
    });
    const signed = `${headers['x-mlflow-delivery-id'] as string}.${headers['x-mlflow-timestamp'] as string}.${body}`;
    expect(headers['x-mlflow-signature']).toBe(
      `v1,${createHmac('sha256', 'shared').update(signed).digest('base64')}`,
    );
  });

  it('tries again with the same id while the receiver is overloaded, and logs every attempt', async () => {
    const { deliveries, webhooks } = program(opened.db);
    const { row } = await webhooks.create(hook());
    answers.push(503, 429);
    deliveries.start();
    await happen(deliveries, created('a'));
    await vi.waitFor(() => expect(received).toHaveLength(3), 10_000);
    expect(new Set(received.map(({ headers }) => headers['x-mlflow-delivery-id'])).size).toBe(1);
    await vi.waitFor(async () => {
      const [logged] = await webhooks.deliveries(row.webhook_id, 10);
      expect(logged!.row.state).toBe('delivered');
      expect(logged!.attempts.map((attempt) => Number(attempt.response_status))).toEqual([503, 429, 200]);
    });
  });

  it('gives up on a refusal, and where its own guard refuses', async () => {
    const { deliveries, webhooks } = program(opened.db);
    const { row } = await webhooks.create(hook());
    answers.push(404);
    deliveries.start();
    await happen(deliveries, created('a'));
    const states = async () => (await webhooks.deliveries(row.webhook_id, 10)).map((one) => one.row.state);
    await vi.waitFor(async () => expect(await states()).toEqual(['failed']));
    await deliveries.stop();

    const strict = program(opened.db, { allowPrivate: false }).deliveries;
    strict.start();
    await happen(strict, created('b'));
    await vi.waitFor(async () => expect(await states()).toEqual(['failed', 'failed']));
    expect(received).toHaveLength(1);
  });

  it('sends what a killed process left, with the same id', async () => {
    const killed = program(opened.reopen());
    await killed.webhooks.create(hook());
    answers.push('hang');
    killed.deliveries.start();
    await happenOn(killed.db, killed.deliveries, created('a'), created('b'));
    await vi.waitFor(() => expect(received.length).toBeGreaterThanOrEqual(1));

    // Nothing is told to the first process, as by kill -9: it goes on waiting while its lease runs out.
    aheadMs = 60_000;
    const next = program(opened.db);
    next.deliveries.start();
    await vi.waitFor(() => {
      const byModel = Map.groupBy(
        received,
        ({ body }) => (JSON.parse(body) as { data: { name: string } }).data.name,
      );
      const ids = [...byModel.values()].map(
        (posts) => new Set(posts.map((p) => p.headers['x-mlflow-delivery-id'])),
      );
      expect(ids.map((one) => one.size)).toEqual([1, 1]);
      expect(received).toHaveLength(3);
    }, 10_000);
  });

  it('puts what is under way back when it is stopped, for the next start', async () => {
    const first = program(opened.db);
    await first.webhooks.create(hook());
    answers.push('hang');
    first.deliveries.start();
    await happen(first.deliveries, created('a'));
    await vi.waitFor(() => expect(received).toHaveLength(1));
    await first.deliveries.stop();
    program(opened.db).deliveries.start();
    await vi.waitFor(() => expect(received).toHaveLength(2));
    expect(received[1]!.headers['x-mlflow-delivery-id']).toBe(received[0]!.headers['x-mlflow-delivery-id']);
  });

  it('lets two processes on one database send each delivery once', async () => {
    const programs = [program(opened.db), program(opened.reopen())];
    await programs[0]!.webhooks.create(hook());
    for (const { deliveries } of programs) deliveries.start();
    const names = Array.from({ length: 60 }, (_, i) => `m${i}`);
    await happen(programs[0]!.deliveries, ...names.map(created));
    await vi.waitFor(() => expect(received.length).toBeGreaterThanOrEqual(60), 10_000);
    expect(new Set(received.map(({ headers }) => headers['x-mlflow-delivery-id'])).size).toBe(60);
    expect(received).toHaveLength(60);
  });

  it('has no more than ten deliveries under way', async () => {
    const { deliveries, webhooks } = program(opened.db);
    await webhooks.create(hook());
    answers.push(...new Array<'hang'>(12).fill('hang'));
    deliveries.start();
    await happen(deliveries, ...Array.from({ length: 12 }, (_, i) => created(`m${i}`)));
    await vi.waitFor(() => expect(received).toHaveLength(10));
    await new Promise((done) => setTimeout(done, 200));
    expect(received).toHaveLength(10);
  });

  it('drops what waits for a webhook that is disabled or deleted by then', async () => {
    const { deliveries, webhooks } = program(opened.db);
    const off = await webhooks.create(hook());
    const gone = await webhooks.create(hook());
    await happen(deliveries, created('a'));
    await webhooks.update(off.row.webhook_id, { ...nothing, status: 'DISABLED' });
    await webhooks.delete(gone.row.webhook_id);
    deliveries.start();
    await vi.waitFor(async () => {
      const [logged] = await webhooks.deliveries(off.row.webhook_id, 10);
      expect(logged!.row.state).toBe('dropped');
    });
    expect(received).toEqual([]);
  });

  const nothing = {
    name: undefined,
    url: undefined,
    events: undefined,
    description: undefined,
    secret: undefined,
    status: undefined,
  };

  it('keeps secrets sealed, and takes one away when it is set empty', async () => {
    const { webhooks } = program(opened.db);
    const { row } = await webhooks.create(hook({ secret: 'shared' }));
    const stored = () =>
      opened.db.read((sql) =>
        sql.get<{ sealed_secret: string | null }>('SELECT sealed_secret FROM webhooks'),
      );
    expect((await stored())!.sealed_secret).toMatch(/^v1\./);
    expect((await stored())!.sealed_secret).not.toContain('shared');
    await webhooks.update(row.webhook_id, { ...nothing, name: 'renamed' });
    expect((await stored())!.sealed_secret).toMatch(/^v1\./);
    await webhooks.update(row.webhook_id, { ...nothing, secret: '' });
    expect((await stored())!.sealed_secret).toBeNull();
  });

  it('tests a webhook with an example of its first event, once', async () => {
    const { webhooks } = program(opened.db);
    const { row } = await webhooks.create(
      hook({ events: [{ entity: 'model_version', action: 'stage_transitioned' }] }),
    );
    answers.push(500);
    const sent = await webhooks.test(row.webhook_id, undefined);
    expect(sent).toMatchObject({ outcome: { kind: 'answered', status: 500 }, responseBody: 'thanks' });
    expect(JSON.parse(received[0]!.body)).toMatchObject({
      entity: 'model_version',
      action: 'stage_transitioned',
      data: { version: '1', to_stage: 'Production' },
    });
    receiver.closeAllConnections();
    await new Promise((done) => receiver.close(done));
    expect((await webhooks.test(row.webhook_id, undefined)).outcome.kind).toBe('unreachable');
    expect(received).toHaveLength(1);
  });

  it.each([
    [{ name: '-a' }, 'name'],
    [{ name: 'x'.repeat(64) }, 'name'],
    [{ url: 'gopher://x' }, 'url'],
    [{ events: [] }, 'events'],
    [{ events: [{ entity: 'registered_model', action: 'set' }] as EventKind[] }, 'events'],
  ])('refuses a webhook with %j', async (more, field) => {
    const { webhooks } = program(opened.db);
    await expect(webhooks.create(hook(more))).rejects.toMatchObject({ code: 'InvalidArgument', field });
  });
});
