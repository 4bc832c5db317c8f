import { type DatabricksDesign, showLocation } from './artifacts/dbfs-paths.ts';
import { digestFile } from './artifacts/file-digest.ts';
import type { Files } from './artifacts/files.ts';
import { createSignedUrls } from './artifacts/signed-urls.ts';
import type { Database } from './db/port.ts';
import type { RecordEvents } from './events/outbox.ts';
import type { Access } from './governance/access.ts';
import type { Governance } from './governance/governance.ts';
import { catalogRoutes } from './http/databricks/catalogs.ts';
import type { ModelServices } from './http/databricks/model-routes.ts';
import { nativeModelRoutes } from './http/databricks/native-models.ts';
import { nativeVersionRoutes } from './http/databricks/native-versions.ts';
import type { DatabricksRoute } from './http/databricks/routes.ts';
import { schemaRoutes } from './http/databricks/schemas.ts';
import { ucModelRoutes } from './http/databricks/uc-models.ts';
import { ucVersionRoutes } from './http/databricks/uc-versions.ts';
import { versionCommentRoutes } from './http/databricks/version-comments.ts';
import { workspaceRegistryRoutes } from './http/databricks/workspace-registry.ts';
import type { Targets } from './http/mlflow/targets.ts';
import type { ReadModelName } from './http/model-access.ts';
import type { VersionOrigins } from './http/version-origins.ts';
import type { Clock } from './kernel/clock.ts';
import { AppError } from './kernel/errors.ts';
import type { Aliases } from './registry/aliases.ts';
import { createComments } from './registry/comments.ts';
import type { Models } from './registry/models.ts';
import { createUploadedVersions } from './registry/uploaded-versions.ts';
import { findVersionFolder } from './registry/version-folders.ts';
import type { Versions } from './registry/versions.ts';

export interface RegistryDependencies {
  readonly db: Database;
  readonly clock: Clock;
  readonly recordEvents: RecordEvents;
  /** Secret bytes of the installation. */
  readonly key: Uint8Array;
  readonly governance: Pick<Governance, 'catalogs' | 'schemas' | 'grants' | 'snapshot'>;
  readonly metastoreId: string;
  readonly design: DatabricksDesign;
  readonly files: Files;
  readonly models: Models;
  readonly versions: Versions;
  readonly aliases: Aliases;
  readonly targets: Targets;
  readonly origins: VersionOrigins;
  readonly readModelName: ReadModelName;
}

/** Puts together what of Databricks' protocol is about catalogs, schemas and registered models. */
export function composeRegistry(dependencies: RegistryDependencies): readonly DatabricksRoute[] {
  const { db, design, files, targets, governance, metastoreId } = dependencies;
  const services: ModelServices = {
    ...dependencies,
    uploaded: createUploadedVersions({
      ...dependencies,
      digest: (path) => digestFile(files, path),
    }),
    view: { metastoreId, showLocation: (location) => showLocation(location, design) },
    sdkModelFiles: design === 'files-api',
    maySeeSource: (source, access) => maySee(targets, source, access),
    mayLink: targets.mayEditLoggedModel,
  };
  const comments = createComments(dependencies);
  const routes: readonly DatabricksRoute[] = [
    ...catalogRoutes({ catalogs: governance.catalogs, metastoreId }),
    ...schemaRoutes({ schemas: governance.schemas, metastoreId }),
    ...ucModelRoutes(services),
    ...ucVersionRoutes(services),
    ...nativeModelRoutes({ ...services, grants: governance.grants }),
    ...nativeVersionRoutes(services),
    ...workspaceRegistryRoutes({
      ...services,
      comments,
      files,
      urls: createSignedUrls(dependencies),
      findVersionFolder: (name, version) => db.read((sql) => findVersionFolder(sql, name, version)),
    }),
    ...versionCommentRoutes({ ...services, comments }),
  ];
  const { catchUp } = governance.snapshot;
  return catchUp === undefined ? routes : routes.map((route) => withFreshNames(route, catchUp));
}

/**
 * What another process made a moment ago is looked for once more before it is said not to be there: clients make a catalog
 * by one call and use it by the next. The first call has changed nothing, or it would not have found so little.
 */
function withFreshNames(route: DatabricksRoute, catchUp: () => Promise<void>): DatabricksRoute {
  return {
    ...route,
    async handle(call) {
      try {
        return await route.handle(call);
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'NotFound') throw error;
        await catchUp();
        return route.handle(call);
      }
    },
  };
}

async function maySee(targets: Targets, source: string, access: Access): Promise<boolean> {
  if (access.principal.isAdmin) return true;
  return isFound(async () => {
    const needs = await targets.sourceNeeds(source, access);
    return needs.every(([action, on]) =>
      on.every((target) => access.decide(target.action ?? action, target.on) === 'allowed'),
    );
  });
}

/** What is not there permits nothing. */
async function isFound(ask: () => Promise<boolean>): Promise<boolean> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof AppError && error.code !== 'Unavailable' && error.code !== 'Internal') return false;
    throw error;
  }
}
