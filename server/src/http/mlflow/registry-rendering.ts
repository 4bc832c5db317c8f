import type { RegisteredModel } from '../../registry/models.ts';
import type { VersionDetails } from '../../registry/version-details.ts';

/** Empty texts are present where the real server has them: a description that was never given is "" and not absent. */
export function renderVersion({ row, tags, aliases }: VersionDetails): object {
  return {
    name: row.name,
    version: String(row.version),
    creation_timestamp: row.creation_time,
    last_updated_timestamp: row.last_update_time,
    ...(row.user_id !== null && { user_id: row.user_id }),
    current_stage: row.stage,
    ...(row.description !== null && { description: row.description }),
    ...(row.source !== null && { source: row.source }),
    ...(row.run_id !== null && { run_id: row.run_id }),
    status: row.status,
    ...(row.status_message && { status_message: row.status_message }),
    ...(tags.length > 0 && { tags }),
    ...(row.run_link !== null && { run_link: row.run_link }),
    ...(aliases.length > 0 && { aliases }),
  };
}

export function renderModel({ row, tags, aliases, latestVersions }: RegisteredModel): object {
  return {
    name: row.name,
    creation_timestamp: row.creation_time,
    last_updated_timestamp: row.last_update_time,
    ...(row.description && { description: row.description }),
    ...(latestVersions.length > 0 && { latest_versions: latestVersions.map(renderVersion) }),
    ...(tags.length > 0 && { tags }),
    ...(aliases.length > 0 && {
      aliases: aliases.map(({ alias, version }) => ({ alias, version: String(version) })),
    }),
  };
}
