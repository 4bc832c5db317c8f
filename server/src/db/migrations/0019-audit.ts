import type { Migration } from '../migrate.ts';

export const audit: Migration = {
  version: 19,
  name: 'audit',
  statements: ({ engine, text, int, publicId, clustered }) => [
    // What was done, by whom: one chain a process, each record held by the hash of the next. Everything but the place
    // is covered by `hash`; nothing here is ever changed or removed.
    `CREATE TABLE audit_records (
      chain ${text} NOT NULL,
      seq ${int} NOT NULL,
      at_ms ${int} NOT NULL,
      principal ${text} NOT NULL,
      principal_id ${text} NOT NULL,
      address ${text} NOT NULL,
      action ${text} NOT NULL,
      route ${text} NOT NULL,
      securable ${text} NOT NULL,
      subject ${text} NOT NULL,
      outcome ${text} NOT NULL,
      request_id ${text} NOT NULL,
      operations ${int} NOT NULL,
      details ${text} NOT NULL,
      hash ${text} NOT NULL,
      PRIMARY KEY (chain, seq)
    ) ${clustered}`,
    'CREATE INDEX audit_records_by_time ON audit_records (at_ms, chain, seq)',
    'CREATE INDEX audit_records_by_principal ON audit_records (principal, at_ms, chain, seq)',
    `CREATE INDEX audit_records_by_securable ON audit_records (securable, at_ms, chain, seq) WHERE securable <> ''`,
    'CREATE INDEX audit_records_by_action ON audit_records (action, at_ms, chain, seq)',
    `CREATE INDEX audit_records_unsuccessful ON audit_records (outcome, at_ms, chain, seq) WHERE outcome <> 'succeeded'`,
    // Where each chain stands, signed with every batch; up to where a checkpoint holds it.
    `CREATE TABLE audit_chains (
      chain ${text} NOT NULL PRIMARY KEY,
      started_at ${int} NOT NULL,
      seq ${int} NOT NULL,
      hash ${text} NOT NULL,
      signature ${text} NOT NULL,
      public_key ${text} NOT NULL,
      sealed_seq ${int} NOT NULL
    ) ${clustered}`,
    'CREATE INDEX audit_chains_unsealed ON audit_chains (chain) WHERE seq > sealed_seq',
    `CREATE TABLE audit_checkpoints (
      checkpoint_no ${int} NOT NULL PRIMARY KEY,
      at_ms ${int} NOT NULL,
      body ${text} NOT NULL,
      public_key ${text} NOT NULL,
      signature ${text} NOT NULL
    )`,
    // What administrators set while the server runs, for all its processes.
    `CREATE TABLE workspace_settings (
      name ${text} NOT NULL PRIMARY KEY,
      value ${text} NOT NULL
    )`,
    // Changes of rights, written down by the database itself in the transaction that makes them, whoever makes them; they
    // leave when they have become records.
    `CREATE TABLE audit_outbox (
      change_no ${publicId},
      at_ms ${int} NOT NULL,
      kind ${text} NOT NULL,
      change ${text} NOT NULL,
      subject ${text} NOT NULL,
      principal_no ${int} NOT NULL,
      detail ${text}
    )`,
    ...WATCHED.flatMap((watch) => (engine === 'sqlite' ? sqliteTriggers(watch) : postgresTriggers(watch))),
    ...WATCHED.map((watched) =>
      noteChange(watched, { engine, change: 'added', row: 'r', from: `FROM ${watched.table} r` }),
    ),
    // Against mistakes of programs, not of whoever owns the database: those are what the hashes and signatures are for.
    ...(engine === 'sqlite' ? SQLITE_GUARDS : POSTGRES_GUARDS),
  ],
};

interface Watched {
  readonly table: string;
  /** Columns whose change counts. */
  readonly columns: readonly string[];
  readonly kind: string;
  /** Of a row, as expressions. */
  subject(row: string): string;
  principal(row: string): string;
  detail(row: string): string;
}

const WATCHED: readonly Watched[] = [
  {
    table: 'principals',
    columns: ['name', 'active'],
    kind: 'principal',
    subject: (row) => `${row}.name`,
    principal: (row) => `${row}.principal_no`,
    detail: (row) => `${row}.kind || CASE WHEN ${row}.active = 0 THEN ' inactive' ELSE '' END`,
  },
  {
    table: 'group_members',
    columns: ['group_no', 'member_no'],
    kind: 'member',
    subject: (row) => `CAST(${row}.group_no AS TEXT)`,
    principal: (row) => `${row}.member_no`,
    detail: () => 'NULL',
  },
  {
    table: 'grants',
    columns: ['securable', 'principal_no', 'privilege'],
    kind: 'grant',
    subject: (row) => `${row}.securable`,
    principal: (row) => `${row}.principal_no`,
    detail: (row) => `${row}.privilege`,
  },
  {
    table: 'access_tokens',
    columns: ['principal_no'],
    kind: 'token',
    subject: (row) => `${row}.token_id`,
    principal: (row) => `${row}.principal_no`,
    detail: () => 'NULL',
  },
];

const NOW_MS = {
  sqlite: `CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)`,
  postgres: 'CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)',
};

/** Writes down a row of a trigger (`OLD`, `NEW`), or all rows of the table under an alias. */
function noteChange(
  watched: Watched,
  note: {
    readonly engine: 'sqlite' | 'postgres';
    readonly change: 'added' | 'removed';
    readonly row: string;
    readonly from?: string;
  },
): string {
  const { row } = note;
  const values = [watched.subject(row), watched.principal(row), watched.detail(row)].join(', ');
  return `INSERT INTO audit_outbox (at_ms, kind, change, subject, principal_no, detail)
    SELECT ${NOW_MS[note.engine]}, '${watched.kind}', '${note.change}', ${values} ${note.from ?? ''}`;
}

const EVENTS = [
  { event: 'INSERT', changes: [['added', 'NEW']] },
  { event: 'DELETE', changes: [['removed', 'OLD']] },
  {
    event: 'UPDATE',
    changes: [
      ['removed', 'OLD'],
      ['added', 'NEW'],
    ],
  },
] as const;

function sqliteTriggers(watched: Watched): readonly string[] {
  const { table, columns } = watched;
  return EVENTS.map(({ event, changes }) => {
    const notes = changes.map(([change, row]) => noteChange(watched, { engine: 'sqlite', change, row }));
    const of = event === 'UPDATE' ? ` OF ${columns.join(', ')}` : '';
    return `CREATE TRIGGER audit_${table}_${event.toLowerCase()} AFTER ${event}${of} ON ${table} BEGIN ${notes.join('; ')}; END`;
  });
}

function postgresTriggers(watched: Watched): readonly string[] {
  const { table, columns } = watched;
  return EVENTS.flatMap(({ event, changes }) => {
    const notes = changes.map(([change, row]) => noteChange(watched, { engine: 'postgres', change, row }));
    const name = `audit_${table}_${event.toLowerCase()}`;
    const of = event === 'UPDATE' ? ` OF ${columns.join(', ')}` : '';
    return [
      `CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN ${notes.join('; ')}; RETURN NULL; END $body$`,
      `CREATE TRIGGER ${name} AFTER ${event}${of} ON ${table} FOR EACH ROW EXECUTE FUNCTION ${name}()`,
    ];
  });
}

const KEPT = ['audit_records', 'audit_checkpoints'];

const SQLITE_GUARDS = KEPT.flatMap((table) =>
  ['UPDATE', 'DELETE'].map(
    (verb) =>
      `CREATE TRIGGER ${table}_no_${verb.toLowerCase()} BEFORE ${verb} ON ${table}
       BEGIN SELECT RAISE(ABORT, '${table} only grows'); END`,
  ),
);

const POSTGRES_GUARDS = [
  `CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS
   'BEGIN RAISE EXCEPTION ''% only grows'', TG_TABLE_NAME; END'`,
  ...KEPT.map(
    (table) =>
      `CREATE TRIGGER ${table}_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON ${table}
       FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()`,
  ),
];
