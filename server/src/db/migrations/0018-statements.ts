import type { Migration } from '../migrate.ts';

export const statements: Migration = {
  version: 18,
  name: 'statements',
  statements: ({ text, int }) => [
    // Any process may be asked for a statement that another one runs. Who runs it says so again and again (lease_until).
    `CREATE TABLE statements (
      statement_id ${text} NOT NULL PRIMARY KEY,
      principal_id ${text} NOT NULL,
      state ${text} NOT NULL,
      format ${text} NOT NULL,
      disposition ${text} NOT NULL,
      cancel_requested ${int} NOT NULL DEFAULT 0,
      lease_until ${int} NOT NULL,
      expires_at ${int} NOT NULL,
      size_bytes ${int} NOT NULL DEFAULT 0,
      outcome ${text}
    )`,
    'CREATE INDEX statements_by_expiry ON statements (expires_at)',
    `CREATE TABLE statement_sessions (
      session_id ${text} NOT NULL PRIMARY KEY,
      principal_id ${text} NOT NULL,
      catalog_name ${text},
      schema_name ${text},
      expires_at ${int} NOT NULL
    )`,
    'CREATE INDEX statement_sessions_by_expiry ON statement_sessions (expires_at)',
  ],
};
