import type { Sql, Transaction } from '../db/port.ts';
import type { WorkspaceIdentity } from './workspace-identity.ts';

/** Keeps the identity, unless there is one. */
export async function insertIdentity(tx: Transaction, identity: WorkspaceIdentity): Promise<void> {
  await tx.run(
    `INSERT INTO workspace_identity (one, workspace_id, metastore_id, account_id, created_at)
     VALUES (1, ?, ?, ?, ?) ON CONFLICT (one) DO NOTHING`,
    [identity.workspaceId, identity.metastoreId, identity.accountId, identity.createdAtMs],
  );
}

export async function getIdentity(sql: Sql): Promise<WorkspaceIdentity> {
  const row = await sql.get<{
    workspace_id: string;
    metastore_id: string;
    account_id: string;
    created_at: number;
  }>('SELECT workspace_id, metastore_id, account_id, created_at FROM workspace_identity WHERE one = 1');
  return {
    workspaceId: row!.workspace_id,
    metastoreId: row!.metastore_id,
    accountId: row!.account_id,
    createdAtMs: row!.created_at,
  };
}
