import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openBlobKeys } from './artifacts/blob-keys.ts';
import { createFiles, type Files } from './artifacts/files.ts';
import { createGarbage, type Garbage } from './artifacts/garbage.ts';
import { defaultArtifactLocation } from './compose-locations.ts';
import { migrate } from './db/migrate.ts';
import type { Database } from './db/port.ts';
import { openSqlite } from './db/sqlite/sqlite-database.ts';
import { createAuditSigner } from './governance/audit-signature.ts';
import { createOwnership } from './governance/ownership.ts';
import { createState } from './governance/snapshot-state.ts';
import { type Clock, systemClock } from './kernel/clock.ts';
import { AppError } from './kernel/errors.ts';
import type { ForeignDatabases } from './migration/places.ts';
import { openLocalStore } from './objects/local/local-store.ts';
import { parseLocation } from './objects/location.ts';
import type { ObjectStore } from './objects/port.ts';
import { keepLoggedModel, keepVersionFiles } from './registry/version-files.ts';
import { readOrCreateKey, SECRET_KEY_VARIABLE } from './secrets/key-file.ts';
import { adoptKey, requireKeyOfDatabase } from './secrets/key-fingerprint.ts';
import { createTrash, type Trash } from './tracking/trash.ts';

/** Where everything is kept: the settings of that name. */
export interface StorageSettings {
  readonly home: string;
  readonly databaseUrl: string | undefined;
  readonly artifactsDestination: string | undefined;
  readonly storeEndpoint: string | undefined;
  readonly azureAccountKey: string | undefined;
  readonly secretKey: Uint8Array | undefined;
}

/** What the trash must keep, because a registered version needs it. */
export const trashGuards = { files: keepVersionFiles, loggedModel: keepLoggedModel };

export async function openStore(settings: StorageSettings, clock: Clock): Promise<ObjectStore> {
  const destination = parseLocation(settings.artifactsDestination ?? join(settings.home, 'artifacts'), {
    field: 'artifacts',
    relativeTo: process.cwd(),
  });
  const endpoint = settings.storeEndpoint === undefined ? {} : { endpoint: settings.storeEndpoint };
  switch (destination.kind) {
    case 'file':
      return openLocalStore({ folder: destination.path, clock });
    case 's3': {
      const { openS3Store } = await import('./objects/s3/s3-store.ts');
      const { bucket, prefix } = destination;
      return openS3Store({ bucket, prefix, ...endpoint });
    }
    case 'gs': {
      const { openGcsStore } = await import('./objects/gcs/gcs-store.ts');
      const { bucket, prefix } = destination;
      return openGcsStore({ bucket, prefix, clock, ...endpoint });
    }
    case 'wasbs':
    case 'abfss': {
      const { openAzureStore } = await import('./objects/azure/azure-store.ts');
      const { container, account, domain, path } = destination;
      return openAzureStore({
        account,
        container,
        prefix: path.replace(/^\/+/, ''),
        endpoint: settings.storeEndpoint ?? `https://${account}.${domain}`,
        ...(settings.azureAccountKey !== undefined && { accountKey: settings.azureAccountKey }),
        clock,
      });
    }
    default:
      throw new AppError('InvalidArgument', '--artifacts: expected a folder, s3://, gs:// or wasbs://.', {
        field: 'artifacts',
      });
  }
}

const keyFileOf = ({ home }: StorageSettings): string => join(home, 'secret.key');
const keyPlaceOf = (settings: StorageSettings): string =>
  settings.secretKey === undefined ? keyFileOf(settings) : SECRET_KEY_VARIABLE;
const keyOf = (settings: StorageSettings): Uint8Array =>
  settings.secretKey ?? readOrCreateKey(keyFileOf(settings));

/**
 * The key that seals what is secret in the database.
 * @throws AppError InvalidState where it is another database's.
 */
async function openKey(db: Database, settings: StorageSettings): Promise<Uint8Array> {
  const key = keyOf(settings);
  await requireKeyOfDatabase(db, key, keyPlaceOf(settings));
  return key;
}

const sqliteFile = ({ home }: StorageSettings): string => join(home, 'slipway.db');

async function openDatabase(
  settings: StorageSettings,
  onActionError: (error: unknown) => void,
): Promise<Database> {
  if (settings.databaseUrl !== undefined) {
    const { openPostgres } = await import('./db/postgres/postgres-database.ts');
    return openPostgres({ url: settings.databaseUrl, onActionError });
  }
  return openSqlite({ file: sqliteFile(settings), onActionError });
}

/** The database, migrated, with its key; both are made where there are none. @throws AppError InvalidState */
export async function openDatabaseWithKey(
  settings: StorageSettings,
  onActionError: (error: unknown) => void,
): Promise<{ readonly db: Database; readonly key: Uint8Array }> {
  mkdirSync(settings.home, { recursive: true, mode: 0o700 });
  const db = await openDatabase(settings, onActionError);
  try {
    await migrate(db);
    return { db, key: await openKey(db, settings) };
  } catch (error) {
    await db.close();
    throw error;
  }
}

export interface Storage {
  readonly trash: Trash;
  readonly garbage: Garbage;
  readonly db: Database;
  readonly clock: Clock;
  readonly files: Files;
  /** Databases of other programs, for imports. */
  readonly databases: ForeignDatabases;
  defaultArtifactLocation(experimentNo: number): string;
  close(): Promise<void>;
}

/**
 * What commands work on that run beside the server: the database, migrated, and the artifacts.
 * @throws AppError InvalidArgument where nothing is kept yet and the command needs something.
 */
export async function composeStorage(
  settings: StorageSettings,
  { mayBeNew }: { readonly mayBeNew: boolean },
): Promise<Storage> {
  const clock = systemClock;
  if (!mayBeNew && settings.databaseUrl === undefined && !existsSync(sqliteFile(settings))) {
    throw new AppError(
      'InvalidArgument',
      `--home ${settings.home} is not the home of a server: it has no database.`,
      {
        field: 'home',
      },
    );
  }
  mkdirSync(settings.home, { recursive: true, mode: 0o700 });
  const db = await openDatabase(settings, (error) => process.emitWarning(error as Error));
  await migrate(db);
  const store = await openStore(settings, clock);
  const keys = await openBlobKeys(db);
  return {
    db,
    clock,
    trash: createTrash({
      db,
      clock,
      guards: trashGuards,
      ownership: createOwnership({ clock, snapshot: { state: createState() } }),
    }),
    garbage: createGarbage({ db, store, keys, clock }),
    files: createFiles({ db, store, keys, clock, guardDeletion: keepVersionFiles }),
    databases: {
      async sqlite(file) {
        const { openForeignSqlite } = await import('./db/sqlite/foreign-sqlite.ts');
        return openForeignSqlite(file);
      },
      async postgres(url) {
        const { openForeignPostgres } = await import('./db/postgres/foreign-postgres.ts');
        return openForeignPostgres(url);
      },
    },
    defaultArtifactLocation,
    async close() {
      await store.close();
      await db.close();
    },
  };
}

/** What commands about the audit log work on: the database, and the key that its signatures are checked with. */
export async function openAudit(
  settings: StorageSettings,
): Promise<{ readonly db: Database; readonly publicKey: string; close(): Promise<void> }> {
  const { db, close } = await composeStorage(settings, { mayBeNew: false });
  try {
    return { db, publicKey: createAuditSigner(await openKey(db, settings)).publicKey, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Makes the key in the home folder the one of the database, for when the one that it had is lost. */
export async function adoptKeyOfHome(settings: StorageSettings): Promise<void> {
  mkdirSync(settings.home, { recursive: true, mode: 0o700 });
  const db = await openDatabase(settings, (error) => process.emitWarning(error as Error));
  try {
    await migrate(db);
    await adoptKey(db, keyOf(settings));
  } finally {
    await db.close();
  }
}
