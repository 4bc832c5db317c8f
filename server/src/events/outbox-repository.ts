import type { Sql, Transaction } from '../db/port.ts';
import type { DomainEvent, EventAction, EventData, EventEntity } from './events.ts';

export interface OutboxRow {
  readonly event: DomainEvent;
  readonly happenedAtMs: number;
}

export async function insertEvents(
  tx: Transaction,
  events: readonly DomainEvent[],
  nowMs: number,
): Promise<void> {
  await tx.insertMany(
    'event_outbox',
    { entity: 'text', action: 'text', data: 'text', happened_at: 'bigint' },
    events.map((event) => [event.entity, event.action, JSON.stringify(event.data), nowMs]),
  );
}

export async function hasEvents(sql: Sql): Promise<boolean> {
  return (await sql.get('SELECT 1 AS one FROM event_outbox LIMIT 1')) !== undefined;
}

/** Takes the oldest events out; they are gone with the commit, and back if it fails. */
export async function takeEvents(tx: Transaction, limit: number): Promise<OutboxRow[]> {
  const rows = await tx.all<{
    event_no: number;
    entity: EventEntity;
    action: EventAction;
    data: string;
    happened_at: number;
  }>(
    `DELETE FROM event_outbox WHERE event_no IN (SELECT event_no FROM event_outbox ORDER BY event_no LIMIT ?)
     RETURNING event_no, entity, action, data, happened_at`,
    [limit],
  );
  return rows
    .sort((a, b) => a.event_no - b.event_no)
    .map(({ entity, action, data, happened_at }) => ({
      event: { entity, action, data: JSON.parse(data) as EventData },
      happenedAtMs: Number(happened_at),
    }));
}
