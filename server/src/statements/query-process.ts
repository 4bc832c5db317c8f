// A program of its own: runs one query at a time for the server, which ends it when it takes too long or too much.
import { writeFileSync } from 'node:fs';
import { AppError } from '../kernel/errors.ts';
import type { RunningQuery } from './query-engine.ts';
import type {
  EncodingJob,
  FromProcess,
  OfferedTable,
  QueryFailure,
  QueryJob,
  ToProcess,
} from './query-messages.ts';
import type { PartSink } from './result-writer.ts';

let running: RunningQuery | undefined;
let interrupted = false;
let kept: (() => void) | undefined;
let asked: { offer(tables: readonly OfferedTable[]): void; refuse(error: Error): void } | undefined;

const send = (message: FromProcess): void => {
  process.send!(message);
};

const sink: PartSink = {
  columns: (columns) => send({ kind: 'columns', columns }),
  async part(rows, bytes) {
    await new Promise<void>((resolve) => {
      kept = resolve;
      send({ kind: 'part', rows, bytes });
    });
  },
};

async function open(job: QueryJob): Promise<void> {
  interrupted = false;
  // Loaded with the first query: an idle server has no engine in memory.
  const { openQuery } = await import('./query-engine.ts');
  running = await openQuery(job, async (names) => {
    const answer = Promise.withResolvers<readonly OfferedTable[]>();
    asked = { offer: answer.resolve, refuse: answer.reject };
    send({ kind: 'asks', names });
    return answer.promise;
  });
  send({ kind: 'needs', tables: running.needs });
}

async function run(): Promise<void> {
  const truncated = await running!.run(sink);
  close();
  send({ kind: 'done', truncated });
}

async function encode({ columns, rows }: EncodingJob): Promise<void> {
  const { encodeArrow } = await import('./arrow-encoding.ts');
  const values = columns.map((_, i) => rows.map((row) => row[i]!));
  send({ kind: 'columns', columns });
  await sink.part(rows.length, encodeArrow(columns, values));
  send({ kind: 'done', truncated: false });
}

function close(): void {
  running?.close();
  running = undefined;
}

function fail(error: unknown): void {
  try {
    close();
  } catch {
    // An engine that cannot even be closed goes with the process.
    process.exit(1);
  }
  send({ kind: 'failed', error: describe(error) });
}

function describe(error: unknown): QueryFailure {
  if (error instanceof AppError) {
    const code = error.code === 'LimitExceeded' ? 'LimitExceeded' : 'InvalidArgument';
    return { code, message: error.message, reason: error.reason };
  }
  const message = error instanceof Error ? error.message : String(error);
  if (interrupted) return { code: 'LimitExceeded', message: 'The query was interrupted.', reason: undefined };
  if (/^Out of Memory Error/i.test(message)) {
    return {
      code: 'LimitExceeded',
      message: 'The query needs more memory than a query may have: read fewer rows, or fewer columns.',
      reason: 'RESOURCE_EXHAUSTED',
    };
  }
  return { code: 'InvalidArgument', message, reason: undefined };
}

async function handle(message: ToProcess): Promise<void> {
  switch (message.kind) {
    case 'query':
      return open(message.job);
    case 'encode':
      return encode(message.job);
    case 'rows':
      running!.append(message.table, message.rows);
      return send({ kind: 'taken' });
    case 'offers':
      return asked?.offer(message.tables);
    case 'refused':
      return asked?.refuse(new Error('The query comes to nothing.'));
    case 'loaded':
      return run();
    case 'kept':
      return kept?.();
    case 'interrupt':
      interrupted = true;
      return running?.interrupt();
  }
}

process.on('message', (message: ToProcess) => {
  handle(message).catch(fail);
});
// The server is gone, whatever the reason.
process.on('disconnect', () => process.exit(0));
try {
  // Where memory runs out, the kernel takes this process and not the server.
  writeFileSync('/proc/self/oom_score_adj', '1000');
} catch {
  // Not Linux, or not ours to say.
}
