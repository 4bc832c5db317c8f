import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  createFrameReader,
  encodeHeader,
  encodeJsonFrame,
  FRAME_TYPES,
  type FrameType,
  readJson,
} from './frames.ts';

interface Golden {
  readonly name: string;
  readonly type: FrameType;
  readonly flags: number;
  readonly id: number;
  readonly aux: number;
  readonly payload: string;
  readonly frame: string;
}
const golden = JSON.parse(
  readFileSync(new URL('./frames.golden.json', import.meta.url), 'utf8'),
) as readonly Golden[];
const OTHER_SIDE = `
import json, socket, sys
sys.path.insert(0, sys.argv[1])
from scoring_worker.channel import Channel
told = []
for case in json.load(sys.stdin):
    ours, theirs = socket.socketpair()
    payload = bytes.fromhex(case["payload"])
    # In two pieces, one of them empty where it is short.
    Channel(ours).send(case["type"], [payload[:4], payload[4:]], id=case["id"], aux=case["aux"], flags=case["flags"])
    written = theirs.recv(1024)
    ours.sendall(bytes.fromhex(case["frame"]))
    frame = Channel(theirs).receive()
    told.append([written.hex(), [frame.type, frame.flags, frame.id, frame.aux, bytes(frame.payload).hex()]])
print(json.dumps(told))
`;
const everything = Buffer.concat(golden.map(({ frame }) => Buffer.from(frame, 'hex')));

describe('frames', () => {
  it.each(golden)('are written as both sides agreed: $name', ({ payload, frame, ...header }) => {
    const bytes = Buffer.from(payload, 'hex');
    expect(Buffer.concat([encodeHeader(header, bytes.length), bytes]).toString('hex')).toBe(frame);
  });

  it.each([1, 3, 16, 17, everything.length])('are read from pieces of %i bytes', (size) => {
    const reader = createFrameReader();
    const frames = [];
    for (let at = 0; at < everything.length; at += size)
      frames.push(...reader.read(everything.subarray(at, at + size)));
    expect(
      frames.map(({ payload, ...header }) => ({ ...header, payload: Buffer.from(payload).toString('hex') })),
    ).toEqual(golden.map(({ type, flags, id, aux, payload }) => ({ type, flags, id, aux, payload })));
    for (const { payload } of frames) expect(payload.byteOffset % 8).toBe(0);
  });

  it('are written and read alike by the other side', () => {
    const programs = fileURLToPath(new URL('../../../python', import.meta.url));
    const python = process.env.MLFLOW_PYTHON ?? process.env.PYTHON ?? 'python3';
    const told = execFileSync(python, ['-c', OTHER_SIDE, programs], { input: JSON.stringify(golden) });
    expect(JSON.parse(told.toString())).toEqual(
      golden.map(({ type, flags, id, aux, payload, frame }) => [frame, [type, flags, id, aux, payload]]),
    );
  });

  it('carry JSON', () => {
    const [frame] = createFrameReader().read(encodeJsonFrame(FRAME_TYPES.load, { name: 'ä' }, { id: 7 }));
    expect(frame).toMatchObject({ type: FRAME_TYPES.load, id: 7, aux: 0 });
    expect(readJson(frame!)).toEqual({ name: 'ä' });
  });

  it.each([
    ['an unknown type', '00000000770000000000000000000000'],
    ['a byte that must be zero', '00000000030001000000000000000000'],
    ['a length beyond the bound', '010100000300000000000000000000000000'],
  ])('are refused with %s', (_what, hex) => {
    expect(() => createFrameReader(256).read(Buffer.from(hex, 'hex'))).toThrow(
      expect.objectContaining({ code: 'Internal', reason: 'protocol' }),
    );
  });

  it.each(['{', '[]', 'null', '"x"'])('are refused where JSON is expected and %s stands', (text) => {
    const payload = new Uint8Array(Buffer.from(text));
    expect(() => readJson({ type: FRAME_TYPES.hello, flags: 0, id: 0, aux: 0, payload })).toThrow(
      expect.objectContaining({ reason: 'protocol' }),
    );
  });
});
