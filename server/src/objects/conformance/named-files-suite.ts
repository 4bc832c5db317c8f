import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomHexId } from '../../kernel/ids.ts';
import {
  type FilePath,
  type NamedFiles,
  parseFilePath,
  readNamedFile,
  requireConditionalPut,
} from '../named-files.ts';
import { body, brokenBody, bytes } from './test-bodies.ts';

/** Every promise of `named-files.ts`, asked of an adapter. `open` is called once. */
export function describeNamedFiles(
  name: string,
  open: () => Promise<{ readonly files: NamedFiles; close(): Promise<void> }>,
): void {
  describe(`named files on ${name}`, () => {
    let opened: Awaited<ReturnType<typeof open>> | undefined;
    const run = randomHexId().slice(0, 12);
    const files = (): NamedFiles => opened!.files;
    const path = (text: string): FilePath => parseFilePath(`${run}/${text}`);
    beforeAll(async () => {
      opened = await open();
    }, 120_000);
    afterAll(async () => {
      await opened?.close();
    });

    it('keeps a file under the names that table formats want', async () => {
      const file = path('T-1/date=2026-11-21/part-00000000000000000001-a.zstd.parquet');
      const content = bytes(300_000);
      expect(await files().put(file, body(content))).toMatchObject({ sizeBytes: content.length });
      expect(await files().head(file)).toMatchObject({ sizeBytes: content.length });
      expect(await readNamedFile(files(), file)).toEqual(content);
      expect(files().urlOf(file).endsWith(`/${file}`)).toBe(true);
    });

    it('replaces a file by a put, whole', async () => {
      const file = path('replaced.json');
      await files().put(file, body(bytes(20_000, 1)));
      await files().put(file, body(bytes(10, 2)));
      expect(await readNamedFile(files(), file)).toEqual(bytes(10, 2));
    });

    it('leaves what was there when an upload breaks off', async () => {
      const file = path('kept.json');
      await files().put(file, body(bytes(10)));
      await expect(files().put(file, brokenBody(200_000))).rejects.toThrow('the sender went away');
      expect(await readNamedFile(files(), file)).toEqual(bytes(10));
    });

    it('lets one of fifty win who put the same absent file, and keeps its bytes', async () => {
      const file = path('_delta_log/00000000000000000007.json');
      const contents = Array.from({ length: 50 }, (_, racer) => Buffer.from(`{"racer":${racer}}\n`));
      const ended = await Promise.allSettled(contents.map((content) => files().putIfAbsent(file, content)));
      const winners = ended.flatMap(({ status }, racer) => (status === 'fulfilled' ? [racer] : []));
      expect(winners).toHaveLength(1);
      for (const each of ended) {
        if (each.status === 'rejected')
          expect(['AlreadyExists', 'Unavailable']).toContain((each.reason as { code: string }).code);
      }
      expect(await readNamedFile(files(), file)).toEqual(contents[winners[0]!]);
    });

    it('refuses to put a file that is there, and changes nothing', async () => {
      const file = path('taken.json');
      await files().put(file, body(bytes(10)));
      await expect(files().putIfAbsent(file, bytes(11))).rejects.toMatchObject({ code: 'AlreadyExists' });
      expect(await readNamedFile(files(), file)).toEqual(bytes(10));
    });

    it('lists a folder by pages, in the order of letters, and nothing beside it', async () => {
      const names = ['b.json', 'a=1/x.parquet', 'a=1/y.parquet', 'a.json', 'c/d/e.json', 'B.json'];
      for (const each of names) await files().put(path(`listed/${each}`), body(bytes(each.length)));
      await files().put(path('listed-too/a.json'), body(bytes(1)));
      const found: { path: string; sizeBytes: number }[] = [];
      let after: string | undefined;
      do {
        const page = await files().list(`${run}/listed/`, {
          limit: 2,
          ...(after !== undefined && { after }),
        });
        expect(page.files.length).toBeLessThanOrEqual(2);
        found.push(...page.files);
        after = page.next;
      } while (after !== undefined);
      const expected = names.sort().map((each) => ({ path: path(`listed/${each}`), sizeBytes: each.length }));
      expect(found.map(({ path, sizeBytes }) => ({ path, sizeBytes }))).toEqual(expected);
      expect((await files().list(`${run}/nothing/`, { limit: 10 })).files).toEqual([]);
    });

    it('says NotFound of what is not there, and deletes it without a word', async () => {
      const file = path('absent.json');
      await expect(files().get(file)).rejects.toMatchObject({ code: 'NotFound' });
      await expect(files().head(file)).rejects.toMatchObject({ code: 'NotFound' });
      await files().delete(file);
      await files().put(file, body(bytes(1)));
      await files().delete(file);
      await expect(files().head(file)).rejects.toMatchObject({ code: 'NotFound' });
    });

    it('is found to write under conditions, and leaves no trace of the question', async () => {
      await requireConditionalPut(files());
      const { files: found } = await files().list('', { limit: 1000 });
      expect(found.filter((each) => each.path.startsWith('conditional-put'))).toEqual([]);
    });

    it('is refused where it overlooks the condition', async () => {
      const careless: NamedFiles = {
        ...files(),
        async putIfAbsent(file, content) {
          await files().put(file, body(content));
        },
      };
      await expect(requireConditionalPut(careless)).rejects.toMatchObject({ code: 'InvalidState' });
    });

    it('refuses names that lead elsewhere', () => {
      for (const text of [
        '',
        '/a',
        'a/',
        'a//b',
        '../a',
        'a/../b',
        './a',
        '.incoming/a',
        'a\\b',
        'a b',
        'a/\u0000',
      ])
        expect(() => parseFilePath(text), text).toThrow('Not the path of a file');
    });
  });
}
