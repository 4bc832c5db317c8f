import type { Migration } from '../migrate.ts';

export const secretKey: Migration = {
  version: 12,
  name: 'secret key',
  statements: ({ text, int }) => [
    // One row at most: which key the secrets of this database are sealed with, told by what only its owner can compute.
    `CREATE TABLE secret_key (
      one ${int} NOT NULL PRIMARY KEY CHECK (one = 1),
      fingerprint ${text} NOT NULL
    )`,
  ],
};
