import type { Socket } from 'node:net';
import { AppError } from '../kernel/errors.ts';
import {
  createFrameReader,
  encodeHeader,
  FRAME_TYPES,
  type Frame,
  type FrameType,
  protocolError,
  readJson,
} from './frames.ts';
import type { Answer, GoneReason, SendFailure } from './port.ts';

/** A connected program: questions and answers over its socket, one at a time. */
export interface ProgramLink {
  /** Whether a question is with it; also one whose asker has left. */
  readonly busy: boolean;
  /**
   * Asks and waits for the answer. At the deadline the program is ended by `ProgramLinkOptions.end`.
   * @throws AppError with a `SendFailure` as its reason
   */
  ask(type: FrameType, payload: Uint8Array, options: AskOptions): Promise<Frame>;
  /** Tells it to end when it has done what it is doing. */
  drain(): void;
  /** Refuses whoever waits; nothing is sent or heard from then on. */
  close(): void;
}

export interface AskOptions {
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
  /** The type of frame that answers. */
  readonly answer: FrameType;
}

export interface ProgramLinkOptions {
  readonly socket: Socket;
  readonly maxAnswerBytes: number;
  /** Ends the program: it hung, broke the protocol, or closed the connection. */
  readonly end: (reason: GoneReason, message: string) => void;
  readonly onEvent: (event: Record<string, unknown>) => void;
}

interface Question {
  readonly id: number;
  readonly answer: FrameType;
  readonly timer: NodeJS.Timeout;
  resolve(frame: Frame): void;
  reject(error: AppError): void;
}

/** Below this a payload is copied behind its header, which costs less than a second piece for the system. */
const COPIED_BYTES = 16_384;
/** What stands around an answer in its frame. */
const FRAME_SLACK_BYTES = 2 ** 20;

export function createProgramLink({ socket, maxAnswerBytes, end, onEvent }: ProgramLinkOptions): ProgramLink {
  const reader = createFrameReader(maxAnswerBytes + FRAME_SLACK_BYTES);
  let question: Question | undefined;
  let lastId = 0;
  let closed = false;

  function close(error: AppError): void {
    if (closed) return;
    closed = true;
    socket.destroy();
    const asked = question;
    question = undefined;
    if (asked === undefined) return;
    clearTimeout(asked.timer);
    asked.reject(error);
  }

  function take(frame: Frame): void {
    if (frame.type === FRAME_TYPES.event) {
      onEvent(readJson(frame));
      return;
    }
    const asked = question;
    if (asked === undefined || frame.id !== asked.id)
      throw protocolError(`an answer to a question ${frame.id} that was not asked`);
    if (frame.type !== asked.answer && frame.type !== FRAME_TYPES.failed)
      throw protocolError(`a frame of type ${frame.type} where ${asked.answer} answers`);
    question = undefined;
    clearTimeout(asked.timer);
    if (frame.type === FRAME_TYPES.failed) asked.reject(failureOf(readJson(frame)));
    else asked.resolve(frame);
  }

  socket.on('data', (piece: Buffer) => {
    if (closed) return;
    try {
      for (const frame of reader.read(piece)) take(frame);
    } catch (error) {
      const failure = error instanceof AppError ? error : protocolError('what cannot be read', error);
      close(gone('The program that predicts broke off its answer.'));
      end('protocol', failure.message);
    }
  });
  // What is wrong with a connection is the same as its end.
  socket.on('error', () => undefined);
  socket.on('close', () => {
    if (closed) return;
    close(gone('The program that predicts ended while it had this request.'));
    end('exit', 'The program has ended.');
  });

  return {
    get busy() {
      return question !== undefined;
    },
    ask(type, payload, { deadlineMs, signal, answer }) {
      if (closed || question !== undefined)
        return Promise.reject(refusal('not-sent', 'No program was free to predict.'));
      if (signal?.aborted) return Promise.reject(refusal('aborted', 'The request was given up.'));
      lastId = (lastId + 1) % 2 ** 32;
      const id = lastId;
      return new Promise<Frame>((resolve, reject) => {
        const timer = setTimeout(() => {
          close(refusal('deadline', 'Request processing time exceeded limit'));
          end('hung', `No answer came within ${deadlineMs} ms.`);
        }, deadlineMs);
        const leave = () => reject(refusal('aborted', 'The request was given up.'));
        question = {
          id,
          answer,
          timer,
          resolve(frame) {
            signal?.removeEventListener('abort', leave);
            resolve(frame);
          },
          reject(error) {
            signal?.removeEventListener('abort', leave);
            reject(error);
          },
        };
        signal?.addEventListener('abort', leave, { once: true });
        write(socket, encodeHeader({ type, flags: 0, id, aux: deadlineMs }, payload.length), payload);
      });
    },
    drain() {
      if (!closed) socket.write(encodeHeader({ type: FRAME_TYPES.drain, flags: 0, id: 0, aux: 0 }, 0));
    },
    close: () => close(gone('The program that predicts was ended.')),
  };
}

/** The answer to a batch. */
export function answerOf(frame: Frame): Answer {
  return { payload: frame.payload, modelMicros: frame.aux };
}

function write(socket: Socket, header: Uint8Array, payload: Uint8Array): void {
  if (payload.length <= COPIED_BYTES) {
    const whole = new Uint8Array(header.length + payload.length);
    whole.set(header);
    whole.set(payload, header.length);
    socket.write(whole);
    return;
  }
  socket.cork();
  socket.write(header);
  socket.write(payload);
  socket.uncork();
}

const FAILURES: Readonly<Record<string, readonly [code: AppError['code'], reason: SendFailure]>> = {
  model: ['InvalidArgument', 'model-raised'],
  input: ['InvalidArgument', 'input-unusable'],
  output: ['Internal', 'answer-unusable'],
  limit: ['LimitExceeded', 'answer-too-large'],
};

/** What a program said of a batch that it did not answer. */
export function failureOf(message: Record<string, unknown>): AppError {
  const [code, reason] = FAILURES[String(message.at)] ?? ['Internal', 'answer-unusable'];
  return new AppError(code, typeof message.message === 'string' ? message.message : 'The model failed.', {
    reason,
    details: { at: message.at, error: message.error },
  });
}

const gone = (message: string) => refusal('replica-gone', message);

export function refusal(reason: SendFailure, message: string): AppError {
  return new AppError(reason === 'deadline' ? 'DeadlineExceeded' : 'Unavailable', message, { reason });
}
