import type { Migration } from '../migrate.ts';

export const serving: Migration = {
  version: 25,
  name: 'serving',
  statements: ({ publicId, text, int, clustered }) => [
    // What is wanted. Which of its configurations answers, and which is on its way, is here alone.
    `CREATE TABLE serving_endpoints (
      endpoint_no ${publicId},
      endpoint_id ${text} NOT NULL UNIQUE,
      name ${text} NOT NULL,
      name_key ${text} NOT NULL UNIQUE,
      creator_id ${text} NOT NULL,
      creator ${text} NOT NULL,
      created_at ${int} NOT NULL,
      updated_at ${int} NOT NULL,
      description ${text} NOT NULL,
      active_version ${int},
      pending_version ${int},
      last_update ${text} NOT NULL,
      last_message ${text} NOT NULL,
      settings ${text} NOT NULL
    )`,
    `CREATE TABLE serving_endpoint_tags (
      endpoint_no ${int} NOT NULL REFERENCES serving_endpoints (endpoint_no) ON DELETE CASCADE,
      key ${text} NOT NULL,
      value ${text} NOT NULL,
      PRIMARY KEY (endpoint_no, key)
    ) ${clustered}`,
    `CREATE TABLE serving_configs (
      endpoint_no ${int} NOT NULL REFERENCES serving_endpoints (endpoint_no) ON DELETE CASCADE,
      config_version ${int} NOT NULL,
      body ${text} NOT NULL,
      made_by_id ${text} NOT NULL,
      made_by ${text} NOT NULL,
      cause ${text} NOT NULL,
      state ${text} NOT NULL,
      message ${text} NOT NULL,
      failed_entity ${text},
      created_at ${int} NOT NULL,
      ended_at ${int},
      PRIMARY KEY (endpoint_no, config_version)
    ) ${clustered}`,
    // version is what was resolved; an alias is looked at again and again.
    `CREATE TABLE served_entities (
      endpoint_no ${int} NOT NULL REFERENCES serving_endpoints (endpoint_no) ON DELETE CASCADE,
      config_version ${int} NOT NULL,
      name ${text} NOT NULL,
      position ${int} NOT NULL,
      model_no ${int} NOT NULL,
      model_name ${text} NOT NULL,
      version ${int} NOT NULL,
      alias ${text},
      PRIMARY KEY (endpoint_no, config_version, name)
    ) ${clustered}`,
    'CREATE INDEX served_entities_by_version ON served_entities (model_no, version)',
    'CREATE INDEX served_entities_by_alias ON served_entities (endpoint_no) WHERE alias IS NOT NULL',
    // The files of a version as they were when it was first prepared: later ones must be the same.
    `CREATE TABLE served_versions (
      model_no ${int} NOT NULL,
      version ${int} NOT NULL,
      files_digest ${text} NOT NULL,
      facts ${text},
      first_at ${int} NOT NULL,
      PRIMARY KEY (model_no, version)
    ) ${clustered}`,
    // Server processes on this database, and how far each is with each configuration.
    `CREATE TABLE serving_nodes (
      node_id ${text} NOT NULL PRIMARY KEY,
      started_at ${int} NOT NULL,
      seen_at ${int} NOT NULL
    )`,
    `CREATE TABLE serving_node_states (
      node_id ${text} NOT NULL REFERENCES serving_nodes (node_id) ON DELETE CASCADE,
      endpoint_no ${int} NOT NULL REFERENCES serving_endpoints (endpoint_no) ON DELETE CASCADE,
      config_version ${int} NOT NULL,
      state ${text} NOT NULL,
      entities ${text} NOT NULL,
      message ${text} NOT NULL,
      at_ms ${int} NOT NULL,
      PRIMARY KEY (node_id, endpoint_no, config_version)
    ) ${clustered}`,
    'CREATE INDEX serving_node_states_by_endpoint ON serving_node_states (endpoint_no)',
  ],
};
