import { existsSync, realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ForeignDatabase } from '../db/foreign.ts';
import { invalidArgument } from '../kernel/errors.ts';
import type { TrackerSource } from './source.ts';
import { openFileStore } from './sources/file-store.ts';
import { openRestSource } from './sources/rest.ts';
import { createRestClient, type RestClient } from './sources/rest-client.ts';
import { openSqlSource } from './sources/sql-source.ts';

/** Where an import comes from, as the user writes it. */
export type Place =
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'postgres'; readonly url: string }
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'server'; readonly url: string };

const EXPECTED =
  'expected sqlite:///path/mlflow.db, postgresql://user:password@host/name, a folder such as ./mlruns, or http://host:port';

/**
 * Reads the forms that MLflow's `--backend-store-uri` has, and the address of a server.
 * @throws AppError InvalidArgument
 */
export function parsePlace(text: string, currentFolder: string): Place {
  const scheme = /^([a-z][a-z0-9+]*):/i.exec(text)?.[1]?.toLowerCase() ?? '';
  if (scheme === 'http' || scheme === 'https') return { kind: 'server', url: parseServerUrl(text) };
  if (/^postgres(?:ql)?(?:\+\w+)?$/.test(scheme)) {
    return { kind: 'postgres', url: text.replace(/^[^:]+/, 'postgres') };
  }
  if (scheme === 'sqlite') {
    // Three slashes and a relative path, or four for an absolute one, as SQLAlchemy reads it.
    const path = /^sqlite:\/\/\/([^?]+)/i.exec(text)?.[1];
    if (path === undefined) throw invalidArgument(`--from ${text}: ${EXPECTED}.`, { field: 'from' });
    return { kind: 'sqlite', file: resolve(currentFolder, path) };
  }
  if (/^(?:mysql|mssql)/.test(scheme)) {
    throw invalidArgument(
      `--from: databases of ${scheme} cannot be read directly. Start \`mlflow server\` on it and import from its address.`,
      { field: 'from' },
    );
  }
  if (scheme !== '' && scheme !== 'file')
    throw invalidArgument(`--from ${text}: ${EXPECTED}.`, { field: 'from' });
  const path = resolve(currentFolder, decodeURIComponent(text.replace(/^file:(?:\/\/)?/i, '')));
  if (!existsSync(path))
    throw invalidArgument(`--from ${text}: there is nothing at ${path}.`, { field: 'from' });
  return statSync(path).isFile() ? { kind: 'sqlite', file: path } : { kind: 'folder', path };
}

/** @throws AppError InvalidArgument */
export function parseServerUrl(text: string, field = 'from'): string {
  try {
    const url = new URL(text);
    if (/^https?:$/.test(url.protocol)) return text;
  } catch {
    // Told below.
  }
  throw invalidArgument(`--${field}: expected http://host:port.`, { field });
}

export interface Credentials {
  readonly token?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/** The variables that MLflow's own client takes. */
export function readCredentials(environment: Readonly<Record<string, string | undefined>>): Credentials {
  return {
    token: environment.MLFLOW_TRACKING_TOKEN,
    username: environment.MLFLOW_TRACKING_USERNAME,
    password: environment.MLFLOW_TRACKING_PASSWORD,
  };
}

export interface ForeignDatabases {
  sqlite(file: string): Promise<ForeignDatabase>;
  postgres(url: string): Promise<ForeignDatabase>;
}

export interface OpenedPlace {
  readonly source: TrackerSource;
  /** Of a server. */
  readonly client: RestClient | undefined;
}

/** @throws AppError InvalidArgument where there is no such tracker, Unavailable where it does not answer. */
export async function openPlace(
  place: Place,
  databases: ForeignDatabases,
  credentials: Credentials,
): Promise<OpenedPlace> {
  switch (place.kind) {
    case 'sqlite': {
      const database = await databases.sqlite(place.file);
      return {
        source: await openSqlSource(database, `sqlite:${realpathSync(place.file)}`),
        client: undefined,
      };
    }
    case 'postgres': {
      const database = await databases.postgres(place.url);
      return { source: await openSqlSource(database, withoutSecrets(place.url)), client: undefined };
    }
    case 'folder':
      return { source: await openFileStore(place.path), client: undefined };
    case 'server': {
      const client = createRestClient({ url: place.url, ...credentials });
      return { source: openRestSource(client), client };
    }
  }
}

function withoutSecrets(text: string): string {
  const url = new URL(text);
  return `postgres://${url.host}${url.pathname}`;
}
