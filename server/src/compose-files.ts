import type { BlobKeys } from './artifacts/blob-keys.ts';
import { createBlockWrites } from './artifacts/block-writes.ts';
import type { ArtifactDeletionGuard, Files } from './artifacts/files.ts';
import { createFolders } from './artifacts/folders.ts';
import { createPartUploads } from './artifacts/part-uploads.ts';
import { createSignedUrls } from './artifacts/signed-urls.ts';
import { createVolumes, type Volumes } from './artifacts/volumes.ts';
import type { Database } from './db/port.ts';
import type { Access } from './governance/access.ts';
import type { Governance } from './governance/governance.ts';
import type { HolderOf } from './http/authenticate.ts';
import { artifactCredentialRoutes } from './http/databricks/artifact-credentials.ts';
import { dbfsRoutes } from './http/databricks/dbfs.ts';
import { createFileAccess } from './http/databricks/file-access.ts';
import { filesApiRoutes } from './http/databricks/files.ts';
import type { DatabricksRoute } from './http/databricks/routes.ts';
import { signedFileRoutes } from './http/databricks/signed-files.ts';
import { volumeRoutes } from './http/databricks/volumes.ts';
import { workspaceRoutes } from './http/databricks/workspace.ts';
import { workspacePermissionRoutes } from './http/databricks/workspace-permissions.ts';
import { workspaceStreamRoutes } from './http/databricks/workspace-streams.ts';
import type { Targets } from './http/mlflow/targets.ts';
import type { ReadModelName } from './http/model-access.ts';
import type { RawRoute } from './http/routes.ts';
import type { Clock } from './kernel/clock.ts';
import type { ObjectStore } from './objects/port.ts';
import { findVersionFolder, modelOfNumber } from './registry/version-folders.ts';
import type { Experiment, Experiments } from './tracking/experiments.ts';
import type { LoggedModels } from './tracking/logged-models.ts';
import type { Owners } from './tracking/owners.ts';
import type { Runs } from './tracking/runs.ts';
import { createWorkspace, type NamedExperiment } from './workspace-files/workspace.ts';

export interface FilesDependencies {
  readonly db: Database;
  readonly clock: Clock;
  readonly store: ObjectStore;
  readonly keys: BlobKeys;
  readonly files: Files;
  readonly guardDeletion: ArtifactDeletionGuard;
  readonly guardWrite: ArtifactDeletionGuard;
  readonly guardAddition: ArtifactDeletionGuard;
  /** Secret bytes of the installation. */
  readonly key: Uint8Array;
  readonly governance: Pick<Governance, 'snapshot' | 'write' | 'ownership' | 'grants' | 'principals'>;
  readonly holderOf: HolderOf;
  readonly metastoreId: string;
  readonly runs: Runs;
  readonly loggedModels: LoggedModels;
  readonly experiments: Experiments;
  readonly owners: Owners;
  readonly targets: Targets;
  readonly readModelName: ReadModelName;
}

export interface FilesSurface {
  readonly volumes: Volumes;
  readonly routes: readonly DatabricksRoute[];
  readonly rawRoutes: readonly RawRoute[];
}

/** Puts together what of Databricks' protocol moves files: DBFS, the Files API, volumes, the workspace. */
export function composeFiles(dependencies: FilesDependencies): FilesSurface {
  const { db, clock, files, governance, metastoreId, experiments } = dependencies;
  const folders = createFolders(dependencies);
  const uploads = createPartUploads(dependencies);
  const blocks = createBlockWrites({ db, files, clock });
  const urls = createSignedUrls(dependencies);
  const volumes = createVolumes({ db, clock, write: governance.write, ownership: governance.ownership });
  const access = createFileAccess({
    ...dependencies,
    volumes,
    findVersionFolder: (name, version) => db.read((sql) => findVersionFolder(sql, name, version)),
    modelOfNumber: (modelNo) => db.read((sql) => modelOfNumber(sql, modelNo)),
  });
  const workspace = createWorkspace({
    db,
    files,
    clock,
    experiments: experimentsByPath(experiments),
    async numberOf(name) {
      const found = await governance.principals.findByName(name);
      return found?.name === name ? Number(found.id) : undefined;
    },
  });
  const dbfs = dbfsRoutes({ files, folders, blocks, access });
  const filesApi = filesApiRoutes({ files, folders, uploads, access, urls });
  return {
    volumes,
    routes: [
      ...dbfs.routes,
      ...filesApi.routes,
      ...volumeRoutes({ volumes, namespaces: governance.snapshot, grants: governance.grants, metastoreId }),
      ...workspaceRoutes(workspace),
      ...workspacePermissionRoutes({ workspace, principals: governance.principals }),
      ...artifactCredentialRoutes({ ...dependencies, uploads, urls }),
    ],
    rawRoutes: [
      ...dbfs.rawRoutes,
      ...filesApi.rawRoutes,
      ...signedFileRoutes({ files, uploads, urls, access, holderOf: dependencies.holderOf }),
      ...workspaceStreamRoutes(workspace),
    ],
  };
}

const MAX_EXPERIMENTS = 1000;

/** Experiments whose names are paths, as the workspace shows them. */
function experimentsByPath(experiments: Experiments) {
  async function search(field: 'folder' | 'name', path: string, access: Access): Promise<NamedExperiment[]> {
    // Filters have no way to write a quote of either kind within quotes of that kind.
    const quote = path.includes("'") ? '"' : "'";
    if (path.includes(quote) || path === '/') return [];
    const page = await experiments.search({
      filter: `${field} = ${quote}${path}${quote}`,
      maxResults: MAX_EXPERIMENTS,
      viewType: 'ACTIVE_ONLY',
      visible: access.visibleExperiments(),
    });
    return page.items.map(named);
  }
  return {
    listIn: (folder: string, access: Access) => search('folder', folder, access),
    find: async (name: string, access: Access) => (await search('name', name, access))[0],
  };
}

const named = (experiment: Experiment): NamedExperiment => ({
  experimentNo: experiment.experimentNo,
  name: experiment.name,
  createdAtMs: experiment.creationTimeMs,
  modifiedAtMs: experiment.lastUpdateTimeMs,
});
