import { writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import type { FromDelta, Job, JobResult, ToDelta } from './delta-messages.ts';
import type { FormatRows } from './parquet.ts';

const PRIORITY = 5;

/** How the program reads a format: the rows of a file. */
export type ReadFormat = (file: string) => Promise<FormatRows>;

/** The program of a process that reads and writes Parquet files for the server, and ends with it. */
export function runDeltaProgram(formats: Readonly<Record<string, ReadFormat>>): void {
  const send = (message: FromDelta): void => {
    process.send!(message);
  };
  // Behind whoever waits for an answer: tables have seconds. Not far behind, or the journal of a busy server grows.
  setPriority(PRIORITY);
  process.on('message', ({ id, job }: ToDelta) => {
    perform(job, formats).then(
      (result) => send({ id, result }),
      (error) => send({ id, failure: describe(error) }),
    );
  });
  // The server is gone, whatever the reason.
  process.on('disconnect', () => process.exit(0));
  try {
    // Where memory runs out, the kernel takes this process and not the server.
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // Not Linux, or not ours to say.
  }
}

async function perform(job: Job, formats: Readonly<Record<string, ReadFormat>>): Promise<JobResult> {
  // Loaded with the first job: a server that logs nothing has no engine in memory.
  const parquet = await import('./parquet.ts');
  const rows = await import('./row-files.ts');
  switch (job.kind) {
    case 'convert': {
      const read = formats[job.format];
      if (read === undefined) throw new Error(`There is no format ${job.format}.`);
      return { kind: 'converted', files: await parquet.writePartitions(await read(job.file), job.into) };
    }
    case 'join':
      return { kind: 'written', rows: await parquet.joinFiles(job) };
    case 'write-checkpoint':
      return { kind: 'written', rows: await parquet.writeCheckpointFile(job.lines, job.into) };
    case 'read-checkpoint':
      return { kind: 'written', rows: await parquet.readCheckpointFile(job.file, job.into) };
    case 'describe-rows':
      return { kind: 'described', ...(await rows.describeRows(job.parts)) };
    case 'write-row-lines':
      await rows.writeRowLines(job.parts, job);
      return { kind: 'done' };
    case 'add-columns':
      await rows.addColumns(job.parts, job);
      return { kind: 'done' };
  }
}

function describe(error: unknown): Extract<FromDelta, { failure: unknown }>['failure'] {
  const message = error instanceof Error ? error.message : String(error);
  if (/No space left|ENOSPC/i.test(message)) return { message, reason: 'disk' };
  return { message, reason: /^Invalid Input|ENOENT/i.test(message) ? 'input' : 'other' };
}
