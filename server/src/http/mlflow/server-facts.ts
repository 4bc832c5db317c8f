import type { MlflowRoute } from './routes.ts';

/** The version of MLflow whose protocol is spoken: clients choose their behaviour by it. */
export const MLFLOW_VERSION = '3.17.2';

export interface TransferAbilities {
  /** Whether large files may go to the object store directly, by signed URLs. */
  readonly multipartUploads: boolean;
  readonly multipartDownloads: boolean;
}

/** What the server can do, as clients ask before they choose how. */
export function serverFactRoutes(abilities: TransferAbilities): readonly MlflowRoute[] {
  return [
    {
      method: 'GET',
      path: '3.0/mlflow/server-info',
      access: 'open',
      request: [],
      handle: async () => ({
        store_type: 'SqlStore',
        workspaces_enabled: false,
        multipart_uploads_enabled: abilities.multipartUploads,
        multipart_downloads_enabled: abilities.multipartDownloads,
        presigned_upload_run_id_supported: true,
        presigned_upload_model_id_supported: true,
        trace_archival_enabled: false,
        features_enabled: { gateway: false },
      }),
    },
  ];
}
