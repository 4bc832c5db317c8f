import type { Database } from '../db/port.ts';
import { exportAudit } from './audit-export.ts';
import type { AuditLog } from './audit-log.ts';
import type { AuditRecord } from './audit-record.ts';
import type { AuditPosition, AuditSearch } from './audit-repository.ts';
import * as repository from './audit-repository.ts';
import { type AuditVerdict, auditSource, verifyAudit } from './audit-verification.ts';

export interface AuditPage {
  readonly records: readonly AuditRecord[];
  /** Where the next page begins; undefined for the last. */
  readonly next: AuditPosition | undefined;
}

export interface AuditReader {
  /** The newest first. */
  search(
    search: AuditSearch,
    page: { readonly after: AuditPosition | undefined; readonly limit: number },
  ): Promise<AuditPage>;
  /** Reads the whole log; those who ask while one reads get the same answer. */
  verify(): Promise<AuditVerdict>;
  /** The whole log as lines of JSON. */
  lines(): AsyncIterable<string>;
}

export function createAuditReader({
  db,
  log,
  publicKey,
}: {
  readonly db: Database;
  readonly log: Pick<AuditLog, 'recordChanges'>;
  readonly publicKey: string;
}): AuditReader {
  let verifying: Promise<AuditVerdict> | undefined;
  return {
    async search(search, { after, limit }) {
      await log.recordChanges();
      const found = await db.read((sql) =>
        repository.searchRecords(sql, search, { after, limit: limit + 1 }),
      );
      const records = found.slice(0, limit);
      return { records, next: found.length > limit ? records.at(-1) : undefined };
    },
    verify() {
      verifying ??= verifyAudit(auditSource(db), { trustedKeys: [publicKey] }).finally(() => {
        verifying = undefined;
      });
      return verifying;
    },
    lines: () => exportAudit(db),
  };
}
