import type { Sql } from '../db/port.ts';

interface NumberedModel {
  readonly name: string;
  readonly schema_name: string;
}

export const findModelByNo = (sql: Sql, modelNo: number): Promise<NumberedModel | undefined> =>
  sql.get<NumberedModel>('SELECT name, schema_name FROM registered_models WHERE model_no = ?', [modelNo]);

export async function hasModel(sql: Sql, storedName: string): Promise<boolean> {
  return (await sql.get('SELECT 1 AS one FROM registered_models WHERE name = ?', [storedName])) !== undefined;
}
