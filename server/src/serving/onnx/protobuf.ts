import { AppError } from '../../kernel/errors.ts';

/** One field of a message in protobuf's wire format: a number, or bytes that may be a text or a message again. */
export interface WireField {
  readonly number: number;
  /** Of varints; those beyond 2^53 lose their last digits. */
  readonly value: number;
  /** Of what has a length; empty for numbers. */
  readonly bytes: Uint8Array;
}

const NOTHING = new Uint8Array(0);

/**
 * The fields of a message, in the order in which they stand there.
 * @throws AppError InvalidState for what is no such message
 */
export function* readFields(message: Uint8Array): Generator<WireField> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = message[at];
      if (byte === undefined || factor > 2 ** 63) throw unreadable();
      at += 1;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  const skip = (bytes: number): Uint8Array => {
    if (at + bytes > message.length) throw unreadable();
    at += bytes;
    return message.subarray(at - bytes, at);
  };
  while (at < message.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        yield { number, value: varint(), bytes: NOTHING };
        break;
      case 1:
        skip(8);
        yield { number, value: 0, bytes: NOTHING };
        break;
      case 2:
        yield { number, value: 0, bytes: skip(varint()) };
        break;
      case 5:
        skip(4);
        yield { number, value: 0, bytes: NOTHING };
        break;
      default:
        throw unreadable();
    }
  }
}

export const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

const unreadable = () => new AppError('InvalidState', 'The file is no ONNX model: it cannot be read.');
