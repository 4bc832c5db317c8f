import { describe, expect, it } from 'vitest';
import { createRecordBuffer, decodeHeader, decodeRecords, encodeHeader, type JournalRow } from './record.ts';
import type { InferenceRecord } from './recorder.ts';
import { entityOf, recordOf, seeded, strangeRecord } from './records.fixture.ts';

const MIB = 2 ** 20;

function encode(
  records: readonly InferenceRecord[],
  maxPayloadBytes = MIB,
): { bytes: Buffer; ends: number[] } {
  const buffer = createRecordBuffer(maxPayloadBytes);
  const known = new Map<object, number>();
  const ends: number[] = [];
  for (const record of records) {
    if (!known.has(record.entity)) {
      known.set(record.entity, known.size);
      buffer.addEntity(known.get(record.entity)!, record.entity);
    }
    buffer.addRow(known.get(record.entity)!, record);
    ends.push(buffer.length);
  }
  return { bytes: Buffer.from(buffer.bytes()), ends };
}

const asRow = (record: InferenceRecord): JournalRow => ({
  ...record,
  request: Buffer.from(record.request).toString('utf8'),
  response: Buffer.from(record.response).toString('utf8'),
  requestCut: false,
  responseCut: false,
});

describe('records of the journal', () => {
  it('come back as they were, whatever the texts hold', () => {
    const random = seeded(1);
    const entities = ['1', '2', '3'].map(entityOf);
    const records = Array.from({ length: 500 }, () => strangeRecord(random, entities));
    expect([...decodeRecords(encode(records).bytes)]).toEqual(records.map(asRow));
  });

  it('lose only the tail where the file ends anywhere', () => {
    const random = seeded(2);
    const entities = ['1', '2'].map(entityOf);
    const records = Array.from({ length: 40 }, () => strangeRecord(random, entities));
    const { bytes, ends } = encode(records);
    for (let cut = 0; cut <= bytes.length; cut += 1 + Math.floor(random() * 7)) {
      const whole = ends.filter((end) => end <= cut).length;
      expect([...decodeRecords(bytes.subarray(0, cut))], `cut at ${cut}`).toEqual(
        records.slice(0, whole).map(asRow),
      );
    }
  });

  it('give nothing that was altered, and all that comes before it', () => {
    const random = seeded(3);
    const records = Array.from({ length: 30 }, () => strangeRecord(random, [entityOf('1')]));
    const { bytes, ends } = encode(records);
    for (let round = 0; round < 300; round++) {
      const at = Math.floor(random() * bytes.length);
      const altered = Buffer.from(bytes);
      altered[at] = altered[at]! ^ (1 << Math.floor(random() * 8));
      const before = ends.filter((end) => end <= at).length;
      const found = [...decodeRecords(altered)];
      expect(found, `altered at ${at}`).toEqual(records.slice(0, before).map(asRow));
    }
  });

  it('end where a disk left nothing but zeros', () => {
    const { bytes } = encode([recordOf()]);
    expect([...decodeRecords(Buffer.concat([bytes, Buffer.alloc(4096)]))]).toHaveLength(1);
    expect([...decodeRecords(Buffer.alloc(4096))]).toEqual([]);
  });

  it('cut bodies at their bound, between characters, and say so', () => {
    const records = [
      recordOf({ request: 'ab🙂cd', response: 'x'.repeat(5) }),
      recordOf({ request: Buffer.from('ab🙂cd'), response: 'y'.repeat(6) }),
      recordOf({ request: 'äöü', response: '' }),
    ];
    const rows = [...decodeRecords(encode(records, 5).bytes)];
    expect(rows.map(({ request, response }) => [request, response])).toEqual([
      ['ab', 'xxxxx'],
      ['ab', 'yyyyy'],
      ['äö', ''],
    ]);
    expect(rows.map(({ requestCut, responseCut }) => [requestCut, responseCut])).toEqual([
      [true, false],
      [true, true],
      [true, false],
    ]);
  });

  it('keep a body that is no text as base64', () => {
    const request = Buffer.from([0xff, 0xd8, 0x00, 0x80]);
    const [row] = decodeRecords(encode([recordOf({ request })]).bytes);
    expect(row!.request).toBe(request.toString('base64'));
  });
});

describe('the header of a segment', () => {
  const header = {
    kind: 'gateway',
    segment: 7,
    createdMs: 1_795_000_000_000,
    tableId: 'ea6b0a2e-7dd3-4b9f-a3ae-1ad97d2ff2f1',
  } as const;

  it('comes back as it was', () => {
    expect(decodeHeader(encodeHeader(header))).toEqual(header);
  });

  it('is none where it is short, strange or of a later version', () => {
    const later = encodeHeader(header);
    later.writeUInt16LE(2, 8);
    expect(decodeHeader(later)).toBeUndefined();
    expect(decodeHeader(encodeHeader(header).subarray(0, 63))).toBeUndefined();
    expect(decodeHeader(Buffer.alloc(64))).toBeUndefined();
  });
});
