import type { Sql, Transaction } from '../db/port.ts';

export interface Federation {
  readonly issuer: string;
  readonly subject: string;
}

export async function findFederated(sql: Sql, { issuer, subject }: Federation): Promise<number | undefined> {
  const row = await sql.get<{ principal_no: number }>(
    'SELECT principal_no FROM federated_identities WHERE issuer = ? AND subject = ?',
    [issuer, subject],
  );
  return row?.principal_no;
}

export async function isFederated(sql: Sql, principalNo: number): Promise<boolean> {
  return (
    (await sql.get('SELECT 1 AS one FROM federated_identities WHERE principal_no = ?', [principalNo])) !==
    undefined
  );
}

export async function insertFederated(
  tx: Transaction,
  { issuer, subject }: Federation,
  principalNo: number,
): Promise<void> {
  await tx.run('INSERT INTO federated_identities (issuer, subject, principal_no) VALUES (?, ?, ?)', [
    issuer,
    subject,
    principalNo,
  ]);
}
