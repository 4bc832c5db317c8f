import type { Migration } from '../migrate.ts';

export const registry: Migration = {
  version: 2,
  name: 'registry',
  statements: ({ id, publicId, int, text, clustered }) => [
    `CREATE TABLE registered_models (
      model_no ${publicId},
      name ${text} NOT NULL,
      description ${text},
      creation_time ${int} NOT NULL,
      last_update_time ${int} NOT NULL,
      last_version ${int} NOT NULL DEFAULT 0,
      is_prompt ${int} NOT NULL DEFAULT 0
    )`,
    // An index and not a constraint: names of three levels will be unique within their schema.
    'CREATE UNIQUE INDEX registered_models_by_name ON registered_models (name)',
    'CREATE INDEX registered_models_listed ON registered_models (is_prompt, name)',
    'CREATE INDEX registered_models_by_time ON registered_models (is_prompt, last_update_time, name)',
    `CREATE TABLE registered_model_tags (
      model_no ${int} NOT NULL REFERENCES registered_models ON DELETE CASCADE,
      key ${text} NOT NULL,
      value ${text} NOT NULL,
      PRIMARY KEY (model_no, key)
    ) ${clustered}`,

    // A deleted version keeps its row, emptied, in the internal stage: its number is never given again.
    `CREATE TABLE model_versions (
      model_no ${int} NOT NULL REFERENCES registered_models ON DELETE CASCADE,
      version ${int} NOT NULL,
      stage ${text} NOT NULL,
      description ${text},
      user_id ${text},
      source ${text},
      storage_location ${text},
      run_id ${text},
      run_link ${text},
      logged_model_id ${text},
      status ${text} NOT NULL,
      status_message ${text},
      creation_time ${int} NOT NULL,
      last_update_time ${int} NOT NULL,
      is_prompt ${int} NOT NULL DEFAULT 0,
      PRIMARY KEY (model_no, version)
    ) ${clustered}`,
    // Versions are made without a stage: the newest of those is found by the primary key, from its end.
    `CREATE INDEX model_versions_by_stage ON model_versions (model_no, stage, version) WHERE stage <> 'None'`,
    'CREATE INDEX model_versions_by_time ON model_versions (last_update_time DESC)',
    'CREATE INDEX model_versions_by_run ON model_versions (run_id)',
    'CREATE INDEX model_versions_by_logged_model ON model_versions (logged_model_id) WHERE logged_model_id IS NOT NULL',
    `CREATE TABLE model_version_tags (
      model_no ${int} NOT NULL,
      version ${int} NOT NULL,
      key ${text} NOT NULL,
      value ${text} NOT NULL,
      PRIMARY KEY (model_no, version, key),
      FOREIGN KEY (model_no, version) REFERENCES model_versions ON DELETE CASCADE
    ) ${clustered}`,
    `CREATE TABLE registered_model_aliases (
      model_no ${int} NOT NULL REFERENCES registered_models ON DELETE CASCADE,
      alias ${text} NOT NULL,
      version ${int} NOT NULL,
      PRIMARY KEY (model_no, alias)
    ) ${clustered}`,
    'CREATE INDEX registered_model_aliases_by_version ON registered_model_aliases (model_no, version)',

    // What happened and has not been handed on yet; the dispatcher empties it.
    `CREATE TABLE event_outbox (
      event_no ${id},
      entity ${text} NOT NULL,
      action ${text} NOT NULL,
      data ${text} NOT NULL,
      happened_at ${int} NOT NULL
    )`,

    `CREATE TABLE webhooks (
      webhook_no ${id},
      webhook_id ${text} NOT NULL UNIQUE,
      name ${text} NOT NULL,
      url ${text} NOT NULL,
      description ${text},
      sealed_secret ${text},
      status ${text} NOT NULL,
      creation_time ${int} NOT NULL,
      last_update_time ${int} NOT NULL,
      deleted_at ${int}
    )`,
    'CREATE INDEX webhooks_listed ON webhooks (creation_time DESC, webhook_no DESC) WHERE deleted_at IS NULL',
    `CREATE TABLE webhook_events (
      webhook_no ${int} NOT NULL REFERENCES webhooks ON DELETE CASCADE,
      entity ${text} NOT NULL,
      action ${text} NOT NULL,
      PRIMARY KEY (webhook_no, entity, action)
    ) ${clustered}`,
    'CREATE INDEX webhook_events_by_event ON webhook_events (entity, action)',
    // next_attempt_at is also the lease: whoever tries a delivery moves it past the end of the attempt first, so that
    // a delivery whose sender died comes up again by itself.
    `CREATE TABLE webhook_deliveries (
      delivery_no ${id},
      delivery_id ${text} NOT NULL UNIQUE,
      webhook_no ${int} NOT NULL REFERENCES webhooks ON DELETE CASCADE,
      entity ${text} NOT NULL,
      action ${text} NOT NULL,
      body ${text} NOT NULL,
      state ${text} NOT NULL,
      attempts ${int} NOT NULL DEFAULT 0,
      next_attempt_at ${int} NOT NULL,
      created_at ${int} NOT NULL,
      finished_at ${int}
    )`,
    `CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_attempt_at) WHERE state = 'pending'`,
    'CREATE INDEX webhook_deliveries_by_webhook ON webhook_deliveries (webhook_no, delivery_no DESC)',
    'CREATE INDEX webhook_deliveries_finished ON webhook_deliveries (finished_at) WHERE finished_at IS NOT NULL',
    `CREATE TABLE webhook_attempts (
      delivery_no ${int} NOT NULL REFERENCES webhook_deliveries ON DELETE CASCADE,
      attempt ${int} NOT NULL,
      started_at ${int} NOT NULL,
      duration_ms ${int} NOT NULL,
      response_status ${int},
      error ${text},
      PRIMARY KEY (delivery_no, attempt)
    ) ${clustered}`,
  ],
};
