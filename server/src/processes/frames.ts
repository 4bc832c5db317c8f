import { AppError } from '../kernel/errors.ts';

/**
 * The frames that the server and a program exchange over a socket, and over the pipe to a warm interpreter. Both sides
 * are held to `frames.golden.json`; the other side is `python/scoring_worker/channel.py`.
 *
 * A header of 16 bytes, little-endian, then the payload:
 * `u32 length of the payload, u8 type, u8 flags, u16 zero, u32 id, u32 aux`.
 */
export interface Frame {
  readonly type: FrameType;
  readonly flags: number;
  /** Of the question that an answer belongs to. */
  readonly id: number;
  /** LOAD, PREDICT, WARM: ms until the deadline. ANSWER: µs that the model took. */
  readonly aux: number;
  /** Starts on a multiple of 8 bytes in its buffer, so that columns in it can be read in place. */
  readonly payload: Uint8Array<ArrayBuffer>;
}

/** To a program: below 0x40. To a warm interpreter: from 0x40. From either: from 0x80. */
export const FRAME_TYPES = {
  load: 0x01,
  predict: 0x02,
  drain: 0x03,
  ping: 0x04,
  /** As `predict`; the answer is thrown away. */
  warm: 0x05,
  fork: 0x41,
  end: 0x42,
  kill: 0x43,
  hello: 0x81,
  loaded: 0x82,
  answer: 0x83,
  failed: 0x84,
  pong: 0x85,
  event: 0x86,
  ready: 0xc0,
  forked: 0xc1,
  exited: 0xc2,
} as const;
export type FrameType = (typeof FRAME_TYPES)[keyof typeof FRAME_TYPES];

export const FRAME_HEADER_BYTES = 16;
/** No frame is longer. */
const MAX_PAYLOAD_BYTES = 256 * 2 ** 20;
export const PROTOCOL_VERSION = 1;

const KNOWN_TYPES: ReadonlySet<number> = new Set(Object.values(FRAME_TYPES));

/** The 16 bytes that stand before a payload of this length. */
export function encodeHeader(frame: Omit<Frame, 'payload'>, payloadBytes: number): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(FRAME_HEADER_BYTES);
  const view = new DataView(header.buffer);
  view.setUint32(0, payloadBytes, true);
  header[4] = frame.type;
  header[5] = frame.flags;
  view.setUint32(8, frame.id, true);
  view.setUint32(12, frame.aux, true);
  return header;
}

/** A frame whose payload is JSON, as one piece. */
export function encodeJsonFrame(
  type: FrameType,
  message: unknown,
  { id, aux = 0 }: { readonly id: number; readonly aux?: number },
): Uint8Array<ArrayBuffer> {
  const payload = new TextEncoder().encode(JSON.stringify(message));
  const whole = new Uint8Array(FRAME_HEADER_BYTES + payload.length);
  whole.set(encodeHeader({ type, flags: 0, id, aux }, payload.length));
  whole.set(payload, FRAME_HEADER_BYTES);
  return whole;
}

export interface FrameReader {
  /**
   * The frames that this piece completes, in order.
   * @throws AppError Internal with the reason `protocol` for an unknown type, a length beyond the bound, or a byte that
   *   must be zero and is not; nothing may be read after it.
   */
  read(piece: Uint8Array): Frame[];
}

/** Cuts a stream of bytes, in pieces of any length, into frames. */
export function createFrameReader(maxPayloadBytes = MAX_PAYLOAD_BYTES): FrameReader {
  const header = new Uint8Array(FRAME_HEADER_BYTES);
  const view = new DataView(header.buffer);
  let headerFilled = 0;
  let payload: Uint8Array<ArrayBuffer> | undefined;
  let payloadFilled = 0;

  return {
    read(piece) {
      const frames: Frame[] = [];
      let at = 0;
      for (;;) {
        if (payload === undefined) {
          const taken = Math.min(FRAME_HEADER_BYTES - headerFilled, piece.length - at);
          header.set(piece.subarray(at, at + taken), headerFilled);
          headerFilled += taken;
          at += taken;
          if (headerFilled < FRAME_HEADER_BYTES) return frames;
          payload = new Uint8Array(checkedLength(view, maxPayloadBytes));
          payloadFilled = 0;
        }
        const taken = Math.min(payload.length - payloadFilled, piece.length - at);
        payload.set(piece.subarray(at, at + taken), payloadFilled);
        payloadFilled += taken;
        at += taken;
        if (payloadFilled < payload.length) return frames;
        frames.push({
          type: header[4] as FrameType,
          flags: header[5]!,
          id: view.getUint32(8, true),
          aux: view.getUint32(12, true),
          payload,
        });
        payload = undefined;
        headerFilled = 0;
      }
    },
  };
}

function checkedLength(view: DataView, maxPayloadBytes: number): number {
  const length = view.getUint32(0, true);
  const type = view.getUint8(4);
  if (!KNOWN_TYPES.has(type)) throw protocolError(`an unknown frame type ${type}`);
  if (view.getUint16(6, true) !== 0) throw protocolError('a header that is none');
  if (length > maxPayloadBytes)
    throw protocolError(`a frame of ${length} bytes where ${maxPayloadBytes} are allowed`);
  return length;
}

/** The JSON in a frame. @throws AppError Internal with the reason `protocol` where it is no JSON object. */
export function readJson(frame: Frame): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(frame.payload));
  } catch (cause) {
    throw protocolError(`a frame of type ${frame.type} without JSON`, cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw protocolError(`a frame of type ${frame.type} without a JSON object`);
  return value as Record<string, unknown>;
}

export function protocolError(what: string, cause?: unknown): AppError {
  return new AppError('Internal', `The program sent ${what}.`, { reason: 'protocol', cause });
}
