import { AppError } from '../../kernel/errors.ts';
import type { InputDomain } from '../scoring/columns.ts';

/** What was seen when a model and its compiled form were asked the same. */
export interface Evidence {
  readonly state: 'proven' | 'refused';
  /** Why it was refused; empty where it was proven. */
  readonly reason: string;
  /** `decision`: labels, which must be equal. `score`: numbers, within the tolerance. */
  readonly kind: 'decision' | 'score' | undefined;
  readonly domain: InputDomain | undefined;
  /** How many rows of each kind were asked. */
  readonly probes: Readonly<Record<string, number>>;
  readonly largestDifference: number;
  /** Relative to the score, absolute below 1. */
  readonly tolerance: number;
  /** Rows with the compiled form's answer, to be asked again of each runtime that loads it. */
  readonly checks: readonly Check[];
  readonly seed: number;
  readonly versions: Readonly<Record<string, string>>;
}

export interface Check {
  readonly row: readonly number[];
  /** A label, a number, or a number for each class. */
  readonly answer: unknown;
}

const MAX_CHARACTERS = 8 * 2 ** 20;
const MAX_CHECKS = 400;
/** Of all rows of the checks together. */
const MAX_NUMBERS = 2 ** 20;
/** What scores may differ by at most, whatever was written (`model_compiler/compare.py`). */
const MAX_TOLERANCE = 1e-6;
const MAX_REASON = 2000;

/**
 * Evidence as the compiler wrote it. It ran beside the model's own code: nothing in it is believed before it is looked at.
 * @throws AppError InvalidState
 */
export function readEvidence(text: string): Evidence {
  if (text.length > MAX_CHARACTERS) throw unreadable();
  let written: unknown;
  try {
    written = JSON.parse(text);
  } catch (error) {
    throw unreadable(error);
  }
  if (!isObject(written)) throw unreadable();
  const { state, kind } = written;
  if (state !== 'proven' && state !== 'refused') throw unreadable();
  const domain = isObject(written.domain) ? readDomain(written.domain) : undefined;
  if (state === 'proven' && (domain === undefined || (kind !== 'decision' && kind !== 'score')))
    throw unreadable();
  return {
    state,
    reason: String(written.reason ?? '').slice(0, MAX_REASON),
    kind: kind === 'decision' || kind === 'score' ? kind : undefined,
    domain,
    probes: numbersOf(written.probes),
    largestDifference: numberOf(written.largestDifference),
    tolerance: Math.min(Math.max(numberOf(written.tolerance), 0), MAX_TOLERANCE),
    checks: readChecks(written.checks),
    seed: numberOf(written.seed),
    versions: Object.fromEntries(
      entriesOf(written.versions).map(([name, version]) => [name, String(version).slice(0, 100)]),
    ),
  };
}

function readDomain(written: Fields): InputDomain {
  const { largest } = written;
  if (typeof largest !== 'number' || !(largest >= 0)) throw unreadable();
  return {
    refusesNan: written.refusesNan !== false,
    refusesPositiveInfinity: written.refusesPositiveInfinity !== false,
    refusesNegativeInfinity: written.refusesNegativeInfinity !== false,
    largest,
    // Columns of texts are not compiled.
    refusesNullText: true,
    refusesNoRows: written.refusesNoRows !== false,
  };
}

function readChecks(written: unknown): readonly Check[] {
  const checks = Array.isArray(written) ? written.slice(0, MAX_CHECKS).map(readCheck) : [];
  const width = checks[0]?.row.length ?? 0;
  if (checks.length * width > MAX_NUMBERS || checks.some(({ row }) => row.length !== width))
    throw unreadable();
  return checks;
}

function readCheck(written: unknown): Check {
  if (!isObject(written) || !Array.isArray(written.row)) throw unreadable();
  return { row: written.row.map(readNumber), answer: written.answer };
}

/** JSON has no word for some numbers: those are texts, as Python writes them. */
export function readNumber(written: unknown): number {
  if (typeof written === 'number') return written;
  if (typeof written === 'boolean') return Number(written);
  switch (written) {
    case 'nan':
      return Number.NaN;
    case 'inf':
      return Number.POSITIVE_INFINITY;
    case '-inf':
      return Number.NEGATIVE_INFINITY;
    default:
      throw unreadable();
  }
}

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const entriesOf = (value: unknown) => (isObject(value) ? Object.entries(value).slice(0, 100) : []);
const numberOf = (value: unknown): number =>
  typeof value === 'number' && Number.isFinite(value) ? value : 0;
const numbersOf = (value: unknown): Readonly<Record<string, number>> =>
  Object.fromEntries(entriesOf(value).map(([name, number]) => [name, numberOf(number)]));

const unreadable = (cause?: unknown): AppError =>
  new AppError('InvalidState', 'The compiler gave evidence that cannot be read.', { cause });
