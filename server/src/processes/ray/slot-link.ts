import { AppError } from '../../kernel/errors.ts';
import { failureOf, refusal } from '../channel.ts';
import { FRAME_TYPES, type Frame, type FrameType, protocolError, readJson } from '../frames.ts';
import type { SendOptions } from '../port.ts';
import type { Slot } from './slot.ts';

/** Questions to the process that runs in a slot, one at a time. */
export interface SlotLink {
  readonly busy: boolean;
  /**
   * At the deadline `hung` is called.
   * @throws AppError with a `SendFailure` as its reason
   */
  ask(
    type: FrameType,
    payload: Uint8Array,
    options: SendOptions & { readonly answer: FrameType },
  ): Promise<Frame>;
  /** Resolves when nothing is with it: requests may overtake each other on their way. */
  idle(): Promise<void>;
  /** Nothing is asked from then on. */
  close(): void;
}

export interface SlotLinkOptions {
  readonly slot: Slot;
  /** As the slot named the process. */
  readonly run: string;
  readonly hung: (message: string) => void;
  /** It has ended, or cannot be reached. */
  readonly silent: () => void;
}

/** Beyond the deadline, which is watched here: the slot has killed what hangs by then. */
const GRACE_MS = 10_000;
const ENDED = 'The program that predicts ended while it had this request.';

export function createSlotLink({ slot, run, hung, silent }: SlotLinkOptions): SlotLink {
  let busy = false;
  let closed = false;
  let asked: Promise<unknown> = Promise.resolve();
  /** Refuses what is being asked. */
  let refuse: (error: AppError) => void = () => undefined;

  async function exchange(
    type: FrameType,
    payload: Uint8Array,
    { deadlineMs, answer: expected }: { readonly deadlineMs: number; readonly answer: FrameType },
  ): Promise<Frame> {
    const query = { run, type, deadline: Math.ceil(deadlineMs) };
    const { headers, body } = await slot.call('ask', {
      query,
      body: payload,
      timeoutMs: deadlineMs + GRACE_MS,
    });
    const frame: Frame = {
      type: Number(headers['x-slipway-type']) as FrameType,
      flags: 0,
      id: 0,
      aux: Number(headers['x-slipway-aux']),
      payload: body,
    };
    if (frame.type === FRAME_TYPES.failed) throw failureOf(readJson(frame));
    if (frame.type !== expected)
      throw protocolError(`a frame of type ${frame.type} where ${expected} answers`);
    return frame;
  }

  return {
    get busy() {
      return busy;
    },
    ask(type, payload, { deadlineMs, signal, answer }) {
      if (closed || busy) return Promise.reject(refusal('not-sent', 'No program was free to predict.'));
      if (signal?.aborted) return Promise.reject(refusal('aborted', 'The request was given up.'));
      busy = true;
      const { promise, resolve, reject } = Promise.withResolvers<Frame>();
      refuse = reject;
      const leave = () => reject(refusal('aborted', 'The request was given up.'));
      signal?.addEventListener('abort', leave, { once: true });
      const late = setTimeout(() => {
        reject(refusal('deadline', 'Request processing time exceeded limit'));
        closed = true;
        hung(`No answer came within ${deadlineMs} ms.`);
      }, deadlineMs);
      asked = exchange(type, payload, { deadlineMs, answer }).then(
        (frame) => {
          busy = false;
          resolve(frame);
        },
        (error: unknown) => {
          busy = false;
          if (error instanceof AppError && !isLoss(error)) {
            reject(error);
            return;
          }
          closed = true;
          reject(refusal('replica-gone', ENDED));
          silent();
        },
      );
      return promise.finally(() => {
        clearTimeout(late);
        signal?.removeEventListener('abort', leave);
      });
    },
    async idle() {
      await asked;
    },
    close() {
      closed = true;
      refuse(refusal('replica-gone', 'The program that predicts was ended.'));
    },
  };
}

const LOSSES: readonly unknown[] = ['slot-lost', 'slot-silent', 'slot-refused', 'ended', 'busy', 'protocol'];
const isLoss = ({ reason }: AppError): boolean => LOSSES.includes(reason);
