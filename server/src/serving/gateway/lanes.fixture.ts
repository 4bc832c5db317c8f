import { AppError } from '../../kernel/errors.ts';
import { packAnswer, readAnswer } from '../scoring/answer-bytes.ts';
import { readBatch } from '../scoring/batch-bytes.ts';
import type {
  NumberColumn,
  PackedAnswer,
  PackedBatch,
  PackedTable,
  PackedTensor,
  Signature,
} from '../scoring/columns.ts';
import { readSignature } from '../scoring/signature.ts';
import {
  DEFAULT_BATCH_RULES,
  type Lane,
  type LaneKind,
  type LaneSet,
  type Route,
  type RoutedEntity,
} from './lane.ts';

/** A model of a test: sees a batch as a program would read it. What it throws is an exception of the model. */
export type TestModel = (batch: PackedBatch) => PackedTable | PackedTensor;

export interface TestLaneOptions {
  readonly kind?: LaneKind;
  readonly capacity?: number;
  /** How long it takes. */
  readonly takesMs?: () => number;
}

export interface TestLane extends Lane {
  /** The segments of the batches that it was given. */
  readonly batches: (readonly number[])[];
  /** Dies: everything that it has is refused, and so is what it is given from now on. */
  die(reason?: 'replica-gone' | 'not-sent'): void;
}

let lanesMade = 0;

/** A lane in this process. Batches and answers pass through their bytes, as they would on a socket. */
export function createTestLane(model: TestModel, options: TestLaneOptions = {}): TestLane {
  const { kind = 'python', capacity = 1, takesMs = () => 0 } = options;
  const running = new Set<(error: AppError) => void>();
  const batches: (readonly number[])[] = [];
  let dead: 'replica-gone' | 'not-sent' | undefined;
  lanesMade += 1;

  return {
    id: `lane-${lanesMade}`,
    kind,
    batches,
    free: () => capacity - running.size,
    run(batch) {
      batches.push(batch.segments);
      if (dead !== undefined) return Promise.reject(gone(dead));
      return new Promise<PackedAnswer>((resolve, reject) => {
        running.add(reject);
        setTimeout(() => {
          if (!running.delete(reject)) return;
          try {
            resolve(answerBy(model, batch));
          } catch (error) {
            reject(raised(error));
          }
        }, takesMs());
      });
    },
    die(reason = 'replica-gone') {
      dead = reason === 'not-sent' ? reason : 'not-sent';
      for (const reject of running) reject(gone(reason));
      running.clear();
    },
  };
}

function answerBy(model: TestModel, batch: PackedBatch): PackedAnswer {
  const read = batch.kind === 'raw' ? batch : readBatch(Uint8Array.from(batch.payload));
  return readAnswer(packAnswer(model(read)), { asked: batch.segments.length, modelMicros: 100 });
}

const gone = (reason: string) => new AppError('Unavailable', 'The replica is gone.', { reason });
const raised = (error: unknown) =>
  error instanceof AppError
    ? error
    : new AppError('InvalidArgument', String(error), { reason: 'model-raised' });

export interface TestLanes extends LaneSet {
  readonly woken: () => number;
  use(...lanes: readonly Lane[]): void;
  fail(failure: AppError | undefined): void;
}

export function createTestLanes(...first: readonly Lane[]): TestLanes {
  const listeners = new Set<() => void>();
  let lanes: readonly Lane[] = first;
  let failure: AppError | undefined;
  let woken = 0;
  const tell = () => {
    for (const listener of [...listeners]) listener();
  };
  return {
    get lanes() {
      return lanes;
    },
    get failure() {
      return failure;
    },
    woken: () => woken,
    wake() {
      woken += 1;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    use(...next) {
      lanes = next;
      tell();
    },
    fail(next) {
      failure = next;
      tell();
    },
  };
}

const IRIS_COLUMNS = ['sepal length (cm)', 'sepal width (cm)', 'petal length (cm)', 'petal width (cm)'];

/** The signature of columns `[type, name]`, as an MLmodel file has it. */
export function signatureOf(
  columns: readonly (readonly [type: string, name?: string, required?: boolean])[],
  params?: readonly object[],
): Signature {
  const inputs = columns.map(([type, name, required = true]) => ({
    type,
    ...(name !== undefined && { name }),
    required,
  }));
  return readSignature({
    inputs: JSON.stringify(inputs),
    outputs: null,
    params: params === undefined ? null : JSON.stringify(params),
  })!;
}

const IRIS = signatureOf(IRIS_COLUMNS.map((name) => ['double', name]));

/** Answers 0 for small petals and 2 for others; like the forest it refuses infinities, and no rows. */
export const irisModel: TestModel = (batch) => {
  if (batch.rows === 0) throw new Error('Found array with 0 sample(s)');
  const columns = batch.columns.map((column) => (column as NumberColumn).values as Float64Array);
  const labels = BigInt64Array.from({ length: batch.rows }, (_, row) => {
    if (columns.some((values) => Math.abs(values[row]!) === Number.POSITIVE_INFINITY))
      throw new Error("Input X contains infinity or a value too large for dtype('float32').");
    return columns[2]![row]! < 2.45 || Number.isNaN(columns[2]![row]) ? 0n : 2n;
  });
  return labelsAnswer(labels, batch.segments);
};

/** An array with a value a row. */
export const labelsAnswer = (
  values: BigInt64Array | Float64Array,
  segments: readonly number[],
): PackedTensor => ({
  kind: 'tensor',
  rows: values.length,
  segments,
  ranOneByOne: false,
  modelMicros: 0,
  tensor: {
    dtype: 'tensor',
    name: undefined,
    shape: [values.length],
    elements: {
      dtype: values instanceof Float64Array ? 'float64' : 'int64',
      name: undefined,
      validity: undefined,
      values,
    },
  },
});

/** An entity of a route; what is not said is usual. */
export const entityOf = (lanes: LaneSet, given: Partial<RoutedEntity> = {}): RoutedEntity => ({
  id: 'served-1',
  name: 'iris-1',
  modelName: 'iris',
  modelVersion: '1',
  weight: 100,
  path: 'columns',
  signature: IRIS,
  domain: undefined,
  fallbackJoins: true,
  batch: { ...DEFAULT_BATCH_RULES, rowWise: true },
  lanes,
  fallback: undefined,
  slots: 64,
  onNotRowWise: () => undefined,
  ...given,
});

export const routeOf = (entities: readonly RoutedEntity[], given: Partial<Route> = {}): Route => ({
  endpointId: 'e1',
  name: 'iris',
  configVersion: 1,
  entities,
  strict: false,
  deadlineMs: 10_000,
  maxWaiting: { requests: 4096, bytes: 64 * 2 ** 20 },
  log: undefined,
  rateLimits: [],
  ...given,
});
