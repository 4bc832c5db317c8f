import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import { LOCAL_USER } from '../governance/access.ts';
import { startGovernance } from '../governance/conformance/governance.ts';
import { AppError } from '../kernel/errors.ts';
import { parseArtifactPath } from '../objects/artifact-path.ts';
import { createBlockWrites } from './block-writes.ts';
import { bodyOf, createSetClock, openFiles } from './conformance/files.ts';
import { createFolders } from './folders.ts';
import { createPartUploads } from './part-uploads.ts';
import { inTree } from './trees.ts';
import { createVolumes, guardVolumeFolder } from './volumes.ts';

const at = parseArtifactPath;

async function refusal(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
  return undefined;
}

describe.each(testedDatabases())('folders on $name', (database) => {
  const clock = createSetClock();
  let opened: OpenedDatabase;
  let home: Awaited<ReturnType<typeof openFiles>>;
  let folders: ReturnType<typeof createFolders>;
  beforeAll(async () => {
    opened = await database.open();
    home = await openFiles(opened.db, clock);
    folders = createFolders({
      db: opened.db,
      clock,
      guardDeletion: async () => {},
      guardWrite: async (_, path) => {
        if (path.startsWith('closed')) throw new AppError('Conflict', 'closed');
      },
      guardAddition: async (_, path) => {
        if (path.startsWith('whole/')) throw new AppError('Conflict', 'whole');
      },
    });
  });
  afterAll(async () => {
    home.remove();
    await opened.remove();
  });

  it('move with all that lies in them, whatever letters their names have', async () => {
    await home.put('old 😀/a', '1');
    await home.put('old 😀/b/c', '2');
    await home.put('old 😀x/d', '3');
    await folders.move(at('old 😀'), at('new/é'));
    expect(await home.names('new/é')).toEqual(['a', 'b']);
    expect(await home.read('new/é/b/c')).toBe('2');
    expect(await home.names('old 😀')).toEqual([]);
    expect(await home.read('old 😀x/d')).toBe('3');
    await folders.move(at('new/é/a'), at('file'));
    expect(await home.read('file')).toBe('1');
  });

  it('take along what is written into them at the same time, or leave it where it was written', async () => {
    for (let round = 0; round < 20; round += 1) {
      const [from, to] = [`busy-${round}`, `calm-${round}`];
      await home.put(`${from}/sub/first`, '0');
      const names = Array.from({ length: 4 }, (_, i) => `f${i}`);
      await Promise.all([
        ...names.map((name) => home.put(`${from}/sub/${name}`, name)),
        folders.move(at(from), at(to)),
      ]);
      const left = (await home.names(from)).length === 0 ? [] : await home.names(`${from}/sub`);
      expect([...left, ...(await home.names(`${to}/sub`))].sort()).toEqual([...names, 'first'].sort());
    }
  });

  it('leave nothing behind of a volume that goes while files come into it', async () => {
    const governance = await startGovernance(opened.db);
    const volumes = createVolumes({ ...governance, db: opened.db, clock });
    const guarded = await openFiles(opened.db, clock, async () => {}, guardVolumeFolder);
    for (let round = 0; round < 20; round += 1) {
      const name = { catalog: 'workspace', schema: 'default', name: `v${round}` };
      const { id } = await volumes.create(name, undefined, LOCAL_USER);
      const outcomes = await Promise.all([
        ...['a', 'b', 'c/d', 'c/e'].map((path) =>
          refusal(guarded.files.put(inTree('volumes', id, at(path)), bodyOf(path))),
        ),
        refusal(volumes.delete(name)),
      ]);
      for (const code of outcomes) expect([undefined, 'NotFound']).toContain(code);
      expect(outcomes.at(-1)).toBeUndefined();
      expect(await guarded.names(inTree('volumes', id))).toEqual([]);
    }
    guarded.remove();
    await governance.stop();
  });

  it('move nowhere where something is, into themselves, or where nothing may come', async () => {
    await home.put('m/a', '1');
    await home.put('m/b', '2');
    expect(await refusal(folders.move(at('m/a'), at('m/b')))).toBe('AlreadyExists');
    expect(await refusal(folders.move(at('m'), at('m/n')))).toBe('InvalidArgument');
    expect(await refusal(folders.move(at('m/none'), at('x')))).toBe('NotFound');
    expect(await refusal(folders.move(at('m/a'), at('closed/a')))).toBe('Conflict');
    expect(await home.names('m')).toEqual(['a', 'b']);
  });

  it('go when they are empty', async () => {
    await folders.make(at('e/f'));
    await folders.make(at('e/f'));
    expect(await refusal(folders.removeEmpty(at('e')))).toBe('InvalidState');
    await folders.removeEmpty(at('e/f'));
    await folders.removeEmpty(at('e'));
    expect(await refusal(folders.removeEmpty(at('e')))).toBe('NotFound');
    await home.put('e', 'a file now');
    expect(await refusal(folders.make(at('e/g')))).toBe('InvalidArgument');
  });

  it('come to be where something may come, and are there already anywhere', async () => {
    await home.put('whole/a/file', '1');
    expect(await refusal(folders.make(at('whole/b')))).toBe('Conflict');
    expect(await refusal(folders.make(at('closed/b')))).toBe('Conflict');
    expect(await refusal(folders.make(at('whole/a')))).toBeUndefined();
    expect(await home.names('whole')).toEqual(['a']);
  });

  it('show nothing in the root that is no artifact', async () => {
    await home.files.put(inTree('workspace', 'x'), bodyOf('secret'));
    expect(await home.names('')).not.toContain('#workspace');
    expect((await folders.find(inTree('workspace', 'x')))?.kind).toBe('file');
  });

  it('take a new file from one of several uploads alone', async () => {
    const uploads = createPartUploads({ ...home, db: opened.db, clock });
    const path = at('once/file');
    const started = await Promise.all([1, 2, 3].map(() => uploads.start(path, { overwrite: false })));
    const outcomes = await Promise.all(
      started.map(async ({ uploadId }, i) => {
        const body = bodyOf(`from ${i}`);
        const etag = await uploads.putPart(path, { uploadId, partNumber: 1, sizeBytes: 6 }, body);
        return refusal(uploads.complete(path, uploadId, { parts: [{ partNumber: 1, etag }] }));
      }),
    );
    expect(outcomes.filter((code) => code === undefined)).toHaveLength(1);
    expect(outcomes.filter((code) => code === 'AlreadyExists')).toHaveLength(2);
    const winner = outcomes.indexOf(undefined);
    expect(await home.read('once/file')).toBe(`from ${winner}`);
    // The answer was lost: the same call again is a success.
    const { uploadId } = started[winner]!;
    expect(await refusal(uploads.complete(path, uploadId, { parts: [{ partNumber: 1 }] }))).toBeUndefined();
  });

  it('take a new file from one upload, however often it is completed at once', async () => {
    const uploads = createPartUploads({ ...home, db: opened.db, clock });
    for (let round = 0; round < 10; round += 1) {
      const path = at(`again-${round}/file`);
      const { uploadId } = await uploads.start(path, { overwrite: false });
      const etag = await uploads.putPart(path, { uploadId, partNumber: 1, sizeBytes: 4 }, bodyOf('once'));
      const outcomes = await Promise.all(
        [1, 2, 3, 4].map(() =>
          refusal(uploads.complete(path, uploadId, { parts: [{ partNumber: 1, etag }] })),
        ),
      );
      expect(outcomes).toEqual([undefined, undefined, undefined, undefined]);
      expect(await home.read(path)).toBe('once');
    }
  });

  it('take a file block by block, and forget handles that nobody uses', async () => {
    const blocks = createBlockWrites({ db: opened.db, files: home.files, clock });
    const owner = { principal: '7', overwrite: true };
    let lets = false;
    const mayWrite = async () => {
      if (!lets) throw new AppError('PermissionDenied', 'not any more');
    };
    const handle = await blocks.open(at('blocks/a'), owner);
    const idle = await blocks.open(at('blocks/b'), owner);
    for (const text of ['one ', 'two ', 'three']) await blocks.add(handle, '7', Buffer.from(text));
    expect(await refusal(blocks.add(handle, '8', Buffer.from('x')))).toBe('NotFound');
    expect(await refusal(blocks.add(handle, '7', Buffer.alloc(1024 * 1024 + 1)))).toBe('InvalidArgument');
    expect(await refusal(blocks.close(handle, '7', mayWrite))).toBe('PermissionDenied');
    expect(await home.names('blocks')).toEqual([]);
    lets = true;
    await blocks.close(handle, '7', mayWrite);
    expect(await home.read('blocks/a')).toBe('one two three');
    expect(await refusal(blocks.close(handle, '7', mayWrite))).toBe('NotFound');
    clock.advance(25 * 60 * 60 * 1000);
    await blocks.open(at('blocks/c'), owner);
    expect(await refusal(blocks.close(idle, '7', mayWrite))).toBe('NotFound');
  });
});
