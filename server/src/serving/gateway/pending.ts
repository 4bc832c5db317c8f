import type { ReadInput } from '../scoring/read-input.ts';
import type { ScoringAnswer, ScoringRequest } from './gateway-port.ts';
import type { EntityState } from './route-state.ts';

/** A request between its arrival and its answer. One object for each, changed in place: this is the hot path. */
export class Pending {
  readonly request: ScoringRequest;
  readonly state: EntityState;
  readonly input: ReadInput;
  readonly done: (answer: ScoringAnswer) => void;
  /** By the wall clock, for the log. */
  readonly timestampMs: number;
  /** By the steady clock. */
  readonly arrivedAt: number;
  readonly deadlineAt: number;
  /** By the steady clock; undefined until it is sent to a lane. */
  sentAt: number | undefined = undefined;
  /** Requests of the batch that it was sent in. */
  batchRequests = 0;
  phase: 'waiting' | 'running' | 'over' = 'waiting';
  /** Whether a lane gave it back unseen. */
  wasReturned = false;
  /** Whether it failed among others, and is to be tried by itself. */
  isAlone = false;

  constructor(
    request: ScoringRequest,
    done: (answer: ScoringAnswer) => void,
    {
      state,
      input,
      ...times
    }: {
      readonly state: EntityState;
      readonly input: ReadInput;
      readonly timestampMs: number;
      readonly arrivedAt: number;
      readonly deadlineAt: number;
    },
  ) {
    this.request = request;
    this.done = done;
    this.state = state;
    this.input = input;
    this.timestampMs = times.timestampMs;
    this.arrivedAt = times.arrivedAt;
    this.deadlineAt = times.deadlineAt;
  }
}
