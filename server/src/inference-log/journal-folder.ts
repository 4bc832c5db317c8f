import type { Dirent } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { AppError } from '../kernel/errors.ts';
import { randomHexId } from '../kernel/ids.ts';

/** A process's own part of the journal: `<journal>/<nodeId>/<tableId>/<segment>.open|.log`. */
export interface JournalFolder {
  readonly nodeId: string;
  readonly folder: string;
  /** Those of processes that are dead for certain, to be handed over by whoever finds them. */
  findOrphans(): Promise<readonly { readonly nodeId: string; readonly folder: string }[]>;
  /** Gives the place up; what lies in it is an orphan from then on. */
  close(): Promise<void>;
}

/** Whether a process of another machine that shares the folder lives, by what it announced. */
export type IsNodeAlive = (nodeId: string) => Promise<boolean>;

const NODE_FILE = 'node.json';
/** What a socket's path may have at most, on every system. */
const MAX_SOCKET_CHARACTERS = 100;
const CONNECT_TIMEOUT_MS = 2_000;
const FOLDER_MODE = 0o700;

interface NodeFile {
  readonly host: string;
  readonly socket: string;
}

/**
 * Takes a place in the journal for this process. That it lives is shown by a socket that listens: it ends with the
 * process, however that ends.
 */
export async function openJournalFolder({
  journal,
  isNodeAlive,
}: {
  readonly journal: string;
  readonly isNodeAlive: IsNodeAlive;
}): Promise<JournalFolder> {
  const nodeId = randomHexId().slice(0, 16);
  const folder = path.join(journal, nodeId);
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  const near = path.join(folder, 'alive.sock');
  const elsewhere =
    near.length <= MAX_SOCKET_CHARACTERS ? undefined : await mkdtemp(path.join(tmpdir(), 'slipway-'));
  const socket = elsewhere === undefined ? near : path.join(elsewhere, 'alive.sock');
  const server = createServer((connection) => connection.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socket, resolve);
  });
  // Whoever closes the place says so; a server that only waits for this would never end.
  server.unref();
  // Written last: a folder without it is one whose process died while it took its place, and holds nothing.
  await writeFile(
    path.join(folder, NODE_FILE),
    JSON.stringify({ host: hostname(), socket } satisfies NodeFile),
  );

  return {
    nodeId,
    folder,
    async findOrphans() {
      const orphans = [];
      for (const entry of await entriesOf(journal)) {
        const other = path.join(journal, entry.name);
        if (!entry.isDirectory() || entry.name === nodeId) continue;
        if (await isDead(entry.name, other, isNodeAlive)) orphans.push({ nodeId: entry.name, folder: other });
      }
      return orphans;
    },
    async close() {
      await new Promise((resolve) => server.close(resolve));
      if (elsewhere !== undefined) await rm(elsewhere, { recursive: true, force: true });
    },
  };
}

async function isDead(nodeId: string, folder: string, isNodeAlive: IsNodeAlive): Promise<boolean> {
  let node: NodeFile;
  try {
    node = JSON.parse(await readFile(path.join(folder, NODE_FILE), 'utf8')) as NodeFile;
  } catch (error) {
    // Being taken or being removed right now, or torn by a power cut: nobody can say whose it is.
    if (error instanceof SyntaxError || codeOf(error) === 'ENOENT') return false;
    throw error;
  }
  // A socket says nothing to another machine.
  if (node.host !== hostname()) return !(await isNodeAlive(nodeId));
  return !(await answers(node.socket));
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const connection = connect(socket);
    connection.setTimeout(CONNECT_TIMEOUT_MS, () => {
      connection.destroy();
      // A process that is stopped, or too busy to answer, is there.
      resolve(true);
    });
    connection.once('connect', () => {
      connection.destroy();
      resolve(true);
    });
    connection.once('error', (error) => {
      const code = codeOf(error);
      if (code === 'ECONNREFUSED' || code === 'ENOENT') resolve(false);
      else if (code === 'EAGAIN' || code === 'ECONNRESET') resolve(true);
      else reject(new AppError('Internal', 'The socket of a journal cannot be asked.', { cause: error }));
    });
  });
}

/** Removes the place of a process that is gone, once nothing is left in it; two may do so at the same time. */
export async function removeOrphan(folder: string): Promise<void> {
  for (const entry of await entriesOf(folder)) {
    // Files on their way: nobody makes anything of them any more.
    if (!entry.isDirectory() || entry.name.startsWith('.')) continue;
    try {
      await rmdir(path.join(folder, entry.name));
    } catch (error) {
      if (codeOf(error) === 'ENOTEMPTY' || codeOf(error) === 'EEXIST') return;
      if (codeOf(error) !== 'ENOENT') throw error;
    }
  }
  await rm(folder, { recursive: true, force: true });
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
