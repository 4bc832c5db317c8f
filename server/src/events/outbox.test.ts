import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import { invalidState } from '../kernel/errors.ts';
import type { DomainEvent } from './events.ts';
import { createOutbox, type EventConsumer, type Outbox } from './outbox.ts';

const event = (name: string): DomainEvent => ({
  entity: 'registered_model',
  action: 'deleted',
  data: { name },
});

describe.each(testedDatabases())('the outbox on $name', ({ open }) => {
  let opened: OpenedDatabase;
  const started: Outbox[] = [];
  const handled: string[] = [];
  const collect: EventConsumer = async (_, events) => {
    for (const entry of events) handled.push(String(entry.event.data.name));
  };

  function outbox(consumer: EventConsumer, onError: (error: unknown) => void = () => {}): Outbox {
    const made = createOutbox({
      db: opened.db,
      clock: { nowMs: () => 42 },
      consumers: [consumer],
      isAwaited: async (_, kind) => kind.action === 'deleted',
      onError,
    });
    started.push(made);
    return made;
  }
  const waiting = async () =>
    (await opened.db.read((sql) => sql.all('SELECT event_no FROM event_outbox'))).length;

  beforeEach(async () => {
    opened = await open();
    handled.length = 0;
  });
  afterEach(async () => {
    for (const one of started.splice(0)) await one.stop();
    await opened.remove();
  });

  it('hands events on once and in order, and keeps none', async () => {
    const box = outbox(collect);
    box.start();
    const names = Array.from({ length: 30 }, (_, i) => `model-${i}`);
    for (const name of names) await opened.db.write((tx) => box.record(tx, [event(name)]));
    await vi.waitFor(() => expect(handled).toHaveLength(30));
    expect(handled).toEqual(names);
    expect(await waiting()).toBe(0);
  });

  it('writes down nothing that no consumer waits for', async () => {
    const box = outbox(collect);
    await opened.db.write((tx) =>
      box.record(tx, [{ ...event('other'), action: 'created' }, event('awaited')]),
    );
    expect(await waiting()).toBe(1);
  });

  it('records nothing for a change that is rolled back', async () => {
    const box = outbox(collect);
    const failing = opened.db.write(async (tx) => {
      await box.record(tx, [event('never')]);
      throw invalidState('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    expect(await waiting()).toBe(0);
  });

  it('hands on after a start what an earlier process left behind, beyond one round too', async () => {
    const earlier = outbox(collect);
    await opened.db.write((tx) =>
      earlier.record(
        tx,
        Array.from({ length: 1200 }, (_, i) => event(`m${i}`)),
      ),
    );
    expect(handled).toEqual([]);
    outbox(collect).start();
    await vi.waitFor(() => expect(handled).toHaveLength(1200), 5000);
    expect(await waiting()).toBe(0);
  });

  it('keeps the events of a round that failed, and tells of the failure', async () => {
    const errors: unknown[] = [];
    const box = outbox(
      async () => {
        throw new Error('consumer broke');
      },
      (error) => errors.push(error),
    );
    await opened.db.write((tx) => box.record(tx, [event('kept')]));
    box.start();
    await vi.waitFor(() => expect(errors).toHaveLength(1));
    await box.stop();
    expect(await waiting()).toBe(1);
    outbox(collect).start();
    await vi.waitFor(() => expect(handled).toEqual(['kept']));
  });
});
