import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type JournalFolder, openJournalFolder, removeOrphan } from './journal-folder.ts';

let journal: string;
let alive: string[];
const opened: JournalFolder[] = [];

async function open(at = journal): Promise<JournalFolder> {
  const folder = await openJournalFolder({
    journal: at,
    isNodeAlive: async (nodeId) => alive.includes(nodeId),
  });
  opened.push(folder);
  return folder;
}

const orphansOf = async (folder: JournalFolder) => (await folder.findOrphans()).map(({ nodeId }) => nodeId);

beforeEach(() => {
  journal = mkdtempSync(path.join(tmpdir(), 'slipway-journal-'));
  alive = [];
});
afterEach(async () => {
  for (const folder of opened.splice(0)) await folder.close().catch(() => undefined);
  rmSync(journal, { recursive: true, force: true });
});

describe('a process’s part of the journal', () => {
  it('is nobody else’s while the process lives, and an orphan when it is dead', async () => {
    const [mine, other] = [await open(), await open()];
    expect(await orphansOf(mine)).toEqual([]);
    await other.close();
    expect(await orphansOf(mine)).toEqual([other.nodeId]);
    expect(await orphansOf(await open())).toEqual([other.nodeId]);
  });

  it('shows that it lives also where the path is too long for a socket', async () => {
    const deep = path.join(journal, 'x'.repeat(60), 'y'.repeat(60));
    const [mine, other] = [await open(deep), await open(deep)];
    expect(await orphansOf(mine)).toEqual([]);
    await other.close();
    expect(await orphansOf(mine)).toEqual([other.nodeId]);
  });

  it('of another machine is an orphan only when its process is known to be gone', async () => {
    const [mine, other] = [await open(), await open()];
    const file = path.join(other.folder, 'node.json');
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), host: 'elsewhere' }));
    alive = [other.nodeId];
    await other.close();
    expect(await orphansOf(mine)).toEqual([]);
    alive = [];
    expect(await orphansOf(mine)).toEqual([other.nodeId]);
  });

  it('is left alone where nothing says whose it is', async () => {
    const mine = await open();
    mkdirSync(path.join(journal, 'begun'));
    mkdirSync(path.join(journal, 'torn'));
    writeFileSync(path.join(journal, 'torn', 'node.json'), '{"host":');
    expect(await orphansOf(mine)).toEqual([]);
  });

  it('goes when nothing is left to bring in, and stays as long as something is', async () => {
    const [mine, other] = [await open(), await open()];
    mkdirSync(path.join(other.folder, 'table'));
    mkdirSync(path.join(other.folder, '.work', 'half'), { recursive: true });
    const segment = path.join(other.folder, 'table', '1.log');
    writeFileSync(segment, 'x');
    await other.close();
    await removeOrphan(other.folder);
    expect(readFileSync(segment, 'utf8')).toBe('x');
    rmSync(segment);
    await removeOrphan(other.folder);
    expect(readdirSync(journal)).toEqual([mine.nodeId]);
  });
});
