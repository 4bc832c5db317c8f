import type { OnnxElement } from './onnx-model.ts';

/** What the thread with the models is told, and what it says. */
export type ToOnnxThread =
  | { readonly kind: 'load'; readonly id: number; readonly session: number; readonly file: Uint8Array }
  | {
      readonly kind: 'run';
      readonly id: number;
      readonly session: number;
      readonly feeds: Readonly<Record<string, OnnxTensor>>;
    }
  | { readonly kind: 'drop'; readonly session: number };

export type FromOnnxThread =
  | { readonly kind: 'loaded'; readonly id: number }
  | {
      readonly kind: 'ran';
      readonly id: number;
      readonly outputs: Readonly<Record<string, OnnxTensor>>;
      readonly micros: number;
    }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string };

export interface OnnxTensor {
  readonly element: OnnxElement;
  readonly shape: readonly number[];
  readonly data: OnnxData;
}

/** Of booleans one byte each. */
export type OnnxData =
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>
  | readonly string[];
