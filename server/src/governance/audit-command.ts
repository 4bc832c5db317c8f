import type { Database } from '../db/port.ts';
import { invalidArgument } from '../kernel/errors.ts';
import { exportAudit } from './audit-export.ts';
import { type AuditVerdict, auditSource, verifyAudit } from './audit-verification.ts';

export const AUDIT_FLAGS = ['checkpoint', 'trust-key'] as const;

export interface AuditCommand {
  readonly what: 'verify' | 'export';
  /** A checkpoint that was noted down: it must still be there. */
  readonly expected: { readonly number: number; readonly hash: string } | undefined;
  /** Keys of this log from before the server had its present one, 32 bytes in base64 each. */
  readonly trustedKeys: readonly string[];
}

type Flags = Partial<Record<(typeof AUDIT_FLAGS)[number], string>>;

/** @throws AppError InvalidArgument naming the flag. */
export function readAuditCommand(what: string | undefined, flags: Flags): AuditCommand {
  if (what !== 'verify' && what !== 'export')
    throw invalidArgument('Expected `slipway audit verify` or `slipway audit export`.');
  const { checkpoint, 'trust-key': keys = '' } = flags;
  const [, number, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(checkpoint ?? '') ?? [];
  if (checkpoint !== undefined && (number === undefined || hash === undefined)) {
    throw invalidArgument('--checkpoint: expected NUMBER:HASH, as `slipway audit verify` prints it.', {
      field: 'checkpoint',
    });
  }
  return {
    what,
    expected: hash === undefined ? undefined : { number: Number(number), hash },
    trustedKeys: keys.split(',').filter((key) => key !== ''),
  };
}

export interface AuditCommandServices {
  readonly db: Database;
  readonly publicKey: string;
  write(text: string): Promise<void> | void;
}

/** @returns whether the log is whole; an export says nothing of it. */
export async function runAuditCommand(
  { db, publicKey, write }: AuditCommandServices,
  command: AuditCommand,
): Promise<boolean> {
  if (command.what === 'export') {
    for await (const text of exportAudit(db)) await write(text);
    return true;
  }
  const verdict = await verifyAudit(auditSource(db), {
    trustedKeys: [publicKey, ...command.trustedKeys],
    expected: command.expected,
  });
  await write(renderVerdict(verdict));
  return verdict.faults.length === 0;
}

function renderVerdict(verdict: AuditVerdict): string {
  const { faults, lastCheckpoint } = verdict;
  const lines = faults.map(
    ({ what, atMs }) => `BROKEN: ${what}${atMs === undefined ? '' : ` (${iso(atMs)})`}`,
  );
  lines.push(
    `${faults.length === 0 ? 'The audit log is whole' : 'The audit log is BROKEN'}: ${verdict.records} records in ` +
      `${verdict.chains} chains, ${verdict.checkpoints} checkpoints; ${verdict.unsealed} records are newer than the last.`,
  );
  for (const { chain, seq, byMs } of verdict.clockWentBack)
    lines.push(`Note: the clock went back by ${byMs} ms before record ${seq} of chain ${chain}.`);
  if (lastCheckpoint !== undefined)
    lines.push(
      `Last checkpoint: ${lastCheckpoint.number}:${lastCheckpoint.hash} (keep it elsewhere, and give it as --checkpoint next time).`,
    );
  return `${lines.join('\n')}\n`;
}

const iso = (atMs: number): string => new Date(atMs).toISOString();
