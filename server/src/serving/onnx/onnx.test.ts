import { afterAll, describe, expect, it } from 'vitest';
import { packRows } from '../scoring/batch-bytes.ts';
import type { PackedBatch, Signature } from '../scoring/columns.ts';
import { renderAnswers } from '../scoring/render-answer.ts';
import { readSignature } from '../scoring/signature.ts';
import { whyNotInProcess } from './onnx-allow-list.ts';
import { DOUBLED, type WrittenModel, writeOnnxModel } from './onnx-file.fixture.ts';
import { callOfFlavor } from './onnx-flavor.ts';
import { createOnnxLanes } from './onnx-lane.ts';
import { readOnnxModel } from './onnx-model.ts';
import { answersRowByRow } from './onnx-rows.ts';
import { createOnnxThreads } from './onnx-threads.ts';

const threads = createOnnxThreads({
  program: new URL('./onnx-thread.ts', import.meta.url),
  threads: 1,
  maxBytes: 100_000,
});
afterAll(() => threads.close());

const signatureOf = (inputs: unknown): Signature =>
  readSignature({
    inputs: JSON.stringify(inputs),
    outputs: undefined,
    params: undefined,
    is_signature_from_type_hint: false,
  })!;
const COLUMN = signatureOf([{ type: 'double', name: 'a', required: true }]);
const MATRIX = signatureOf([{ type: 'tensor', 'tensor-spec': { dtype: 'float64', shape: [-1, 1] } }]);

const judge = (model: WrittenModel) => {
  const file = writeOnnxModel(model);
  return whyNotInProcess(readOnnxModel(file), file.length);
};

describe('an ONNX file', () => {
  it('says what it takes, what it gives and of what operators it is made', () => {
    expect(readOnnxModel(writeOnnxModel(DOUBLED))).toEqual({
      operators: ['Mul'],
      inputs: [{ name: 'x', element: 'float64', shape: [-1, 1] }],
      outputs: [{ name: 'y', element: 'float64', shape: [-1, 1] }],
      hasExternalData: false,
      hasFunctions: false,
      opsets: { '': 18 },
    });
  });

  it('runs in the server where each operator is known to end', () => {
    expect(judge(DOUBLED)).toBeUndefined();
    const [node] = DOUBLED.nodes;
    const operators = (operator: string, domain = '') =>
      judge({ ...DOUBLED, nodes: [{ ...node!, operator, domain }] });
    expect(operators('TreeEnsemble', 'ai.onnx.ml')).toBeUndefined();
    expect(operators('TreeEnsemble')).toBe('its operator TreeEnsemble is none of those that run there');
    expect(operators('Expand')).toMatch(/operator Expand /);
    expect(operators('Mul', 'com.example')).toMatch(/operator com\.example\.Mul /);
  });

  it('is looked through to the operators in its loops', () => {
    const inner = { operator: 'Hidden', inputs: [], outputs: [] };
    const [node] = DOUBLED.nodes;
    const model = readOnnxModel(writeOnnxModel({ ...DOUBLED, nodes: [{ ...node!, body: [inner] }] }));
    expect(model.operators).toEqual(['Hidden', 'Mul']);
  });

  it('keeps to itself, is not too large, and takes and gives tensors', () => {
    expect(judge({ ...DOUBLED, isExternal: true })).toBe('it keeps values in other files');
    const [node] = DOUBLED.nodes;
    expect(judge({ ...DOUBLED, nodes: [{ ...node!, isSparse: true }] })).toMatch(/\(sparse constants\)/);
    expect(whyNotInProcess(readOnnxModel(writeOnnxModel(DOUBLED)), 2 ** 30)).toMatch(/^it has 1024 MiB/);
    expect(judge({ ...DOUBLED, outputs: { y: [16 as 1, -1] } })).toMatch(/'y' is no tensor of a type/);
  });

  it.each([
    ['text', Buffer.from('no model at all')],
    ['half of one', Buffer.from(writeOnnxModel(DOUBLED)).subarray(0, 40)],
    ['nothing', Buffer.alloc(0)],
  ])('is refused where it is none: %s', (_, bytes) => {
    expect(() => readOnnxModel(bytes)).toThrow(/The file is no ONNX model/);
  });
});

describe('a model of the ONNX flavor in the server', () => {
  const open = async (model: WrittenModel, signature: Signature) => {
    const file = writeOnnxModel(model);
    const call = callOfFlavor(signature, readOnnxModel(file));
    if (typeof call === 'string') return call;
    const session = await threads.load(file);
    const faults: string[] = [];
    const onFault = (message: string) => void faults.push(message);
    const [lane] = createOnnxLanes({ id: 'm', kind: 'onnx', session, call, onFault }).lanes;
    const ask = (batch: PackedBatch) =>
      lane!.run(batch, { deadlineMs: 10_000, signal: new AbortController().signal });
    return { session, call, ask, lane: lane!, faults };
  };
  const rowsOf = (...requests: readonly (readonly number[])[]) =>
    packRows(
      COLUMN,
      requests.map((values) => ({ rows: values.length, columns: [values] })),
      '',
    );

  it('answers tables by its outputs as columns, each request its own rows', async () => {
    const opened = await open(DOUBLED, COLUMN);
    if (typeof opened === 'string') throw new Error(opened);
    expect(renderAnswers(await opened.ask(rowsOf([1, 2.5], [4])))).toEqual([
      '{"predictions": [{"y": 2.0}, {"y": 5.0}]}',
      '{"predictions": [{"y": 8.0}]}',
    ]);
    expect(await answersRowByRow(opened.session, opened.call, COLUMN)).toBe(true);
    expect(opened.lane.free()).toBe(1);
    opened.session.close();
  });

  it('answers tensors by the names of its outputs, and has floats made of doubles', async () => {
    const floats: WrittenModel = {
      nodes: [{ operator: 'Neg', inputs: ['x'], outputs: ['y'] }],
      inputs: { x: [1, -1, 1] },
      outputs: { y: [1, -1, 1] },
    };
    const opened = await open(floats, MATRIX);
    if (typeof opened === 'string') throw new Error(opened);
    const tensor = { shape: [2, 1], elements: [1, 0.1] };
    const batch = packRows(MATRIX, [{ rows: 2, columns: [tensor] }], '');
    expect(renderAnswers(await opened.ask(batch))).toEqual([
      '{"predictions": {"y": [[-1.0], [-0.10000000149011612]]}}',
    ]);
    opened.session.close();
  });

  it('is seen to answer rows by their neighbours', async () => {
    const summed: WrittenModel = {
      ...DOUBLED,
      nodes: [
        { operator: 'ReduceSum', inputs: ['x'], outputs: ['sum'], attributes: { keepdims: 1 } },
        { operator: 'Add', inputs: ['x', 'sum'], outputs: ['y'] },
      ],
    };
    const opened = await open(summed, COLUMN);
    if (typeof opened === 'string') throw new Error(opened);
    expect(await answersRowByRow(opened.session, opened.call, COLUMN)).toBe(false);
    opened.session.close();
  });

  it('leaves to its own program what the runtime refuses, and says why', async () => {
    const wide: WrittenModel = { ...DOUBLED, inputs: { x: [11, -1, 3] } };
    const opened = await open(wide, COLUMN);
    if (typeof opened === 'string') throw new Error(opened);
    await expect(opened.ask(rowsOf([1]))).rejects.toMatchObject({ reason: 'not-sent' });
    expect(opened.faults).toEqual([expect.stringMatching(/dimension/i)]);
    opened.session.close();
  });

  it.each<[string, WrittenModel, Signature]>([
    ["its input 'x' takes a fixed number of rows", { ...DOUBLED, inputs: { x: [11, 1, 1] } }, COLUMN],
    ["its output 'y' has more than one value a row", { ...DOUBLED, outputs: { y: [11, -1, 3] } }, COLUMN],
    [
      'its columns are of several types',
      DOUBLED,
      signatureOf([
        { type: 'double', name: 'a', required: true },
        { type: 'long', name: 'b', required: true },
      ]),
    ],
    [
      "its columns are of another type than its input 'x'",
      DOUBLED,
      signatureOf([{ type: 'long', name: 'a', required: true }]),
    ],
    ['its signature says no columns and no tensors', DOUBLED, undefined as unknown as Signature],
  ])('is run by its own program where %s', async (reason, model, signature) => {
    expect(await open(model, signature)).toBe(reason);
  });

  it('is not loaded where the runtime refuses it, or where the files come to too much', async () => {
    const unknown = writeOnnxModel({
      ...DOUBLED,
      nodes: [{ operator: 'Mul', inputs: ['x', 'nobody'], outputs: ['y'] }],
    });
    await expect(threads.load(unknown)).rejects.toMatchObject({
      code: 'InvalidState',
      message: expect.stringMatching(/The ONNX runtime refuses it/),
    });
    await expect(threads.load(new Uint8Array(100_001))).rejects.toMatchObject({ code: 'LimitExceeded' });
  });
});
