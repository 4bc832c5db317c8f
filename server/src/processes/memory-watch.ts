import { readdir, readFile, statfs } from 'node:fs/promises';

const LOOK_EVERY_MS = 250;
const PAGE_BYTES = 4096;
/** More processes under one than this are not looked at: their number has its own limit. */
const MAX_PROCESSES = 4096;

/** Resident memory of a process; undefined where it has ended, or the system has no /proc. */
export async function residentBytes(pid: number): Promise<number | undefined> {
  const text = await readOrNothing(`/proc/${pid}/statm`);
  return text === undefined ? undefined : Number(text.split(' ')[1]) * PAGE_BYTES;
}

/** The process and all that descend from it, as far as they can be seen. */
export async function processTree(pid: number): Promise<number[]> {
  const tree = [pid];
  for (let at = 0; at < tree.length && tree.length < MAX_PROCESSES; at += 1) {
    const tasks = await readdir(`/proc/${tree[at]}/task`).catch(() => []);
    for (const task of tasks) {
      const children = await readOrNothing(`/proc/${tree[at]}/task/${task}/children`);
      if (children !== undefined) tree.push(...children.trim().split(' ').filter(Boolean).map(Number));
    }
  }
  return tree;
}

/**
 * Memory of what descends from a process, with what stands in its temporary folder where that is memory too (a folder
 * of its own root). Undefined once the process has ended.
 *
 * Forks share most of theirs, and resident memory counts it in each. That is quick to read, so it is enough below
 * `exactAboveBytes`; above, shared pages are counted in part.
 */
export async function descendantBytes(
  pid: number,
  {
    temporaryFolder,
    exactAboveBytes,
  }: { readonly temporaryFolder: string; readonly exactAboveBytes: number },
): Promise<number | undefined> {
  if ((await residentBytes(pid)) === undefined) return undefined;
  const [, ...descendants] = await processTree(pid);
  const files = await usedBytes(`/proc/${pid}/root${temporaryFolder}`);
  const quick = await sumOf(descendants, residentBytes);
  if (files + quick <= exactAboveBytes) return files + quick;
  return files + (await sumOf(descendants, sharedInPart));
}

/** What a process and its descendants take of the machine, pages that several share counted in part. */
export async function proportionalBytes(pid: number): Promise<number> {
  return sumOf(await processTree(pid), sharedInPart);
}

async function sharedInPart(pid: number): Promise<number | undefined> {
  const text = await readOrNothing(`/proc/${pid}/smaps_rollup`);
  const kibibytes = text === undefined ? undefined : /^Pss:\s+(\d+) kB$/m.exec(text)?.[1];
  return kibibytes === undefined ? residentBytes(pid) : Number(kibibytes) * 1024;
}

async function sumOf(
  pids: readonly number[],
  measure: (pid: number) => Promise<number | undefined>,
): Promise<number> {
  const sizes = await Promise.all(pids.map(measure));
  return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
}

/** User and system time of a process and of those that descend from it, ended ones included. */
export async function cpuMs(pid: number): Promise<number> {
  const times = await Promise.all(
    (await processTree(pid)).map(async (member) => {
      const text = await readOrNothing(`/proc/${member}/stat`);
      if (text === undefined) return 0;
      // The name stands in brackets and may hold anything; from there on the fields are plain.
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
      return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) * 10, 0);
    }),
  );
  return times.reduce((sum, time) => sum + time, 0);
}

/**
 * Looks at a process four times a second and calls once when it takes more than it may. Ends by itself with the
 * process, and where there is no /proc. The returned function ends it.
 */
export function watchMemory(
  measure: () => Promise<number | undefined>,
  maxBytes: number,
  onExceeded: (bytes: number) => void,
): () => void {
  let looking = false;
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    measure().then(
      (bytes) => {
        looking = false;
        if (bytes !== undefined && bytes <= maxBytes) return;
        clearInterval(timer);
        if (bytes !== undefined) onExceeded(bytes);
      },
      () => clearInterval(timer),
    );
  }, LOOK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

async function usedBytes(folder: string): Promise<number> {
  try {
    const facts = await statfs(folder);
    // Of a folder in memory alone; a disk's fill is nobody's memory.
    return facts.type === TMPFS_MAGIC ? (facts.blocks - facts.bfree) * facts.bsize : 0;
  } catch {
    return 0;
  }
}
const TMPFS_MAGIC = 0x01021994;

async function readOrNothing(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return undefined;
  }
}
