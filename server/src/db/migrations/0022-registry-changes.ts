import type { Migration } from '../migrate.ts';

export const registryChanges: Migration = {
  version: 22,
  name: 'registry changes',
  statements: ({ publicId, int, text }) => [
    // What happened to a model and its versions, by whom: written in the transaction of the change, read by its page.
    `CREATE TABLE registry_changes (
      change_no ${publicId},
      model_no ${int} NOT NULL REFERENCES registered_models ON DELETE CASCADE,
      at_ms ${int} NOT NULL,
      made_by ${text},
      kind ${text} NOT NULL,
      version ${int},
      subject ${text},
      old_value ${text},
      new_value ${text}
    )`,
    'CREATE INDEX registry_changes_by_model ON registry_changes (model_no, change_no)',
    'CREATE INDEX registry_changes_by_version ON registry_changes (model_no, version) WHERE version IS NOT NULL',
  ],
};
