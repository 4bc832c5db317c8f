import type { Database } from '../db/port.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Askers } from './askers.ts';
import { ensureAdministrator, ensureBuiltIns, setOneTimePassword } from './bootstrap.ts';
import { type CatalogNameGuard, type Catalogs, createCatalogs } from './catalogs.ts';
import { createGovernedWrite, type GovernedWrite } from './governed-writes.ts';
import { createGrants, type Grants } from './grants.ts';
import { createLoginLimits } from './login-limits.ts';
import { createOwnership, type Ownership } from './ownership.ts';
import { createPasswords, type Passwords } from './passwords.ts';
import { createPrincipals, type Principals } from './principals.ts';
import { createSchemas, type SchemaContents, type Schemas } from './schemas.ts';
import { createSessions, type Sessions } from './sessions.ts';
import { createSnapshot, type OpenSnapshot } from './snapshot.ts';
import { createTokens, type Tokens } from './tokens.ts';

export interface GovernanceOptions {
  readonly db: Database;
  readonly clock: Clock;
  /** Milliseconds that no change of the machine's time moves. */
  monotonicMs(): number;
  /** Whether the server has identities. Without, the snapshot still tells catalogs, and refuses nothing. */
  readonly hasIdentities: boolean;
  /** What lies in schemas, of every folder that keeps something there. */
  readonly contents: readonly SchemaContents[];
  readonly guardCatalogName: CatalogNameGuard;
  /** Who asks for what is written. */
  readonly askers: Pick<Askers, 'current'>;
  onError(error: unknown): void;
}

export interface Governance {
  readonly snapshot: OpenSnapshot;
  readonly write: GovernedWrite;
  readonly principals: Principals;
  readonly tokens: Tokens;
  readonly passwords: Passwords;
  readonly sessions: Sessions;
  readonly grants: Grants;
  readonly ownership: Ownership;
  readonly catalogs: Catalogs;
  readonly schemas: Schemas;
  /** Reads the snapshot and keeps it fresh; makes what every installation has. */
  start(): Promise<void>;
  /** The first administrator. @returns its id, with a one-time password where it was made without another credential. */
  ensureAdministrator(options: { readonly hasToken: boolean }): Promise<{
    readonly id: string | undefined;
    readonly oneTimePassword: string | undefined;
  }>;
  stop(): Promise<void>;
}

/** Puts the folder together. */
export function createGovernance(options: GovernanceOptions): Governance {
  const { db, clock, onError } = options;
  const snapshot = createSnapshot({
    db,
    monotonicMs: options.monotonicMs,
    refusesWhenStale: options.hasIdentities,
    onError,
  });
  const write = createGovernedWrite({ db, clock, snapshot, askers: options.askers, onError });
  const passwords = createPasswords({ clock, write, snapshot, limits: createLoginLimits({ clock }) });
  const containers = { db, clock, write, snapshot, contents: options.contents };
  return {
    snapshot,
    write,
    passwords,
    principals: createPrincipals({ db, clock, write }),
    tokens: createTokens({ db, clock, write }),
    sessions: createSessions({ clock, write }),
    grants: createGrants({ db, write }),
    ownership: createOwnership({ clock, snapshot }),
    catalogs: createCatalogs({ ...containers, guardName: options.guardCatalogName }),
    schemas: createSchemas(containers),

    async start() {
      await ensureBuiltIns({ clock, write });
      await snapshot.start();
    },

    async ensureAdministrator({ hasToken }) {
      const id = await ensureAdministrator({ clock, write }, { hasToken });
      const known = id === undefined ? undefined : snapshot.current().principals.get(Number(id));
      // One who was here before and has no password had a token: the way back in, where that is gone, is a new password.
      const needsPassword = !hasToken && known !== undefined && known.passwordHash === undefined;
      return {
        id,
        oneTimePassword: needsPassword ? await setOneTimePassword(passwords, String(known.no)) : undefined,
      };
    },

    stop: () => snapshot.stop(),
  };
}
