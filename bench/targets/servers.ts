import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { root, serverNodeFlags } from '../../tools/setup.mjs';
import { freePort, type RunningServer, startServer } from './server-process.ts';

export interface ServerOptions {
  /** A folder of its own, which may exist from an earlier start. */
  readonly home: string;
  /** `postgresql://user@host:port/name`, or undefined for SQLite in `home`. */
  readonly databaseUrl?: string | undefined;
}

export interface SlipwayOptions extends ServerOptions {
  /** Beside those that every server gets. */
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** The real `mlflow server` with its default settings. */
export async function startPeer(
  python: string,
  { home, databaseUrl }: ServerOptions,
): Promise<RunningServer> {
  mkdirSync(home, { recursive: true });
  const port = await freePort();
  const { PYTHONDONTWRITEBYTECODE: _, ...env } = process.env;
  // The driver is named, because which one SQLAlchemy takes by itself changes between its versions.
  const store =
    databaseUrl?.replace('postgresql:', 'postgresql+psycopg2:') ?? `sqlite:///${peerDatabase(home)}`;
  return startServer({
    name: 'mlflow server',
    command: python,
    args: [
      '-m',
      'mlflow',
      'server',
      '--host',
      '127.0.0.1',
      '--port',
      String(port),
      '--backend-store-uri',
      store,
    ],
    cwd: home,
    env: { ...env, MLFLOW_DISABLE_TELEMETRY: 'true', DO_NOT_TRACK: 'true' },
    port,
    logFile: path.join(home, 'server.log'),
    readyWithinMs: 300_000,
  });
}

export const peerDatabase = (home: string): string => path.join(home, 'mlflow.db');

/** Slipway as `npm start` starts it when it has been built, else from its sources. */
export async function startSlipway({
  home,
  databaseUrl,
  flags = [],
  env = {},
}: SlipwayOptions): Promise<RunningServer> {
  mkdirSync(home, { recursive: true });
  const port = await freePort();
  const database = databaseUrl === undefined ? [] : ['--database', databaseUrl];
  return startServer({
    name: 'Slipway',
    command: process.execPath,
    args: [
      ...serverNodeFlags,
      slipwayEntry(),
      'server',
      '--port',
      String(port),
      '--home',
      home,
      ...database,
      ...flags,
    ],
    cwd: home,
    env: {
      NODE_COMPILE_CACHE: path.join(root, 'node_modules/.cache/slipway-compile'),
      ...process.env,
      ...env,
    },
    port,
    logFile: path.join(home, 'server.log'),
    readyWithinMs: 60_000,
  });
}

export function slipwayEntry(): string {
  const built = path.join(root, 'server/dist/main.js');
  return existsSync(built) ? built : path.join(root, 'server/src/main.ts');
}

export async function startBareProgram({ home, databaseUrl }: ServerOptions): Promise<RunningServer> {
  mkdirSync(home, { recursive: true });
  const port = await freePort();
  const database = databaseUrl === undefined ? [] : ['--postgres', databaseUrl];
  return startServer({
    name: 'the bare program',
    command: process.execPath,
    args: [path.join(root, 'bench/limit/main.ts'), '--port', String(port), '--home', home, ...database],
    cwd: home,
    port,
    logFile: path.join(home, 'server.log'),
    readyWithinMs: 30_000,
  });
}
