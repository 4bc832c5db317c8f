import { isUtf8 } from 'node:buffer';
import { crc32 } from 'node:zlib';
import type { AnsweringEntity, InferenceRecord, InferenceTableKind } from './recorder.ts';

/*
 * A segment is a header of 64 bytes and records. Numbers are little-endian.
 *
 *   header   "SLWJ0001"  u16 version  u16 kind (1 legacy, 2 gateway)  u32 0  u64 segment  u64 createdMs  16 bytes table
 *   record   u32 length  u32 crc32 of the payload  payload
 *   payload  u8 1 (row)     u8 flags (1 request cut, 2 response cut)  u16 entity  u16 status  u16 0  u64 timestampMs
 *                           u32 executionUs  f64 samplingFraction  16 bytes requestId
 *                           u16 clientIdBytes  u16 requesterBytes  u32 requestBytes  u32 responseBytes  the four texts
 *            u8 2 (entity)  u8 0  u16 entity  JSON of an AnsweringEntity; before the first row that names it
 */
export const SEGMENT_HEADER_BYTES = 64;
const MAGIC = Buffer.from('SLWJ0001');
const VERSION = 1;
const KINDS: readonly InferenceTableKind[] = ['legacy', 'gateway'];

const ROW = 1;
const ENTITY = 2;
const REQUEST_CUT = 1;
const RESPONSE_CUT = 2;
const FRAME_BYTES = 8;
const ROW_BYTES = 56;
const MAX_SHORT_TEXT = 0xffff;
const MAX_EXECUTION_US = 0xffff_ffff;
/** No record is larger: two bodies of 64 MiB, and the texts. */
const MAX_RECORD_BYTES = 160 * 1024 * 1024;

export interface SegmentHeader {
  readonly kind: InferenceTableKind;
  readonly segment: number;
  readonly createdMs: number;
  /** A UUID. */
  readonly tableId: string;
}

/** A record as it is read back. */
export interface JournalRow extends Omit<InferenceRecord, 'request' | 'response'> {
  readonly request: string;
  readonly response: string;
  readonly requestCut: boolean;
  readonly responseCut: boolean;
}

export function encodeHeader({ kind, segment, createdMs, tableId }: SegmentHeader): Buffer {
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt16LE(VERSION, 8);
  header.writeUInt16LE(KINDS.indexOf(kind) + 1, 10);
  header.writeBigUInt64LE(BigInt(segment), 16);
  header.writeBigUInt64LE(BigInt(createdMs), 24);
  header.write(tableId.replaceAll('-', ''), 32, 16, 'hex');
  return header;
}

/** Undefined for what is no header, or one of a later version. */
export function decodeHeader(bytes: Uint8Array): SegmentHeader | undefined {
  const header = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (header.length < SEGMENT_HEADER_BYTES || !header.subarray(0, 8).equals(MAGIC)) return undefined;
  const kind = KINDS[header.readUInt16LE(10) - 1];
  if (header.readUInt16LE(8) !== VERSION || kind === undefined) return undefined;
  return {
    kind,
    segment: Number(header.readBigUInt64LE(16)),
    createdMs: Number(header.readBigUInt64LE(24)),
    tableId: renderUuid(header, 32),
  };
}

/** Room for the records of a turn. Grows, and is used over and over. */
export interface RecordBuffer {
  readonly length: number;
  /** The bytes so far; good until the next call. */
  bytes(): Buffer;
  addEntity(entity: number, facts: AnsweringEntity): void;
  addRow(entity: number, record: InferenceRecord): void;
  clear(): void;
}

const FIRST_BYTES = 64 * 1024;
/** A turn with a huge body must not keep its room for ever. */
const KEPT_BYTES = 8 * 1024 * 1024;

export function createRecordBuffer(maxPayloadBytes: number): RecordBuffer {
  let buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  let length = 0;

  function reserve(sizeBytes: number): void {
    if (length + sizeBytes <= buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(buffer.length * 2, length + sizeBytes));
    buffer.copy(larger, 0, 0, length);
    buffer = larger;
  }

  function finish(start: number, end: number): void {
    buffer.writeUInt32LE(end - start - FRAME_BYTES, start);
    buffer.writeUInt32LE(crc32(buffer.subarray(start + FRAME_BYTES, end)), start + 4);
    length = end;
  }

  return {
    get length() {
      return length;
    },
    bytes: () => buffer.subarray(0, length),
    addEntity(entity, facts) {
      const text = Buffer.from(JSON.stringify(facts));
      reserve(FRAME_BYTES + 4 + text.length);
      const start = length;
      buffer[start + 8] = ENTITY;
      buffer[start + 9] = 0;
      buffer.writeUInt16LE(entity, start + 10);
      text.copy(buffer, start + 12);
      finish(start, start + 12 + text.length);
    },
    addRow(entity, record) {
      const clientId = record.clientRequestId ?? '';
      const requester = record.requester ?? '';
      const clientIdBytes = Math.min(Buffer.byteLength(clientId), MAX_SHORT_TEXT);
      const requesterBytes = Math.min(Buffer.byteLength(requester), MAX_SHORT_TEXT);
      const requestBytes = sizeOf(record.request);
      const responseBytes = sizeOf(record.response);
      const keptRequest = Math.min(requestBytes, maxPayloadBytes);
      const keptResponse = Math.min(responseBytes, maxPayloadBytes);
      reserve(FRAME_BYTES + ROW_BYTES + clientIdBytes + requesterBytes + keptRequest + keptResponse);
      const start = length;
      let at = start + FRAME_BYTES;
      buffer[at] = ROW;
      buffer[at + 1] =
        (keptRequest < requestBytes ? REQUEST_CUT : 0) | (keptResponse < responseBytes ? RESPONSE_CUT : 0);
      buffer.writeUInt16LE(entity, at + 2);
      buffer.writeUInt16LE(record.status, at + 4);
      buffer.writeUInt16LE(0, at + 6);
      writeUint(buffer, record.timestampMs, at + 8);
      buffer.writeUInt32LE(clamp(record.executionUs, MAX_EXECUTION_US), at + 16);
      buffer.writeDoubleLE(record.samplingFraction, at + 20);
      buffer.write(record.requestId.replaceAll('-', ''), at + 28, 16, 'hex');
      buffer.writeUInt16LE(clientIdBytes, at + 44);
      buffer.writeUInt16LE(requesterBytes, at + 46);
      buffer.writeUInt32LE(keptRequest, at + 48);
      buffer.writeUInt32LE(keptResponse, at + 52);
      at += ROW_BYTES;
      at += place(clientId, at, clientIdBytes);
      at += place(requester, at, requesterBytes);
      at += place(record.request, at, keptRequest);
      at += place(record.response, at, keptResponse);
      finish(start, at);
    },
    clear() {
      length = 0;
      if (buffer.length > KEPT_BYTES) buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
    },
  };

  function place(content: string | Uint8Array, at: number, sizeBytes: number): number {
    if (sizeBytes === 0) return 0;
    if (typeof content !== 'string') {
      buffer.set(sizeBytes < content.length ? content.subarray(0, sizeBytes) : content, at);
      return sizeBytes;
    }
    // Node writes no part of a character: the rest of a text that is cut is filled, and dropped when it is read.
    const written = buffer.write(content, at, sizeBytes, 'utf8');
    if (written < sizeBytes) buffer.fill(0xff, at + written, at + sizeBytes);
    return sizeBytes;
  }
}

const sizeOf = (content: string | Uint8Array): number =>
  typeof content === 'string' ? Buffer.byteLength(content) : content.length;
const clamp = (value: number, max: number): number => Math.max(0, Math.min(Math.round(value), max));

/** 64 bits without a BigInt. */
function writeUint(buffer: Buffer, value: number, at: number): void {
  buffer.writeUInt32LE(value % 2 ** 32, at);
  buffer.writeUInt32LE(Math.floor(value / 2 ** 32), at + 4);
}

/**
 * The rows of a segment's bytes behind its header. Ends at the first record that is not whole: what follows was never
 * acknowledged, or is not ours.
 */
export function* decodeRecords(bytes: Uint8Array): Generator<JournalRow> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entities = new Map<number, AnsweringEntity>();
  for (let at = 0; ; ) {
    const end = endOfRecord(buffer, at);
    if (end === undefined) return;
    const payload = buffer.subarray(at + FRAME_BYTES, end);
    at = end;
    if (payload[0] === ENTITY) {
      entities.set(payload.readUInt16LE(2), JSON.parse(payload.toString('utf8', 4)) as AnsweringEntity);
      continue;
    }
    const entity = entities.get(payload.readUInt16LE(2));
    if (payload[0] !== ROW || entity === undefined) return;
    yield decodeRow(payload, entity);
  }
}

/** Undefined where no whole record begins. */
function endOfRecord(buffer: Buffer, at: number): number | undefined {
  if (at + FRAME_BYTES > buffer.length) return undefined;
  const length = buffer.readUInt32LE(at);
  const end = at + FRAME_BYTES + length;
  if (length < 4 || length > MAX_RECORD_BYTES || end > buffer.length) return undefined;
  return crc32(buffer.subarray(at + FRAME_BYTES, end)) === buffer.readUInt32LE(at + 4) ? end : undefined;
}

function decodeRow(payload: Buffer, entity: AnsweringEntity): JournalRow {
  const flags = payload[1]!;
  let at = ROW_BYTES;
  const take = (sizeBytes: number): Buffer => {
    at += sizeBytes;
    return payload.subarray(at - sizeBytes, at);
  };
  const clientId = take(payload.readUInt16LE(44));
  const requester = take(payload.readUInt16LE(46));
  const request = take(payload.readUInt32LE(48));
  const response = take(payload.readUInt32LE(52));
  return {
    requestId: renderUuid(payload, 28),
    timestampMs: payload.readUInt32LE(8) + payload.readUInt32LE(12) * 2 ** 32,
    executionUs: payload.readUInt32LE(16),
    status: payload.readUInt16LE(4),
    samplingFraction: payload.readDoubleLE(20),
    clientRequestId: clientId.length === 0 ? undefined : textOf(clientId, true),
    requester: requester.length === 0 ? undefined : textOf(requester, true),
    request: textOf(request, (flags & REQUEST_CUT) !== 0),
    response: textOf(response, (flags & RESPONSE_CUT) !== 0),
    requestCut: (flags & REQUEST_CUT) !== 0,
    responseCut: (flags & RESPONSE_CUT) !== 0,
    entity,
  };
}

/** What is no UTF-8 becomes base64; a character that a cut went through is dropped. */
function textOf(bytes: Buffer, cut: boolean): string {
  const whole = cut ? withoutTornEnd(bytes) : bytes;
  return isUtf8(whole) ? whole.toString('utf8') : bytes.toString('base64');
}

function withoutTornEnd(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0xff) end--;
  let lead = end - 1;
  while (lead > 0 && end - lead < 4 && (bytes[lead]! & 0xc0) === 0x80) lead--;
  const first = bytes[lead] ?? 0;
  const wanted = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
  return bytes.subarray(0, lead >= 0 && wanted > end - lead ? lead : end);
}

function renderUuid(buffer: Buffer, at: number): string {
  const hex = buffer.toString('hex', at, at + 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
