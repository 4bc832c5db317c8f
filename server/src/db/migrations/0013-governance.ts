import type { Migration } from '../migrate.ts';

export const governance: Migration = {
  version: 13,
  name: 'governance',
  statements: ({ publicId, int, text, clustered }) => [
    // Users, groups and service principals have one list of names: `name_key` is the name in the case that names share.
    `CREATE TABLE principals (
      principal_no ${publicId},
      kind ${text} NOT NULL,
      name ${text} NOT NULL,
      name_key ${text} NOT NULL UNIQUE,
      display_name ${text},
      external_id ${text},
      active ${int} NOT NULL,
      extras ${text},
      password_hash ${text},
      must_change_password ${int} NOT NULL DEFAULT 0,
      created_at ${int} NOT NULL,
      updated_at ${int} NOT NULL
    )`,
    'CREATE INDEX principals_listed ON principals (kind, name_key)',
    'CREATE INDEX principals_by_external_id ON principals (external_id) WHERE external_id IS NOT NULL',
    `CREATE TABLE group_members (
      group_no ${int} NOT NULL REFERENCES principals ON DELETE CASCADE,
      member_no ${int} NOT NULL REFERENCES principals ON DELETE CASCADE,
      PRIMARY KEY (group_no, member_no)
    ) ${clustered}`,
    'CREATE INDEX group_members_by_member ON group_members (member_no, group_no)',

    // Of tokens and sessions only the SHA-256 is kept: who reads the database can use neither.
    `CREATE TABLE access_tokens (
      token_id ${text} NOT NULL PRIMARY KEY,
      token_hash ${text} NOT NULL UNIQUE,
      principal_no ${int} NOT NULL REFERENCES principals ON DELETE CASCADE,
      created_by_no ${int} NOT NULL,
      comment ${text} NOT NULL,
      created_at ${int} NOT NULL,
      expires_at ${int}
    )`,
    'CREATE INDEX access_tokens_by_principal ON access_tokens (principal_no, created_at)',
    'CREATE INDEX access_tokens_ending ON access_tokens (expires_at) WHERE expires_at IS NOT NULL',
    `CREATE TABLE sessions (
      session_hash ${text} NOT NULL PRIMARY KEY,
      principal_no ${int} NOT NULL REFERENCES principals ON DELETE CASCADE,
      created_at ${int} NOT NULL,
      expires_at ${int} NOT NULL
    )`,
    'CREATE INDEX sessions_by_principal ON sessions (principal_no, created_at)',
    'CREATE INDEX sessions_ending ON sessions (expires_at)',
    // Who somebody is to an identity provider. The subject never changes; names and e-mail addresses do.
    `CREATE TABLE federated_identities (
      issuer ${text} NOT NULL,
      subject ${text} NOT NULL,
      principal_no ${int} NOT NULL UNIQUE REFERENCES principals ON DELETE CASCADE,
      PRIMARY KEY (issuer, subject)
    ) ${clustered}`,

    // `securable` is the key of `privileges.ts` (`schema:prod.ml`): the thing itself may lie in any table, or in none.
    `CREATE TABLE grants (
      securable ${text} NOT NULL,
      principal_no ${int} NOT NULL REFERENCES principals ON DELETE CASCADE,
      privilege ${text} NOT NULL,
      PRIMARY KEY (securable, principal_no, privilege)
    ) ${clustered}`,
    'CREATE INDEX grants_by_principal ON grants (principal_no, securable)',
    `CREATE UNIQUE INDEX grants_one_owner ON grants (securable) WHERE privilege = 'OWNER'`,

    `CREATE TABLE catalogs (
      catalog_no ${publicId},
      catalog_id ${text} NOT NULL,
      name ${text} NOT NULL,
      name_key ${text} NOT NULL UNIQUE,
      comment ${text},
      properties ${text} NOT NULL,
      created_at ${int} NOT NULL,
      created_by ${text} NOT NULL,
      updated_at ${int} NOT NULL,
      updated_by ${text} NOT NULL
    )`,
    `CREATE TABLE schemas (
      schema_no ${publicId},
      schema_id ${text} NOT NULL,
      catalog_no ${int} NOT NULL REFERENCES catalogs ON DELETE CASCADE,
      name ${text} NOT NULL,
      name_key ${text} NOT NULL,
      comment ${text},
      properties ${text} NOT NULL,
      created_at ${int} NOT NULL,
      created_by ${text} NOT NULL,
      updated_at ${int} NOT NULL,
      updated_by ${text} NOT NULL,
      UNIQUE (catalog_no, name_key)
    )`,

    // What the snapshots of all processes must read again. Numbers become visible in their order.
    `CREATE TABLE governance_changes (
      change_no ${publicId},
      kind ${text} NOT NULL,
      subject ${text} NOT NULL,
      changed_at ${int} NOT NULL
    )`,
  ],
};
