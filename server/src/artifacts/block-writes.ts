import type { Database } from '../db/port.ts';
import type { Clock } from '../kernel/clock.ts';
import { invalidArgument, notFound } from '../kernel/errors.ts';
import { parseArtifactPath } from '../objects/artifact-path.ts';
import * as repository from './dbfs-handles-repository.ts';
import { type Files, forget } from './files.ts';
import { refuseExisting } from './part-uploads.ts';
import { inTree, parseTreePath, type TreePath } from './trees.ts';

export interface BlockWritesDependencies {
  readonly db: Database;
  readonly files: Files;
  readonly clock: Clock;
}

/** As DBFS has it. */
export const MAX_BLOCK_BYTES = 1024 * 1024;
const MAX_BLOCKS = 100_000;
const IDLE_MS = 24 * 60 * 60 * 1000;
const SWEPT_AT_ONCE = 20;

/**
 * Files that come block by block under a handle, as DBFS's clients send them: one block after the other, each in a
 * request of its own, and to any process. Nothing is to be seen of a file until its handle is closed.
 */
export function createBlockWrites({ db, files, clock }: BlockWritesDependencies) {
  async function getHandle(handle: number, principal: string): Promise<repository.HandleRow> {
    const row = await db.read((sql) => repository.findHandle(sql, handle));
    // Somebody else's is as good as none: numbers can be guessed.
    if (row === undefined || row.principal !== principal) {
      throw notFound(`There is no open handle ${handle}: it was closed, or nobody has used it for a day.`);
    }
    return row;
  }

  const blockOf = (handle: number, block: number): TreePath =>
    inTree('dbfs-blocks', handle, parseArtifactPath(String(block)));

  async function drop(handle: number): Promise<void> {
    await db.write(async (tx) => {
      await repository.deleteHandle(tx, handle);
      await forget(tx, inTree('dbfs-blocks', handle), clock.nowMs());
    });
  }

  /** @param judge asked once more at the end: many blocks take their time. */
  async function* bytesOf(
    { handle, blocks }: repository.HandleRow,
    judge: () => Promise<void>,
  ): AsyncGenerator<Uint8Array> {
    for (let block = 1; block <= blocks; block++) {
      const { read } = await files.open(blockOf(handle, block));
      yield* read.stream as AsyncIterable<Uint8Array>;
    }
    await judge();
  }

  return {
    /** @param principal who alone may use the handle. @throws AppError AlreadyExists where it may not overwrite */
    async open(
      path: TreePath,
      { principal, overwrite }: { readonly principal: string; readonly overwrite: boolean },
    ): Promise<number> {
      const nowMs = clock.nowMs();
      for (const idle of await db.read((sql) => repository.listIdle(sql, nowMs - IDLE_MS, SWEPT_AT_ONCE))) {
        await drop(idle);
      }
      return db.write((tx) =>
        repository.insertHandle(tx, { principal, path, overwrite: Number(overwrite), nowMs }),
      );
    },

    /** @throws AppError NotFound for a handle of nobody or of somebody else; InvalidArgument for a block over 1 MiB. */
    async add(handle: number, principal: string, block: Uint8Array): Promise<void> {
      if (block.length > MAX_BLOCK_BYTES) {
        throw invalidArgument('A block has at most 1 MiB: send more of them.', { field: 'data' });
      }
      const { blocks } = await getHandle(handle, principal);
      if (blocks >= MAX_BLOCKS) {
        throw invalidArgument('The file has too many blocks: send it through the Files API.', {
          field: 'data',
        });
      }
      const number = await db.write((tx) => repository.countBlock(tx, handle, clock.nowMs()));
      if (number === 0) throw notFound(`There is no open handle ${handle}: it was closed.`);
      await files.put(blockOf(handle, number), once(block));
    },

    /**
     * Makes the file of its blocks.
     * @param mayWrite whether its path may be written by now: handles are kept for days, and rights end.
     * @throws AppError NotFound; AlreadyExists; Conflict where a version needs what is there; what `mayWrite` throws.
     */
    async close(
      handle: number,
      principal: string,
      mayWrite: (path: TreePath) => Promise<void>,
    ): Promise<void> {
      const row = await getHandle(handle, principal);
      const path = parseTreePath(row.path);
      const judge = () => mayWrite(path);
      await judge();
      await files.put(path, bytesOf(row, judge), {
        ...(row.overwrite === 0 && { precondition: refuseExisting }),
      });
      await drop(handle);
    },
  };
}

export type BlockWrites = ReturnType<typeof createBlockWrites>;

/** A body that is there already. */
export async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  if (bytes.length > 0) yield bytes;
}
