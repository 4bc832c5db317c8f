import type { Database } from './db/port.ts';
import type { Askers } from './governance/askers.ts';
import { createAuditLog } from './governance/audit-log.ts';
import { createAuditPast } from './governance/audit-past.ts';
import { createAuditReader } from './governance/audit-reader.ts';
import { createAuditSigner } from './governance/audit-signature.ts';
import { createSecurableAges } from './governance/securable-ages.ts';
import { type AuditTrails, createAuditTrails } from './http/audit-trail.ts';
import type { MlflowRoute } from './http/mlflow/routes.ts';
import type { RawRoute } from './http/routes.ts';
import { auditExportRoute, auditRoutes } from './http/slipway/audit.ts';
import type { Clock } from './kernel/clock.ts';

export interface AuditParts {
  /** Undefined where no requests are recorded. */
  readonly trails: AuditTrails | undefined;
  readonly routes: readonly MlflowRoute[];
  readonly streamRoutes: readonly RawRoute[];
  start(): void;
  /** Before the database is closed. */
  stop(): Promise<void>;
}

export interface AuditOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly secretKey: Uint8Array;
  readonly askers: Pick<Askers, 'during'>;
  /** `required`: nothing may happen without a record. */
  readonly mode: 'off' | 'on' | 'required';
  readonly onError: (error: unknown) => void;
}

/** The audit log. It can be read, and holds changes of rights, also where requests are not recorded. */
export function composeAudit({ db, clock, secretKey, askers, mode, onError }: AuditOptions): AuditParts {
  const signer = createAuditSigner(secretKey);
  const log = createAuditLog({ db, clock, signer, onError });
  const reader = createAuditReader({ db, log, publicKey: signer.publicKey });
  const past = createAuditPast({ db, clock, log });
  const trails =
    mode === 'off'
      ? undefined
      : createAuditTrails({ log, clock, askers, required: mode === 'required', onError });
  return {
    trails,
    routes: auditRoutes({ reader, past, ages: createSecurableAges({ db }) }),
    streamRoutes: [auditExportRoute(reader)],
    start() {
      log.start();
      trails?.start();
    },
    async stop() {
      trails?.stop();
      await log.stop();
    },
  };
}
