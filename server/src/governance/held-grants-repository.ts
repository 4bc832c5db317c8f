import type { Sql } from '../db/port.ts';
import type { Privilege } from './privileges.ts';

export interface HeldGrantRow {
  readonly principal_no: number;
  readonly securable: string;
  readonly privilege: Privilege;
}

export async function listHeldBy(sql: Sql, principalNos: readonly number[]): Promise<HeldGrantRow[]> {
  return sql.all<HeldGrantRow>(
    `SELECT principal_no, securable, privilege FROM grants
     WHERE ${sql.dialect.inList('principal_no', 'bigint')} ORDER BY principal_no, securable, privilege`,
    [sql.dialect.list(principalNos)],
  );
}
