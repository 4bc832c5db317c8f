import type { Database } from './db/port.ts';
import type { Governance } from './governance/governance.ts';
import type { SchemaContents, SchemaName } from './governance/schemas.ts';
import { createSecurableTags } from './governance/securable-tags.ts';
import { createTables, schemaTables } from './governance/tables.ts';
import type { WorkspaceIdentity } from './governance/workspace-identity.ts';
import { discoveryRoute } from './http/databricks/discovery.ts';
import { entityTagRoutes } from './http/databricks/entity-tags.ts';
import { fixedPermissionRoutes } from './http/databricks/fixed-permissions.ts';
import { grantRoutes } from './http/databricks/grants.ts';
import { modelTagRoutes } from './http/databricks/model-tags.ts';
import { oldListRoutes } from './http/databricks/old-lists.ts';
import {
  EXPERIMENTS,
  JOBS,
  REGISTERED_MODELS,
  SERVING_ENDPOINTS,
  WORKSPACE,
} from './http/databricks/permission-levels.ts';
import { type PermissionObjects, permissionRoutes } from './http/databricks/permissions.ts';
import type { DatabricksRoute } from './http/databricks/routes.ts';
import { runAgeRoutes } from './http/databricks/run-ages.ts';
import { scimRoutes } from './http/databricks/scim.ts';
import { secretRoutes } from './http/databricks/secrets.ts';
import { tableRoutes } from './http/databricks/tables.ts';
import { tokenRoutes } from './http/databricks/tokens.ts';
import { workspaceFactRoutes } from './http/databricks/workspace-facts.ts';
import type { ReadModelName } from './http/model-access.ts';
import type { RawRoute } from './http/routes.ts';
import type { VersionOrigins } from './http/version-origins.ts';
import type { Clock } from './kernel/clock.ts';
import { notFound } from './kernel/errors.ts';
import { securableOf } from './registry/model-names.ts';
import { createModelNumbers, type ModelNumbers } from './registry/model-numbers.ts';
import { modelNotFound } from './registry/model-places.ts';
import type { Models } from './registry/models.ts';
import type { Versions } from './registry/versions.ts';
import { createSecretScopes } from './secrets/scopes.ts';
import type { Sealer } from './secrets/sealer.ts';
import { endpointSecurable, noEndpointWithId } from './serving/endpoints.ts';
import { parseExperimentId } from './tracking/experiment-rules.ts';
import { type Experiments, experimentNotFound } from './tracking/experiments.ts';
import { createRunAges } from './tracking/run-ages.ts';
import type { RunBulk } from './tracking/run-bulk.ts';

export interface DatabricksDependencies {
  readonly db: Database;
  readonly clock: Clock;
  readonly identity: WorkspaceIdentity;
  readonly governance: Governance;
  readonly sealer: Sealer;
  readonly experiments: Pick<Experiments, 'search' | 'find'>;
  readonly models: Pick<Models, 'search' | 'setTag' | 'deleteTag'>;
  readonly versions: Pick<Versions, 'setTag' | 'deleteTag'>;
  readonly origins: VersionOrigins;
  readonly runBulk: RunBulk;
  readonly readModelName: ReadModelName;
  hasVolume(volume: SchemaName & { readonly name: string }): Promise<boolean>;
  /** @throws AppError NotFound */
  requireWarehouse(id: string): Promise<void>;
  /** Whether there is an endpoint of that id. */
  hasEndpoint(id: string): Promise<boolean>;
}

export interface DatabricksSurface {
  readonly routes: readonly DatabricksRoute[];
  /** Those that read and answer streams themselves. */
  readonly rawRoutes: readonly RawRoute[];
  /** What of it lies in schemas. */
  readonly contents: readonly SchemaContents[];
}

/** Puts what of Databricks' protocol is about identities, rights and secrets together. */
export function composeDatabricks(dependencies: DatabricksDependencies): DatabricksSurface {
  const { db, identity, governance, readModelName } = dependencies;
  const { grants, principals, snapshot, ownership } = governance;
  const { metastoreId } = identity;
  const tables = createTables({ ...dependencies, write: governance.write, ownership });
  const models = createModelNumbers({ db, readModelName });
  const place = { namespaces: snapshot, metastoreId };
  return {
    routes: [
      ...workspaceFactRoutes(identity),
      ...scimRoutes(principals),
      ...tokenRoutes({ tokens: governance.tokens, principals, workspaceId: identity.workspaceId }),
      ...grantRoutes({
        grants,
        principals,
        metastoreId,
        existence: {
          namespaces: snapshot,
          model: ({ catalog, schema, name }) => models.exists(readModelName(`${catalog}.${schema}.${name}`)),
          table: async (name) => (await tables.find(name)) !== undefined,
          volume: dependencies.hasVolume,
        },
      }),
      ...permissionObjects(dependencies, models).flatMap((objects) =>
        permissionRoutes(objects, { grants, principals }),
      ),
      ...fixedPermissionRoutes({
        path: 'sql/warehouses/:id',
        objectType: 'warehouses',
        usersLevel: 'CAN_USE',
        find: dependencies.requireWarehouse,
      }),
      ...fixedPermissionRoutes({ path: 'authorization/tokens', objectType: 'tokens', usersLevel: 'CAN_USE' }),
      ...fixedPermissionRoutes({
        path: 'authorization/passwords',
        objectType: 'passwords',
        usersLevel: 'CAN_USE',
      }),
      ...tableRoutes({
        ...place,
        tables,
        grants,
        schemasOf: (catalog) =>
          [...(snapshot.state.catalogs.get(catalog.toLowerCase())?.schemas.values() ?? [])].sort(),
      }),
      ...entityTagRoutes({ ...place, ...governance, tables, tags: createSecurableTags({ db }) }),
      ...modelTagRoutes(dependencies),
      ...oldListRoutes(dependencies),
      ...runAgeRoutes({
        ages: createRunAges({ db, bulk: dependencies.runBulk }),
        experiments: dependencies.experiments,
      }),
      ...secretRoutes(createSecretScopes({ ...dependencies, grants, ownership })),
    ],
    rawRoutes: [discoveryRoute(identity)],
    contents: [schemaTables],
  };
}

function permissionObjects(
  { experiments, identity, hasEndpoint }: DatabricksDependencies,
  models: ModelNumbers,
): readonly PermissionObjects[] {
  return [
    {
      kind: EXPERIMENTS,
      see: 'experiment.read',
      manage: 'experiment.manage',
      async find(id) {
        const experimentNo = parseExperimentId(id);
        const missing = () => experimentNotFound(experimentNo);
        if ((await experiments.find([experimentNo])).length === 0) throw missing();
        return { on: { type: 'experiment', experimentNo }, missing };
      },
    },
    {
      kind: REGISTERED_MODELS,
      see: 'model.see',
      manage: 'model.manage',
      async find(id) {
        const name = await models.find(id);
        const missing = () => modelNotFound(id);
        if (name === undefined) throw missing();
        return { on: securableOf(name), missing };
      },
    },
    {
      kind: WORKSPACE,
      // What it takes to create a scope: CAN_MANAGE. To give it away is for administrators alone.
      see: 'secret-scope.manage',
      manage: 'secret-scope.manage',
      async find(id) {
        const missing = () =>
          notFound(`Workspace ${id.slice(0, 100)} does not exist: it is ${identity.workspaceId}.`);
        if (id !== identity.workspaceId) throw missing();
        return { on: { type: 'workspace' }, missing };
      },
    },
    {
      kind: SERVING_ENDPOINTS,
      see: 'endpoint.see',
      manage: 'endpoint.manage',
      async find(id) {
        const missing = () => noEndpointWithId(id);
        if (!(await hasEndpoint(id))) throw missing();
        return { on: endpointSecurable(id), missing };
      },
    },
    // The server keeps no jobs yet: there is none to find.
    {
      kind: JOBS,
      see: 'job.see',
      manage: 'job.manage',
      async find(id) {
        throw notFound(`Job with id ${id.slice(0, 100)} does not exist.`);
      },
    },
  ];
}
