import { AppError } from '../../kernel/errors.ts';
import type {
  BytesColumn,
  NumberColumn,
  PackedBatch,
  PackedTable,
  PackedTensor,
  PackedTexts,
  TensorColumn,
} from '../scoring/columns.ts';
import { tensorText } from '../scoring/render-answer.ts';
import type { OnnxTensor } from './onnx-messages.ts';
import type { OnnxAnswer } from './onnx-threads.ts';

/** The one output of a model, as an array: its first dimension counts the rows. */
export function tensorAnswer(batch: PackedBatch, output: OnnxTensor, modelMicros: number): PackedTensor {
  return { ...headOf(batch, modelMicros), kind: 'tensor', tensor: tensorColumn(output) };
}

/** Outputs as columns of a table, each laid flat, as mlflow's ONNX flavor answers a table. */
export function tableAnswer(
  batch: PackedBatch,
  names: readonly string[],
  { outputs, micros }: OnnxAnswer,
): PackedTable {
  const columns = names.map((name) => ({ ...elementsOf(outputs[name]!), name }));
  return { ...headOf(batch, micros), kind: 'columns', columns };
}

/** Outputs by name, each with its own part of the rows, as mlflow's ONNX flavor answers tensors. */
export function namedAnswer(
  batch: PackedBatch,
  names: readonly string[],
  { outputs, micros }: OnnxAnswer,
): PackedTexts {
  const tensors = names.map((name) => [JSON.stringify(name), tensorColumn(outputs[name]!)] as const);
  let row = 0;
  const texts = batch.segments.map((rows) => {
    const part = batch.segments.length === 1 ? undefined : ([row, row + rows] as const);
    row += rows;
    return `{${tensors.map(([name, tensor]) => `${name}: ${tensorText(tensor, part)}`).join(', ')}}`;
  });
  return { ...headOf(batch, micros), kind: 'json', texts, failures: new Map(), wholeBodies: false };
}

const headOf = ({ rows, segments }: PackedBatch, modelMicros: number) => ({
  rows,
  segments,
  ranOneByOne: false,
  modelMicros,
});

const tensorColumn = (output: OnnxTensor): TensorColumn => ({
  dtype: 'tensor',
  name: undefined,
  shape: output.shape,
  elements: elementsOf(output),
});

function elementsOf({ element, data }: OnnxTensor): NumberColumn | BytesColumn {
  if (element !== 'string') {
    if (!('buffer' in data)) throw new AppError('Internal', 'The ONNX runtime gave texts for numbers.');
    return { dtype: element, name: undefined, validity: undefined, values: data };
  }
  const texts = (data as readonly string[]).map((text) => Buffer.from(text));
  const offsets = new Uint32Array(texts.length + 1);
  texts.forEach((text, index) => {
    offsets[index + 1] = offsets[index]! + text.length;
  });
  return { dtype: 'string', name: undefined, validity: undefined, offsets, bytes: Buffer.concat(texts) };
}
