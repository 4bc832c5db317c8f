/** Small ONNX files for tests, written by hand: field numbers of onnx.proto. */
export interface WrittenNode {
  readonly operator: string;
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Integers alone. */
  readonly attributes?: Readonly<Record<string, number>>;
  /** Whether it has a constant of its own, written sparsely. */
  readonly isSparse?: boolean;
  /** A graph inside, as loops have. */
  readonly body?: readonly WrittenNode[];
}

export interface WrittenModel {
  readonly nodes: readonly WrittenNode[];
  readonly inputs: Readonly<Record<string, WrittenType>>;
  readonly outputs: Readonly<Record<string, WrittenType>>;
  /** Of doubles, each with its shape. */
  readonly constants?: Readonly<
    Record<string, { readonly shape: readonly number[]; readonly values: readonly number[] }>
  >;
  readonly isExternal?: boolean;
}

/** Data type, and dimensions: −1 for any length. */
export type WrittenType = readonly [1 | 7 | 11, ...number[]];

export function writeOnnxModel(model: WrittenModel): Uint8Array<ArrayBuffer> {
  const graph = [
    ...model.nodes.flatMap((node) => message(1, nodeBytes(node))),
    ...text(2, 'graph'),
    ...Object.entries(model.constants ?? {}).flatMap(([name, { shape, values }]) =>
      message(5, [
        ...shape.flatMap((length) => number(1, length)),
        ...number(2, 11),
        ...text(8, name),
        ...(model.isExternal ? number(14, 1) : []),
        ...message(9, [...new Uint8Array(new Float64Array(values).buffer)]),
      ]),
    ),
    ...Object.entries(model.inputs).flatMap(([name, type]) => message(11, valueBytes(name, type))),
    ...Object.entries(model.outputs).flatMap(([name, type]) => message(12, valueBytes(name, type))),
  ];
  return new Uint8Array([...number(1, 8), ...message(7, graph), ...message(8, number(2, 18))]);
}

const nodeBytes = ({
  operator,
  domain = '',
  inputs,
  outputs,
  attributes = {},
  isSparse = false,
  body,
}: WrittenNode): number[] => [
  ...inputs.flatMap((name) => text(1, name)),
  ...outputs.flatMap((name) => text(2, name)),
  ...text(4, operator),
  ...Object.entries(attributes).flatMap(([name, value]) =>
    message(5, [...text(1, name), ...number(3, value), ...number(20, 2)]),
  ),
  ...(isSparse ? message(5, [...text(1, 'sparse_value'), ...message(22, number(3, 1))]) : []),
  ...(body === undefined
    ? []
    : message(
        5,
        message(
          6,
          body.flatMap((node) => message(1, nodeBytes(node))),
        ),
      )),
  ...text(7, domain),
];

const valueBytes = (name: string, [type, ...shape]: WrittenType): number[] => [
  ...text(1, name),
  ...message(
    2,
    message(1, [
      ...number(1, type),
      ...message(
        2,
        shape.flatMap((length) => message(1, length < 0 ? text(2, 'N') : number(1, length))),
      ),
    ]),
  ),
];

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}
const number = (field: number, value: number): number[] => [...varint(field * 8), ...varint(value)];
const message = (field: number, bytes: readonly number[]): number[] => [
  ...varint(field * 8 + 2),
  ...varint(bytes.length),
  ...bytes,
];
const text = (field: number, value: string): number[] => message(field, [...Buffer.from(value)]);

/** Twice the one column of the input, `x` to `y`. */
export const DOUBLED: WrittenModel = {
  nodes: [{ operator: 'Mul', inputs: ['x', 'two'], outputs: ['y'] }],
  inputs: { x: [11, -1, 1] },
  outputs: { y: [11, -1, 1] },
  constants: { two: { shape: [1], values: [2] } },
};
