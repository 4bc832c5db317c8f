import type { Database } from '../db/port.ts';
import type { AuditRecord } from './audit-record.ts';
import * as repository from './audit-repository.ts';

const PAGE = 500;

/**
 * The log as lines of JSON, each with its end: first the checkpoints, then the records of each chain in order, so that
 * whoever has the public key can verify it elsewhere.
 */
export async function* exportAudit(db: Database): AsyncGenerator<string, undefined> {
  for (let after = 0; ; ) {
    const page = await db.read((sql) => repository.listCheckpoints(sql, after, PAGE));
    if (page.length === 0) break;
    yield page
      .map(({ checkpointNo, body, publicKey, signature }) =>
        line({ type: 'checkpoint', number: checkpointNo, body, public_key: publicKey, signature }),
      )
      .join('');
    after = page.at(-1)!.checkpointNo;
  }
  for (let chain = ''; ; ) {
    const next = await db.read((sql) => repository.nextRecordedChain(sql, chain));
    if (next === undefined) return;
    chain = next;
    for (let after = 0; ; ) {
      const page = await db.read((sql) => repository.listRecords(sql, { chain, after, limit: PAGE }));
      if (page.length === 0) break;
      yield page.map((record) => line({ type: 'record', ...renderRecord(record) })).join('');
      after = page.at(-1)!.seq;
    }
  }
}

const line = (value: object): string => `${JSON.stringify(value)}\n`;

/** A record as the API and exports show it. */
export const renderRecord = (record: AuditRecord): Readonly<Record<string, unknown>> => ({
  chain: record.chain,
  seq: record.seq,
  at: record.atMs,
  principal: record.principal,
  principal_id: record.principalId,
  address: record.address,
  action: record.action,
  route: record.route,
  securable: record.securable,
  subject: record.subject,
  outcome: record.outcome,
  request_id: record.requestId,
  count: record.count,
  details: record.details,
  hash: record.hash,
});
