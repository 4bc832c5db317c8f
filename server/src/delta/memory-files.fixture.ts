import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { alreadyExists, notFound, unavailable } from '../kernel/errors.ts';
import type { FilePath, NamedFiles } from '../objects/named-files.ts';

/** Files in memory, whose answers come late, or never, as `random` has it: a store as a network makes it. */
export function memoryFiles({
  random = () => 1,
  faults = 0,
}: {
  readonly random?: () => number;
  /** Share of the writes whose answer is lost, half of them after they were done. */
  readonly faults?: number;
} = {}): NamedFiles & { readonly contents: Map<string, Buffer> } {
  const contents = new Map<string, Buffer>();
  const delay = () => sleep(random() * 3);

  async function write(path: FilePath, content: Buffer, ifAbsent: boolean): Promise<{ sizeBytes: number }> {
    await delay();
    const fate = random();
    if (fate < faults / 2) throw unavailable('The store went away before.');
    if (ifAbsent && contents.has(path)) throw alreadyExists('The object exists already.');
    contents.set(path, content);
    await delay();
    if (fate < faults) throw unavailable('The store went away after.');
    return { sizeBytes: content.length };
  }

  function find(path: FilePath): Buffer {
    const content = contents.get(path);
    if (content === undefined) throw notFound('There is no such object.');
    return content;
  }

  return {
    contents,
    async put(path, body) {
      return write(path, await buffer(body), false);
    },
    async putIfAbsent(path, content) {
      await write(path, Buffer.from(content), true);
    },
    async get(path) {
      await delay();
      const content = find(path);
      return { stream: Readable.from([content]), sizeBytes: content.length };
    },
    head: async (path) => ({ sizeBytes: find(path).length }),
    async list(folder, { after = '', limit }) {
      const names = [...contents.keys()].filter((name) => name.startsWith(folder) && name > after).sort();
      const files = names.slice(0, limit).map((name) => ({
        path: name as FilePath,
        sizeBytes: contents.get(name)!.length,
      }));
      return { files, next: names.length > limit ? files.at(-1)!.path : undefined };
    },
    async delete(path) {
      contents.delete(path);
    },
    urlOf: (path) => `memory:/${path}`,
    localPath: () => undefined,
    close: async () => undefined,
  };
}
