import type { Migration } from '../migrate.ts';

export const compiledModels: Migration = {
  version: 29,
  name: 'compiled models',
  statements: ({ text, int, clustered }) => [
    // What became of compiling a version: tried once, by whichever process holds the lease.
    `CREATE TABLE compiled_models (
      model_no ${int} NOT NULL,
      version ${int} NOT NULL,
      recipe ${text} NOT NULL,
      state ${text} NOT NULL,
      reason ${text} NOT NULL,
      evidence ${text},
      file_sha256 ${text},
      tries ${int} NOT NULL,
      lease_node ${text} NOT NULL,
      lease_until ${int} NOT NULL,
      updated_at ${int} NOT NULL,
      PRIMARY KEY (model_no, version, recipe)
    ) ${clustered}`,
  ],
};
