import { invalidArgument } from '../kernel/errors.ts';

const broken = () => invalidArgument('Invalid OpenTelemetry format: the body is no such protobuf message.');

/** Protobuf's own parsers refuse deeper messages, too. */
const MAX_DEPTH = 100;

/** A field of a message: its number, and the reader that stands before its value. */
export type ReadField = (field: number, reader: ProtobufReader) => void;

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/**
 * Walks a protobuf message. A field that the callback does not read is skipped.
 * Source: https://protobuf.dev/programming-guides/encoding/
 */
export class ProtobufReader {
  readonly #bytes: Buffer;
  readonly #depth: number;
  #at = 0;
  #wireType = 0;
  #taken = false;

  constructor(bytes: Buffer, depth = 0) {
    if (depth > MAX_DEPTH) throw broken();
    this.#bytes = bytes;
    this.#depth = depth;
  }

  /** @throws AppError InvalidArgument for bytes that are no message. */
  each(onField: ReadField): void {
    while (this.#at < this.#bytes.length) {
      const tag = Number(this.#varint());
      const field = tag >>> 3;
      if (field === 0 || tag > 0xffff_ffff) throw broken();
      this.#wireType = tag & 7;
      this.#taken = false;
      onField(field, this);
      if (!this.#taken) this.#skip();
    }
  }

  message(onField: ReadField): void {
    new ProtobufReader(this.#slice(), this.#depth + 1).each(onField);
  }

  /** @throws AppError InvalidArgument for bytes that are no UTF-8. */
  string(): string {
    try {
      return utf8.decode(this.#slice());
    } catch {
      throw broken();
    }
  }

  hex(): string {
    return this.#slice().toString('hex');
  }

  base64(): string {
    return this.#slice().toString('base64');
  }

  fixed64(): bigint {
    this.#take(FIXED64);
    return this.#bytes.readBigUInt64LE(this.#advance(8));
  }

  double(): number {
    this.#take(FIXED64);
    return this.#bytes.readDoubleLE(this.#advance(8));
  }

  int64(): bigint {
    this.#take(VARINT);
    return BigInt.asIntN(64, this.#varint());
  }

  #slice(): Buffer {
    this.#take(BYTES);
    const length = this.#varint();
    if (length > BigInt(this.#bytes.length)) throw broken();
    const from = this.#advance(Number(length));
    return this.#bytes.subarray(from, this.#at);
  }

  #take(wireType: number): void {
    if (this.#wireType !== wireType) throw broken();
    this.#taken = true;
  }

  #skip(): void {
    switch (this.#wireType) {
      case VARINT:
        this.#varint();
        return;
      case FIXED64:
        this.#advance(8);
        return;
      case BYTES:
        this.#slice();
        return;
      case FIXED32:
        this.#advance(4);
        return;
      default:
        throw broken();
    }
  }

  /** Moves on by `count` bytes; where they begin. */
  #advance(count: number): number {
    const from = this.#at;
    if (from + count > this.#bytes.length) throw broken();
    this.#at = from + count;
    return from;
  }

  #varint(): bigint {
    let low = 0;
    for (let i = 0; i < 4; i += 1) {
      const byte = this.#bytes[this.#advance(1)]!;
      low |= (byte & 0x7f) << (7 * i);
      if (byte < 0x80) return BigInt(low);
    }
    let value = BigInt(low);
    for (let i = 4; i < 10; i += 1) {
      const byte = this.#bytes[this.#advance(1)]!;
      value |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw broken();
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
