import type { Transaction } from '../port.ts';

/** Takes the schema back to version 22, for tests of data that was there before. */
export async function undoSince22(tx: Transaction): Promise<void> {
  for (const statement of [
    'ALTER TABLE audit_outbox DROP COLUMN asker',
    'DROP TABLE compiled_models',
    'DROP TABLE inference_feedback',
    'DROP TABLE inference_tables',
    'DROP TABLE serving_node_states',
    'DROP TABLE serving_nodes',
    'DROP TABLE served_versions',
    'DROP TABLE served_entities',
    'DROP TABLE serving_configs',
    'DROP TABLE serving_endpoint_tags',
    'DROP TABLE serving_endpoints',
    'DROP INDEX workspace_homes',
    'ALTER TABLE workspace_objects DROP COLUMN owner_no',
    'ALTER TABLE model_version_comments DROP COLUMN user_no',
    'ALTER TABLE saved_views DROP COLUMN created_by_no',
    'DROP TABLE securable_ages',
    'DELETE FROM schema_versions WHERE version >= 23',
  ])
    await tx.run(statement);
}
