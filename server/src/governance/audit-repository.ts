import type { Sql, SqlParam, Transaction } from '../db/port.ts';
import type { Asker } from './askers.ts';
import type { Checkpoint } from './audit-checkpoint.ts';
import type { AuditOutcome, AuditRecord, ChainHead } from './audit-record.ts';

/** Any number known to this program alone: checkpoints are numbered by one process at a time. */
const ADVISORY_LOCK = 7_230_114_019;

export interface SignedHead extends ChainHead {
  readonly signature: string;
  readonly publicKey: string;
  /** Up to which record a checkpoint holds the chain. */
  readonly sealedSeq: number;
}

interface HeadRow {
  readonly chain: string;
  readonly seq: number;
  readonly hash: string;
  readonly signature: string;
  readonly public_key: string;
  readonly sealed_seq: number;
}

const HEAD_COLUMNS = 'chain, seq, hash, signature, public_key, sealed_seq';

const headOf = (row: HeadRow): SignedHead => ({
  chain: row.chain,
  seq: row.seq,
  hash: row.hash,
  signature: row.signature,
  publicKey: row.public_key,
  sealedSeq: row.sealed_seq,
});

interface RecordRow {
  readonly chain: string;
  readonly seq: number;
  readonly at_ms: number;
  readonly principal: string;
  readonly principal_id: string;
  readonly address: string;
  readonly action: string;
  readonly route: string;
  readonly securable: string;
  readonly subject: string;
  readonly outcome: AuditOutcome;
  readonly request_id: string;
  readonly operations: number;
  readonly details: string;
  readonly hash: string;
}

const RECORD_COLUMNS =
  'chain, seq, at_ms, principal, principal_id, address, action, route, securable, subject, outcome, request_id, operations, details, hash';

const recordOf = (row: RecordRow): AuditRecord => ({
  chain: row.chain,
  seq: row.seq,
  atMs: row.at_ms,
  principal: row.principal,
  principalId: row.principal_id,
  address: row.address,
  action: row.action,
  route: row.route,
  securable: row.securable,
  subject: row.subject,
  outcome: row.outcome,
  requestId: row.request_id,
  count: row.operations,
  details: row.details,
  hash: row.hash,
});

export async function insertRecords(tx: Transaction, records: readonly AuditRecord[]): Promise<void> {
  await tx.insertMany(
    'audit_records',
    {
      chain: 'text',
      seq: 'bigint',
      at_ms: 'bigint',
      principal: 'text',
      principal_id: 'text',
      address: 'text',
      action: 'text',
      route: 'text',
      securable: 'text',
      subject: 'text',
      outcome: 'text',
      request_id: 'text',
      operations: 'bigint',
      details: 'text',
      hash: 'text',
    },
    records.map((record) => [
      record.chain,
      record.seq,
      record.atMs,
      record.principal,
      record.principalId,
      record.address,
      record.action,
      record.route,
      record.securable,
      record.subject,
      record.outcome,
      record.requestId,
      record.count,
      record.details,
      record.hash,
    ]),
  );
}

export async function setHead(
  tx: Transaction,
  head: ChainHead,
  signed: { readonly signature: string; readonly publicKey: string; readonly nowMs: number },
): Promise<void> {
  await tx.run(
    `INSERT INTO audit_chains (chain, started_at, seq, hash, signature, public_key, sealed_seq) VALUES (?, ?, ?, ?, ?, ?, 0)
     ON CONFLICT (chain) DO UPDATE SET seq = excluded.seq, hash = excluded.hash, signature = excluded.signature,
       public_key = excluded.public_key`,
    [head.chain, signed.nowMs, head.seq, head.hash, signed.signature, signed.publicKey],
  );
}

export async function findHead(sql: Sql, chain: string): Promise<SignedHead | undefined> {
  const row = await sql.get<HeadRow>(`SELECT ${HEAD_COLUMNS} FROM audit_chains WHERE chain = ?`, [chain]);
  return row && headOf(row);
}

/** Every process that ever wrote has one; in pages of `limit`. */
export async function listHeads(sql: Sql, after: string, limit: number): Promise<readonly SignedHead[]> {
  const rows = await sql.all<HeadRow>(
    `SELECT ${HEAD_COLUMNS} FROM audit_chains WHERE chain > ? ORDER BY chain LIMIT ?`,
    [after, limit],
  );
  return rows.map(headOf);
}

/** Chains with records that no checkpoint holds yet. */
export async function listUnsealedHeads(sql: Sql, limit: number): Promise<readonly SignedHead[]> {
  const rows = await sql.all<HeadRow>(
    `SELECT ${HEAD_COLUMNS} FROM audit_chains WHERE seq > sealed_seq ORDER BY chain LIMIT ?`,
    [limit],
  );
  return rows.map(headOf);
}

export async function setSealed(tx: Transaction, { chain, seq }: ChainHead): Promise<void> {
  await tx.run('UPDATE audit_chains SET sealed_seq = ? WHERE chain = ? AND sealed_seq < ?', [
    seq,
    chain,
    seq,
  ]);
}

/** The next chain after `after` that has records, whether or not anybody knows of it. */
export async function nextRecordedChain(sql: Sql, after: string): Promise<string | undefined> {
  const row = await sql.get<{ chain: string }>(
    'SELECT chain FROM audit_records WHERE chain > ? ORDER BY chain LIMIT 1',
    [after],
  );
  return row?.chain;
}

/** Records of one chain after `after`, in order. */
export async function listRecords(
  sql: Sql,
  { chain, after, limit }: { readonly chain: string; readonly after: number; readonly limit: number },
): Promise<readonly AuditRecord[]> {
  const rows = await sql.all<RecordRow>(
    `SELECT ${RECORD_COLUMNS} FROM audit_records WHERE chain = ? AND seq > ? ORDER BY seq LIMIT ?`,
    [chain, after, limit],
  );
  return rows.map(recordOf);
}

/** Until the end of the transaction nobody else numbers a checkpoint. */
export async function lockCheckpoints(tx: Transaction): Promise<void> {
  if (tx.dialect.name === 'postgres') await tx.all(`SELECT pg_advisory_xact_lock(${ADVISORY_LOCK})`);
}

interface CheckpointRow {
  readonly checkpoint_no: number;
  readonly at_ms: number;
  readonly body: string;
  readonly public_key: string;
  readonly signature: string;
}

const checkpointOf = (row: CheckpointRow): Checkpoint => ({
  checkpointNo: row.checkpoint_no,
  atMs: row.at_ms,
  body: row.body,
  publicKey: row.public_key,
  signature: row.signature,
});

const CHECKPOINT_COLUMNS = 'checkpoint_no, at_ms, body, public_key, signature';

export async function findLastCheckpoint(sql: Sql): Promise<Checkpoint | undefined> {
  const row = await sql.get<CheckpointRow>(
    `SELECT ${CHECKPOINT_COLUMNS} FROM audit_checkpoints ORDER BY checkpoint_no DESC LIMIT 1`,
  );
  return row && checkpointOf(row);
}

export async function listCheckpoints(
  sql: Sql,
  after: number,
  limit: number,
): Promise<readonly Checkpoint[]> {
  const rows = await sql.all<CheckpointRow>(
    `SELECT ${CHECKPOINT_COLUMNS} FROM audit_checkpoints WHERE checkpoint_no > ? ORDER BY checkpoint_no LIMIT ?`,
    [after, limit],
  );
  return rows.map(checkpointOf);
}

export async function insertCheckpoint(tx: Transaction, checkpoint: Checkpoint): Promise<void> {
  await tx.run(`INSERT INTO audit_checkpoints (${CHECKPOINT_COLUMNS}) VALUES (?, ?, ?, ?, ?)`, [
    checkpoint.checkpointNo,
    checkpoint.atMs,
    checkpoint.body,
    checkpoint.publicKey,
    checkpoint.signature,
  ]);
}

export interface AuditSearch {
  readonly principal?: string | undefined;
  /** The whole name, or with a `*` at its end the beginning of names. */
  readonly action?: string | undefined;
  readonly securable?: string | undefined;
  readonly outcome?: AuditOutcome | undefined;
  readonly fromMs?: number | undefined;
  /** Before this time. */
  readonly untilMs?: number | undefined;
  /** For whom what the securable's name meant before is another's affair. */
  readonly present?: PresentThing | undefined;
}

export interface PresentThing {
  /** Since when the name means what it means now. */
  readonly sinceMs: number;
  /** How long before the count of a record at most began that tells of several calls. */
  readonly countedForMs: number;
}

/** Where a page ended. */
export interface AuditPosition {
  readonly atMs: number;
  readonly chain: string;
  readonly seq: number;
}

/** The newest first. */
export async function searchRecords(
  sql: Sql,
  search: AuditSearch,
  { after, limit }: { readonly after: AuditPosition | undefined; readonly limit: number },
): Promise<readonly AuditRecord[]> {
  const conditions: string[] = [];
  const params: SqlParam[] = [];
  const where = (condition: string, ...values: readonly SqlParam[]) => {
    conditions.push(condition);
    params.push(...values);
  };
  if (search.principal !== undefined) where('principal = ?', search.principal);
  // The second half is what the index on securables holds.
  if (search.securable !== undefined) where(`securable = ? AND securable <> ''`, search.securable);
  if (search.action?.endsWith('*')) {
    const beginning = search.action.slice(0, -1);
    where('action >= ? AND action < ?', beginning, `${beginning}\u{10ffff}`);
  } else if (search.action !== undefined) where('action = ?', search.action);
  if (search.outcome === 'succeeded') where(`outcome = 'succeeded'`);
  else if (search.outcome !== undefined) where(`outcome = ? AND outcome <> 'succeeded'`, search.outcome);
  if (search.fromMs !== undefined) where('at_ms >= ?', search.fromMs);
  if (search.untilMs !== undefined) where('at_ms < ?', search.untilMs);
  if (search.present !== undefined) {
    const { sinceMs, countedForMs } = search.present;
    // The end of a count repeats the request that began it, which may be one of before.
    where(
      `at_ms >= ? AND NOT EXISTS (SELECT 1 FROM audit_records b WHERE b.securable = audit_records.securable
         AND b.securable <> '' AND b.at_ms >= ? AND b.at_ms < ? AND b.request_id = audit_records.request_id
         AND b.request_id <> '' AND b.route = audit_records.route AND b.outcome = audit_records.outcome)`,
      sinceMs,
      sinceMs - countedForMs,
      sinceMs,
    );
  }
  if (after !== undefined) where('(at_ms, chain, seq) < (?, ?, ?)', after.atMs, after.chain, after.seq);
  const condition = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  const rows = await sql.all<RecordRow>(
    `SELECT ${RECORD_COLUMNS} FROM audit_records ${condition} ORDER BY at_ms DESC, chain DESC, seq DESC LIMIT ?`,
    [...params, limit],
  );
  return rows.map(recordOf);
}

/** A change of rights that no record tells of yet. */
export interface AccessChange {
  readonly changeNo: number;
  readonly atMs: number;
  readonly kind: 'principal' | 'member' | 'grant' | 'token';
  readonly change: 'added' | 'removed';
  /** A name; the number of a group; the key of a securable; the id of a token. */
  readonly subject: string;
  readonly principalNo: number;
  /** For principals the kind, and `inactive`; for grants the privilege. */
  readonly detail: string | undefined;
  /** Undefined where this program did it by itself, or another one did. */
  readonly asker: Asker | undefined;
}

/** The number of the newest change that waits; 0 for none. */
export async function newestAccessChange(sql: Sql): Promise<number> {
  const row = await sql.get<{ newest: number | null }>('SELECT max(change_no) AS newest FROM audit_outbox');
  return row?.newest ?? 0;
}

/** Writes who asked beside the changes that this transaction made after `before`, and beside nobody else's. */
export async function nameAsker(tx: Transaction, asker: Asker, before: number): Promise<void> {
  // On SQLite nobody else writes meanwhile.
  const own = tx.dialect.name === 'postgres' ? 'AND xmin = pg_current_xact_id()::xid' : '';
  await tx.run(`UPDATE audit_outbox SET asker = ? WHERE change_no > ? AND asker IS NULL ${own}`, [
    JSON.stringify(asker),
    before,
  ]);
}

/** Takes the oldest out: gone with the commit that holds their records, and back if it fails. */
export async function takeAccessChanges(tx: Transaction, limit: number): Promise<readonly AccessChange[]> {
  const rows = await tx.all<{
    change_no: number;
    at_ms: number;
    kind: AccessChange['kind'];
    change: AccessChange['change'];
    subject: string;
    principal_no: number;
    detail: string | null;
    asker: string | null;
  }>(
    `DELETE FROM audit_outbox WHERE change_no IN (SELECT change_no FROM audit_outbox ORDER BY change_no LIMIT ?)
     RETURNING change_no, at_ms, kind, change, subject, principal_no, detail, asker`,
    [limit],
  );
  return rows
    .sort((a, b) => a.change_no - b.change_no)
    .map((row) => ({
      changeNo: row.change_no,
      atMs: row.at_ms,
      kind: row.kind,
      change: row.change,
      subject: row.subject,
      principalNo: row.principal_no,
      detail: row.detail ?? undefined,
      asker: row.asker === null ? undefined : (JSON.parse(row.asker) as Asker),
    }));
}

/** Pages of records of one action, the oldest first, for what is told by all of them together. */
export async function listRecordsOf(
  sql: Sql,
  { action, securables, untilMs, after, limit }: RecordsOf,
): Promise<readonly AuditRecord[]> {
  const on =
    securables === undefined ? '' : `AND securable <> '' AND ${sql.dialect.inList('securable', 'text')}`;
  const rows = await sql.all<RecordRow>(
    `SELECT ${RECORD_COLUMNS} FROM audit_records
     WHERE action = ? AND at_ms <= ? AND (at_ms, chain, seq) > (?, ?, ?) ${on} ORDER BY at_ms, chain, seq LIMIT ?`,
    [
      action,
      untilMs,
      after?.atMs ?? -1,
      after?.chain ?? '',
      after?.seq ?? 0,
      ...(securables === undefined ? [] : [sql.dialect.list(securables)]),
      limit,
    ],
  );
  return rows.map(recordOf);
}

export interface RecordsOf {
  readonly action: string;
  /** Any where undefined. */
  readonly securables: readonly string[] | undefined;
  readonly untilMs: number;
  readonly after: AuditPosition | undefined;
  readonly limit: number;
}
