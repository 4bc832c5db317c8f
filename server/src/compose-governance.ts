import type { Database } from './db/port.ts';
import type { Askers } from './governance/askers.ts';
import type { CatalogNameGuard } from './governance/catalogs.ts';
import { createFederatedIdentities } from './governance/federated-identities.ts';
import { createGovernance, type Governance } from './governance/governance.ts';
import type { SchemaContents } from './governance/schemas.ts';
import { type Authenticate, everybodyHolds, everybodyIsLocal, type HolderOf } from './http/authenticate.ts';
import { createCredentials } from './http/credentials.ts';
import type { MlflowRoute } from './http/mlflow/routes.ts';
import type { RawRoute } from './http/routes.ts';
import { type IdentityProvider, SINGLE_SIGN_ON_PATH, singleSignOnRoutes } from './http/single-sign-on.ts';
import { accessExplanationRoutes } from './http/slipway/access-explanation.ts';
import { sessionRoutes } from './http/slipway/session.ts';
import type { Clock } from './kernel/clock.ts';
import type { Sealer } from './secrets/sealer.ts';

/** What the operator has set of identities. */
export interface IdentitySettings {
  readonly auth: boolean;
  /** Never to be logged. */
  readonly adminToken: string | undefined;
  readonly host: string;
  readonly oidc:
    | (IdentityProvider & {
        readonly label: string;
        /** The provider's groups with those here that they stand for. */
        readonly groups: ReadonlyMap<string, string>;
      })
    | undefined;
}

export interface GovernanceDependencies {
  readonly db: Database;
  readonly clock: Clock;
  readonly config: IdentitySettings;
  readonly sealer: Sealer;
  readonly contents: readonly SchemaContents[];
  readonly guardCatalogName: CatalogNameGuard;
  /** Who asks for what is written. */
  readonly askers: Pick<Askers, 'current'>;
  /** Tells whoever started the program, once: not a log that others read. */
  tellOperator(text: string): void;
  onError(error: unknown): void;
}

export interface GovernanceParts extends Governance {
  readonly authenticate: Authenticate;
  readonly holderOf: HolderOf;
  readonly mlflowRoutes: readonly MlflowRoute[];
  readonly rawRoutes: readonly RawRoute[];
}

/** Identities and rights, and the door that asks for them. Resolves when the snapshot is read. */
export async function composeGovernance(dependencies: GovernanceDependencies): Promise<GovernanceParts> {
  const { db, clock, config, tellOperator, onError } = dependencies;
  const governance = createGovernance({
    db,
    clock,
    monotonicMs: () => performance.now(),
    hasIdentities: config.auth,
    contents: dependencies.contents,
    guardCatalogName: dependencies.guardCatalogName,
    askers: dependencies.askers,
    onError,
  });
  await governance.start();
  const mlflowRoutes = accessExplanationRoutes(governance);
  if (!config.auth) {
    if (!isLoopback(config.host)) tellOperator(openDoorWarning(config.host));
    return {
      ...governance,
      authenticate: everybodyIsLocal,
      holderOf: everybodyHolds,
      mlflowRoutes,
      rawRoutes: sessionRoutes(undefined),
    };
  }
  const { id, oneTimePassword } = await governance.ensureAdministrator({
    hasToken: config.adminToken !== undefined,
  });
  if (oneTimePassword !== undefined) {
    tellOperator(
      `\nSign in as admin with the password ${oneTimePassword}\nIt is shown only now, and good for choosing another one.\n\n`,
    );
  }
  const { snapshot, passwords, sessions } = governance;
  const credentials = createCredentials({
    snapshot,
    passwords,
    clock,
    operatorToken:
      config.adminToken === undefined || id === undefined
        ? undefined
        : { value: config.adminToken, principalId: id },
  });
  const { oidc } = config;
  const { accessOf } = snapshot;
  return {
    ...governance,
    authenticate: credentials.authenticate,
    holderOf: credentials.holderOf,
    mlflowRoutes,
    rawRoutes: [
      ...sessionRoutes({
        credentials,
        sessions,
        passwords,
        accessOf,
        singleSignOn: oidc && { label: oidc.label, path: SINGLE_SIGN_ON_PATH },
      }),
      ...(oidc === undefined
        ? []
        : singleSignOnRoutes({
            provider: oidc,
            identities: createFederatedIdentities({ clock, write: governance.write, groups: oidc.groups }),
            sessions,
            accessOf,
            sealer: dependencies.sealer,
            clock,
            onError,
          })),
    ],
  };
}

const isLoopback = (host: string): boolean => /^(127(\.\d{1,3}){3}|::1|localhost)$/i.test(host);

const openDoorWarning = (host: string): string => `
*** WARNING: this server listens on ${host} without identities. ***
Whoever reaches it can read, change and delete everything. Start it with --auth, or with --host 127.0.0.1.

`;
