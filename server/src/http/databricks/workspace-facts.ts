import type { WorkspaceIdentity } from '../../governance/workspace-identity.ts';
import { notFound } from '../../kernel/errors.ts';
import type { DatabricksRoute } from './routes.ts';

/** What there is one of: the metastore, and the box for what clients tell about themselves. */
export function workspaceFactRoutes(identity: WorkspaceIdentity): readonly DatabricksRoute[] {
  const metastore = {
    metastore_id: identity.metastoreId,
    name: 'metastore',
    global_metastore_id: `slipway:${identity.metastoreId}`,
    cloud: 'aws',
    delta_sharing_scope: 'INTERNAL',
    privilege_model_version: '1.0',
    created_at: identity.createdAtMs,
  };
  return [
    {
      method: 'POST',
      path: '/telemetry-ext',
      summary: 'Takes what clients tell about themselves, and forgets it',
      access: 'filtered',
      async handle({ body }) {
        const { protoLogs } = body;
        return { errors: [], numProtoSuccess: Array.isArray(protoLogs) ? protoLogs.length : 0 };
      },
    },
    {
      method: 'GET',
      path: '/api/2.1/unity-catalog/current-metastore-assignment',
      summary: 'Tells the metastore of this workspace',
      access: 'filtered',
      handle: async () => ({
        metastore_id: identity.metastoreId,
        workspace_id: Number(identity.workspaceId),
        default_catalog_name: 'workspace',
      }),
    },
    {
      method: 'GET',
      path: '/api/2.1/unity-catalog/metastore_summary',
      summary: 'Describes the metastore of this workspace',
      access: 'filtered',
      handle: async () => metastore,
    },
    {
      method: 'GET',
      path: '/api/2.1/unity-catalog/metastores',
      summary: 'Lists the one metastore',
      access: 'filtered',
      handle: async () => ({ metastores: [metastore] }),
    },
    {
      method: 'GET',
      path: '/api/2.1/unity-catalog/metastores/:id',
      summary: 'Describes a metastore',
      access: 'filtered',
      async handle({ path }) {
        if (path.id !== identity.metastoreId)
          throw notFound(`Metastore '${path.id!.slice(0, 100)}' does not exist.`, {
            reason: 'METASTORE_DOES_NOT_EXIST',
          });
        return metastore;
      },
    },
  ];
}
