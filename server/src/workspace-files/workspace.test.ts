import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bodyOf, createSetClock, openFiles } from '../artifacts/conformance/files.ts';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import { fullAccess, LOCAL_USER } from '../governance/access.ts';
import { AppError } from '../kernel/errors.ts';
import { FILE } from './notebooks.ts';
import { createWorkspace, type Workspace } from './workspace.ts';
import { parseWorkspacePath } from './workspace-paths.ts';

const access = fullAccess(LOCAL_USER);
const at = (text: string) => parseWorkspacePath(text);

async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'done';
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
}

describe.each(testedDatabases())('the workspace on $name', (database) => {
  const clock = createSetClock();
  let opened: OpenedDatabase;
  let home: Awaited<ReturnType<typeof openFiles>>;
  let workspace: Workspace;
  const numbers = new Map<string, number>();
  beforeAll(async () => {
    opened = await database.open();
    home = await openFiles(opened.db, clock);
    workspace = createWorkspace({
      db: opened.db,
      files: home.files,
      clock,
      experiments: { listIn: async () => [], find: async () => undefined },
      numberOf: async (name) => numbers.get(name),
    });
  });
  afterAll(async () => {
    home.remove();
    await opened.remove();
  });

  const write = (path: string, text: string, overwrite = false) =>
    workspace.write(at(path), bodyOf(text), { access, form: FILE, overwrite });
  async function read(path: string): Promise<string> {
    const { read: opening } = await workspace.open(at(path), access);
    return (await opening.stream.toArray()).map(String).join('');
  }
  const contents = () =>
    opened.db.read((sql) =>
      sql.all<{ name: string }>(
        "SELECT name FROM artifact_entries WHERE parent = '#workspace' ORDER BY name",
      ),
    );

  it('lets one of many make a file, and keeps what that one wrote', async () => {
    await workspace.makeFolder(at('/Shared/race'), access);
    for (let round = 0; round < 5; round++) {
      const outcomes = await Promise.all(
        Array.from({ length: 8 }, (_, i) => codeOf(write(`/Shared/race/${round}`, `by ${i}`))),
      );
      expect(outcomes.filter((code) => code === 'done')).toHaveLength(1);
      expect(outcomes.filter((code) => code === 'AlreadyExists')).toHaveLength(7);
      expect(await read(`/Shared/race/${round}`)).toBe(`by ${outcomes.indexOf('done')}`);
    }
  });

  it('keeps the bytes of nothing that was replaced or removed', async () => {
    await workspace.delete(at('/Shared/race'), { access, recursive: true });
    await workspace.makeFolder(at('/Shared/kept/deep'), access);
    for (let i = 0; i < 4; i++) await write('/Shared/kept/deep/a', `version ${i}`, true);
    expect(await contents()).toHaveLength(1);
    expect(await read('/Shared/kept/deep/a')).toBe('version 3');
    await workspace.delete(at('/Shared/kept'), { access, recursive: true });
    expect(await contents()).toEqual([]);
  });

  it('leaves nothing without its folder while many write into what others remove', async () => {
    await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        if (i % 5 === 0) await codeOf(workspace.delete(at('/Shared/busy'), { access, recursive: true }));
        else {
          await workspace.makeFolder(at('/Shared/busy/a'), access).catch(() => undefined);
          await codeOf(write(`/Shared/busy/a/${i}`, `${i}`));
        }
      }),
    );
    const orphans = await opened.db.read((sql) =>
      sql.all(
        `SELECT o.parent, o.name FROM workspace_objects o WHERE o.parent <> '' AND NOT EXISTS (
           SELECT 1 FROM workspace_objects f WHERE f.kind = 'DIRECTORY'
             AND CASE WHEN f.parent = '' THEN f.name ELSE f.parent || '/' || f.name END = o.parent)`,
      ),
    );
    expect(orphans).toEqual([]);
    await workspace.delete(at('/Shared/busy'), { access, recursive: true }).catch(() => undefined);
    expect(await contents()).toEqual([]);
  });
});
