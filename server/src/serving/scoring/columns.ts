/**
 * The rows of requests on their way to a model, and its answers on their way back: columns of numbers and texts, packed
 * into one stretch of bytes that a program of another language reads in place. `batch-bytes.ts` and `answer-bytes.ts`
 * write and read them.
 *
 * All numbers are little-endian; `pad` stands for zero bytes up to the next multiple of 8 from the payload's start.
 *
 * A batch (the payload of a PREDICT frame):
 * ```
 * u8 kind (1 columns, 2 raw)  u8 0  u16 segments  u32 rows
 * segments × u32 rows of the segment            (raw: 0)
 * u32 bytes of params, params as a JSON object  (0 bytes: the model takes none)
 * kind 1: u16 columns, then for each column of the signature, in its order:
 *         u8 dtype (0: the column is absent, nothing follows but the zeros of this head)  u8 hasNulls  u16 0  u32 bytes of the data
 *         [validity, ⌈rows / 8⌉ bytes: bit i (lowest first) is set where row i has a value]  pad  data
 * kind 2: for each segment: u8 content type  u8 0  u16 0  u32 bytes, body
 * ```
 * An answer (the payload of an ANSWER frame):
 * ```
 * u8 kind (1 columns, 2 tensor, 3 JSON texts)  u8 flags  u16 columns  u32 rows
 *   flags: bit 0 the segments were run one by one; of kind 3 also bit 1 some failed, bit 2 the texts are whole bodies
 * segments × u32 rows of the segment
 * kind 1: for each column: u8 dtype  u8 hasNulls  u16 bytes of the name  u32 bytes of the data, name, [validity] pad data
 * kind 2: the same, with one column of dtype 9 and no name
 * kind 3: for each segment: u32 bytes, the text of its predictions in UTF-8 (empty where it failed);
 *         where some failed: u32 count, for each: u32 place  u32 bytes, JSON as in FAILED frames
 * ```
 * Data by dtype: bool one byte a row (0 or 1); integers and floats their array; string and binary `u32 × (rows + 1)`
 * offsets into the bytes that follow them; datetime int64 nanoseconds since 1970 UTC; tensor
 * `u8 dtype of the elements  u8 rank  u16 0  u32 × rank dimensions  pad  data of all elements in C order`.
 * A row without a value holds 0, or no bytes; only text, binary and datetime columns have such rows: a float that is null is
 * NaN.
 */
export const DTYPES = {
  absent: 0,
  bool: 1,
  int32: 2,
  int64: 3,
  float32: 4,
  float64: 5,
  string: 6,
  binary: 7,
  datetime: 8,
  tensor: 9,
  // Elements of tensors, and columns of answers.
  int8: 10,
  int16: 11,
  uint8: 12,
  uint16: 13,
  uint32: 14,
  uint64: 15,
} as const;
export type DtypeName = keyof typeof DTYPES;
export type Dtype = (typeof DTYPES)[DtypeName];

export const BATCH_KINDS = { columns: 1, raw: 2 } as const;
export const ANSWER_KINDS = { columns: 1, tensor: 2, json: 3 } as const;
export const CONTENT_TYPES = { json: 1, csv: 2, parquet: 3 } as const;
export type ContentKind = keyof typeof CONTENT_TYPES;
/** Bits of an answer's flags. */
export const ANSWER_FLAGS = { runOneByOne: 1, someFailed: 2, wholeBodies: 4 } as const;

/** Elements that lie side by side: a view of the batch's or answer's own bytes. */
export type Numbers =
  | Uint8Array
  | Int8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

export type PackedColumn = AbsentColumn | NumberColumn | BytesColumn | TensorColumn;

/** An optional column that the request left out. */
export interface AbsentColumn {
  readonly dtype: 'absent';
  readonly name: string | undefined;
}

export interface NumberColumn {
  readonly dtype: Exclude<DtypeName, 'absent' | 'string' | 'binary' | 'tensor'>;
  readonly name: string | undefined;
  /** Undefined where every row has a value. */
  readonly validity: Uint8Array | undefined;
  readonly values: Numbers;
}

export interface BytesColumn {
  readonly dtype: 'string' | 'binary';
  readonly name: string | undefined;
  readonly validity: Uint8Array | undefined;
  /** One more than there are rows. */
  readonly offsets: Uint32Array;
  readonly bytes: Uint8Array;
}

export interface TensorColumn {
  readonly dtype: 'tensor';
  readonly name: string | undefined;
  readonly shape: readonly number[];
  /** One element a value, in C order; its own name and validity are undefined. */
  readonly elements: NumberColumn | BytesColumn;
}

/** What one call of a lane carries: the rows of one request, or of several that are joined. */
export interface PackedBatch {
  readonly kind: 'columns' | 'raw';
  readonly rows: number;
  /** Rows of each request, in order; zeros for `raw`, where nobody has counted them. */
  readonly segments: readonly number[];
  /** A JSON object with a value for every parameter of the signature; empty where the model takes none. */
  readonly params: string;
  /** The whole batch in the format above, from a multiple of 8 bytes on in its buffer. */
  readonly payload: Uint8Array<ArrayBuffer>;
  /** Views of `payload` by column of the signature, for lanes of this process; empty for `raw`. */
  readonly columns: readonly PackedColumn[];
}

export type PackedAnswer = PackedTable | PackedTensor | PackedTexts;

interface AnswerHead {
  readonly rows: number;
  /** Rows of the answer of each request: as many entries as the batch had. */
  readonly segments: readonly number[];
  readonly ranOneByOne: boolean;
  /** What the model itself took, for the whole batch. */
  readonly modelMicros: number;
}

/** A DataFrame, shown as a list of records. */
export interface PackedTable extends AnswerHead {
  readonly kind: 'columns';
  readonly columns: readonly PackedColumn[];
}

/** An array, shown as nested lists. Its first dimension counts the rows. */
export interface PackedTensor extends AnswerHead {
  readonly kind: 'tensor';
  readonly tensor: TensorColumn;
}

/** Answers that the program rendered by itself. */
export interface PackedTexts extends AnswerHead {
  readonly kind: 'json';
  /** Empty for a segment that failed. */
  readonly texts: readonly string[];
  /** By segment. */
  readonly failures: ReadonlyMap<number, SegmentFailure>;
  /** Whether the texts are bodies of answers; else they are predictions. */
  readonly wholeBodies: boolean;
}

/** Why one request of a batch has no answer. */
export interface SegmentFailure {
  readonly at: 'input' | 'model' | 'output' | 'limit';
  /** For the caller only where the program judged the input: what an exception says is the model's own affair. */
  readonly message: string;
  /** The reason of the error (`scoring-errors.ts`), where the program's own MLflow found the fault. */
  readonly reason: string | undefined;
}

/** What a model takes, as its `MLmodel` file says. */
export interface Signature {
  /** Columns, or tensors; in the order in which the model wants them. */
  readonly inputs: readonly SignatureInput[];
  /** Whether the inputs go by name; all do, or none. */
  readonly named: boolean;
  /** Undefined where the model declares none: then requests' params are ignored. */
  readonly params: readonly ParamSpec[] | undefined;
  /** `raw` where an input is neither a flat column nor a tensor, or type hints say what is taken. */
  readonly path: 'columns' | 'raw';
}

export type SignatureInput = ColumnInput | TensorInput | NestedInput;

interface InputHead {
  /** Undefined in signatures without names. */
  readonly name: string | undefined;
  readonly required: boolean;
  /** As messages show it: `'age': long (required)`. */
  readonly shown: string;
}

export interface ColumnInput extends InputHead {
  readonly kind: 'column';
  readonly type: ScalarType;
}

export interface TensorInput extends InputHead {
  readonly kind: 'tensor';
  readonly element: NumberColumn['dtype'];
  /** −1 for a dimension of any length. */
  readonly shape: readonly number[];
}

/** Arrays, objects, maps and anything else: parsed where the model is. */
export interface NestedInput extends InputHead {
  readonly kind: 'nested';
}

export type ScalarType =
  | 'boolean'
  | 'integer'
  | 'long'
  | 'float'
  | 'double'
  | 'string'
  | 'binary'
  | 'datetime';

export interface ParamSpec {
  readonly name: string;
  /** `object` is passed on as it comes. */
  readonly type: ScalarType | 'object';
  readonly isList: boolean;
  readonly default: unknown;
  /** As messages show it: `'alpha': double (default: 0.5)`. */
  readonly shown: string;
}

/**
 * What a compiled model is not asked: the original refuses it though its signature takes it, or was not compared there.
 */
export interface InputDomain {
  readonly refusesNan: boolean;
  readonly refusesPositiveInfinity: boolean;
  readonly refusesNegativeInfinity: boolean;
  /** Finite numbers of a larger magnitude are for the original. */
  readonly largest: number;
  readonly refusesNullText: boolean;
  readonly refusesNoRows: boolean;
}
