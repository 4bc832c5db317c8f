import { invalidArgument } from '../../kernel/errors.ts';
import { fullNameOf, nameOfRow } from '../../registry/model-names.ts';
import { parseVersion } from '../../registry/model-rules.ts';
import type { RegisteredModel } from '../../registry/models.ts';
import type { VersionDetails } from '../../registry/version-details.ts';
import type { Json } from '../mlflow/json.ts';

/** What answers about models show besides what the registry keeps. */
export interface ModelView {
  readonly metastoreId: string;
  /** A location as clients of Databricks can use it. */
  showLocation(location: string): string;
}

/** As mlflow's own dialect of Unity Catalog has it. Names have three levels here, always. */
export function renderUcModel({ row, tags, aliases }: RegisteredModel): object {
  return {
    name: fullNameOf(nameOfRow(row)),
    creation_timestamp: row.creation_time,
    last_updated_timestamp: row.last_update_time,
    ...(row.created_by !== null && { user_id: row.created_by }),
    description: row.description ?? '',
    aliases: aliases.map(({ alias, version }) => ({ alias, version: String(version) })),
    tags,
    ...(row.deployment_job_id !== null && { deployment_job_id: row.deployment_job_id }),
  };
}

export function renderUcVersion({ row, tags, aliases }: VersionDetails, { showLocation }: ModelView): object {
  const version = String(row.version);
  return {
    name: fullNameOf(nameOfRow(row)),
    version,
    creation_timestamp: row.creation_time,
    last_updated_timestamp: row.last_update_time,
    ...(row.user_id !== null && { user_id: row.user_id }),
    description: row.description ?? '',
    ...(row.source !== null && { source: row.source }),
    ...(row.run_id && { run_id: row.run_id }),
    ...(row.run_workspace_id !== null && { run_tracking_server_id: row.run_workspace_id }),
    ...(row.logged_model_id !== null && { model_id: row.logged_model_id }),
    status: row.status,
    ...(row.status_message !== null && { status_message: row.status_message }),
    ...(row.storage_location !== null && { storage_location: showLocation(row.storage_location) }),
    aliases: aliases.map((alias) => ({ alias, version })),
    tags,
  };
}

/** As Unity Catalog's own dialect has it: numbers of versions are numbers, a description is a comment. */
export function renderNativeModel(
  { row, tags, aliases }: RegisteredModel,
  { owner, metastoreId }: { readonly owner: string } & ModelView,
): object {
  const name = nameOfRow(row);
  return {
    name: name.model,
    catalog_name: name.catalog,
    schema_name: name.schema,
    full_name: fullNameOf(name),
    ...(row.description !== null && { comment: row.description }),
    owner,
    metastore_id: metastoreId,
    created_at: row.creation_time,
    ...(row.created_by !== null && { created_by: row.created_by }),
    updated_at: row.last_update_time,
    ...(row.updated_by !== null && { updated_by: row.updated_by }),
    id: String(row.model_no),
    securable_type: 'FUNCTION',
    aliases: aliases.map(({ alias, version }) => ({ alias_name: alias, version_num: version })),
    ...(tags.length > 0 && { tags }),
    ...(row.deployment_job_id !== null && { deployment_job_id: row.deployment_job_id }),
  };
}

export function renderNativeVersion(
  { row, tags, aliases }: VersionDetails,
  { metastoreId, showLocation }: ModelView,
): object {
  const name = nameOfRow(row);
  return {
    model_name: name.model,
    catalog_name: name.catalog,
    schema_name: name.schema,
    version: row.version,
    id: `${row.model_no}/${row.version}`,
    metastore_id: metastoreId,
    ...(row.source !== null && { source: row.source }),
    ...(row.description !== null && { comment: row.description }),
    ...(row.run_id && { run_id: row.run_id }),
    ...(isWorkspaceId(row.run_workspace_id) && { run_workspace_id: Number(row.run_workspace_id) }),
    ...(row.logged_model_id !== null && { model_id: row.logged_model_id }),
    ...(row.dependencies !== null && { model_version_dependencies: JSON.parse(row.dependencies) as Json }),
    status: row.status,
    ...(row.storage_location !== null && { storage_location: showLocation(row.storage_location) }),
    created_at: row.creation_time,
    ...(row.user_id !== null && { created_by: row.user_id }),
    updated_at: row.last_update_time,
    ...(row.updated_by !== null && { updated_by: row.updated_by }),
    aliases: aliases.map((alias) => ({ alias_name: alias, version_num: row.version })),
    ...(tags.length > 0 && { tags }),
  };
}

/** It came as text, and goes as a number. */
const isWorkspaceId = (text: string | null): boolean => text !== null && /^[1-9]\d{0,14}$/.test(text);

/** The number of a version, which is text in one dialect and a number in the other. @throws AppError InvalidArgument */
export function versionOf(value: Json | undefined, field = 'version'): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  if (typeof value === 'string') return parseVersion(value);
  throw invalidArgument(
    `Missing value for required parameter '${field}': expected the number of a version.`,
    {
      field,
    },
  );
}
