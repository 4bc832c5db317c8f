import { AppError, unavailable } from '../../kernel/errors.ts';
import type { Lane, LaneSet } from '../gateway/lane.ts';
import type { PackedAnswer, PackedBatch } from '../scoring/columns.ts';
import type { OnnxTensor } from './onnx-messages.ts';
import type { OnnxAnswer, OnnxSession } from './onnx-threads.ts';

/** How batches are put to one model of the runtime. */
export interface OnnxCall {
  /** Undefined for a batch that it cannot be asked: the original may be. */
  feeds(batch: PackedBatch): Readonly<Record<string, OnnxTensor>> | undefined;
  answer(batch: PackedBatch, answer: OnnxAnswer): PackedAnswer;
}

export interface OnnxLaneOptions {
  readonly id: string;
  readonly kind: 'compiled' | 'onnx';
  readonly session: OnnxSession;
  readonly call: OnnxCall;
  /** The runtime refused what it was given; the batch goes to the original model. */
  onFault(message: string): void;
}

/** A lane for each thread. They are there as long as the session, and never wait for anything. */
export function createOnnxLanes(options: OnnxLaneOptions): LaneSet {
  const lanes = Array.from({ length: options.session.threads }, (_, thread) => laneOf(options, thread));
  return {
    lanes,
    failure: undefined,
    wake: () => undefined,
    onChange: () => () => undefined,
  };
}

function laneOf({ id, kind, session, call, onFault }: OnnxLaneOptions, thread: number): Lane {
  let running = 0;
  return {
    id: `${id}/${thread}`,
    kind,
    free: () => 1 - running,
    async run(batch, { deadlineMs }) {
      const feeds = batch.kind === 'columns' ? call.feeds(batch) : undefined;
      if (feeds === undefined) throw notSent('The compiled model does not take it.');
      running += 1;
      const answering = session.run(thread, feeds).finally(() => {
        running -= 1;
      });
      const answer = await inTime(answering, deadlineMs).catch((error: AppError) => {
        if (error.reason === 'deadline') throw error;
        // A thread that ended says nothing about the model.
        if (error.code === 'Internal') onFault(error.message);
        throw notSent(error.message);
      });
      return call.answer(batch, answer);
    },
  };
}

const notSent = (message: string) => unavailable(message, { reason: 'not-sent' });

async function inTime<T>(work: Promise<T>, deadlineMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new AppError('DeadlineExceeded', 'Request processing time exceeded limit', { reason: 'deadline' }),
        ),
      deadlineMs,
    );
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
