import { AppError } from '../../kernel/errors.ts';
import { packRaw, packRows, type ReadyRows } from '../scoring/batch-bytes.ts';
import type { PackedAnswer, PackedBatch } from '../scoring/columns.ts';
import type { BatchRules, Lane, LaneKind, LaneSet } from './lane.ts';
import type { Pending } from './pending.ts';
import { secondsText } from './rate-limits.ts';

/** Requests that may wait while no lane lives: a start takes seconds, and callers come all at once. */
const COLD_WAITING = { requests: 16_384, bytes: 256 * 2 ** 20 };
/** Among how many of those that wait a batch is gathered, for each that it takes. */
const LOOKED_AT = 4;
/** When callers may come again whom a cold endpoint could not hold: a start takes seconds. */
const COLD_RETRY_S = 5;
const LONGEST_RETRY_S = 60;
/** Models that answer quicker than this are not waited for. */
const SLOW_MODEL_MICROS = 1000;

/** What is left to whoever made the queue. */
export interface LaneQueueOwner {
  /** Steady clock. */
  now(): number;
  readonly signal: AbortSignal;
  /** Bytes that wait before all queues; changed by them. */
  readonly waitingBytes: { total: number; readonly limit: number };
  answered(requests: readonly Pending[], answer: PackedAnswer, lane: LaneKind): void;
  failed(request: Pending, error: AppError, lane: LaneKind | undefined): void;
}

/** Requests before a set of lanes: held while none lives, joined while one is busy. */
export interface LaneQueue {
  /** Why the request may not wait; undefined where it does now. */
  add(request: Pending): AppError | undefined;
  /** For one that is over before it was sent. */
  remove(request: Pending): void;
  /** For one that is over though it was sent: its slot is free. */
  release(request: Pending): void;
  retain(): void;
  /** Nothing is kept of the lanes once nobody retains the queue. @returns whether that is so */
  letGo(): boolean;
}

export function createLaneQueue(lanes: LaneSet, owner: LaneQueueOwner): LaneQueue {
  /** In order of arrival; those that were tried already come first. */
  const waiting = new Set<Pending>();
  const again = new Set<Pending>();
  let running = 0;
  let waitingBytes = 0;
  let users = 0;
  let modelMicros = 0;
  /** What a request takes of a lane, as of late. */
  let laneMs = 0;
  let lastBatch = 1;
  let planned: NodeJS.Immediate | undefined;
  let lingering: NodeJS.Timeout | undefined;
  let coldSince: number | undefined;
  let turn = 0;
  const stopListening = lanes.onChange(lanesChanged);

  function lanesChanged(): void {
    if (lanes.lanes.length === 0 && lanes.failure !== undefined) {
      for (const request of [...again, ...waiting]) giveUp(request, lanes.failure);
      return;
    }
    if (lanes.lanes.length > 0) endColdStart();
    plan();
  }

  function giveUp(request: Pending, error: AppError): void {
    forget(request);
    owner.failed(request, error, undefined);
  }

  function endColdStart(): void {
    if (coldSince === undefined) return;
    const [first] = waiting;
    first?.state.tally.coldStartSeconds.observe((owner.now() - coldSince) / 1000);
    coldSince = undefined;
  }

  function plan(): void {
    // After all that can be read now was read: what came together is joined, and nothing waits for it.
    planned ??= setImmediate(dispatch);
  }

  function dispatch(): void {
    planned = undefined;
    while (again.size + waiting.size > 0) {
      const head = first(again) ?? first(waiting)!;
      if (running >= head.state.entity.slots) return;
      const lane = freeLane();
      if (lane === undefined) {
        if (lanes.lanes.length === 0) lanes.wake();
        return;
      }
      if (lingers(head)) return;
      send(lane, gather(head));
    }
  }

  /** Lanes take turns, so that all of them have batches of about the same size. */
  function freeLane(): Lane | undefined {
    const all = lanes.lanes;
    for (let i = 0; i < all.length; i += 1) {
      turn = (turn + 1) % all.length;
      const lane = all[turn]!;
      if (lane.free() > 0) return lane;
    }
    return undefined;
  }

  /** Whether the next batch waits for callers that have just been answered, and are about to ask again. */
  function lingers(head: Pending): boolean {
    const budgetMs = Math.min((modelMicros / 1000) * 0.2, head.state.entity.batch.latencyBudgetMs);
    if (modelMicros < SLOW_MODEL_MICROS || lastBatch <= 1 || !isJoinable(head)) return false;
    const leftMs = budgetMs - (owner.now() - head.arrivedAt);
    if (leftMs <= 0 || waiting.size >= lastBatch) return false;
    lingering ??= setTimeout(() => {
      lingering = undefined;
      plan();
    }, leftMs);
    return true;
  }

  function gather(head: Pending): Pending[] {
    const { batch: rules, slots } = head.state.entity;
    const most = Math.min(rules.maxRequests, slots - running);
    const batch = [head];
    take(head);
    if (!isJoinable(head)) return batch;
    let rows = rowsOf(head);
    let bytes = head.request.body.length;
    let looks = most * LOOKED_AT;
    for (const request of waiting) {
      if (batch.length >= most || looks === 0) break;
      looks -= 1;
      if (!joins(head, request)) continue;
      rows += rowsOf(request);
      bytes += request.request.body.length;
      if (!fits(rules, rows, bytes)) break;
      take(request);
      batch.push(request);
    }
    return batch;
  }

  function take(request: Pending): void {
    forget(request);
    request.phase = 'running';
    request.state.tally.running += 1;
    running += 1;
  }

  function forget(request: Pending): void {
    if (!waiting.delete(request) && !again.delete(request)) return;
    const bytes = request.request.body.length;
    waitingBytes -= bytes;
    owner.waitingBytes.total -= bytes;
    request.state.tally.waiting -= 1;
    request.state.tally.waitingBytes -= bytes;
  }

  function keep(request: Pending, among: Set<Pending>): void {
    const bytes = request.request.body.length;
    among.add(request);
    waitingBytes += bytes;
    owner.waitingBytes.total += bytes;
    request.state.tally.waiting += 1;
    request.state.tally.waitingBytes += bytes;
  }

  function send(lane: Lane, requests: readonly Pending[]): void {
    const [head] = requests as readonly [Pending];
    const { tally } = head.state;
    const sentAt = owner.now();
    let lastDeadline = 0;
    for (const request of requests) {
      if (request.deadlineAt > lastDeadline) lastDeadline = request.deadlineAt;
      request.state.tally.queueWait.observe((sentAt - request.arrivedAt) / 1000);
      request.sentAt = sentAt;
      request.batchRequests = requests.length;
    }
    tally.batchRequests.observe(requests.length);
    const limit = { deadlineMs: Math.max(1, lastDeadline - sentAt), signal: owner.signal };
    // What a lane throws at once is a refusal like any other.
    const answering = new Promise<PackedAnswer>((resolve) => resolve(lane.run(pack(requests), limit)));
    answering.then(
      (answer) => {
        tally.busyMs += tookUntilNow(sentAt, requests.length);
        answered(lane, requests, answer);
        plan();
      },
      (error: unknown) => {
        tally.busyMs += tookUntilNow(sentAt, requests.length);
        refused(lane, requests, error);
        plan();
      },
    );
  }

  function tookUntilNow(sentAt: number, requests: number): number {
    const tookMs = owner.now() - sentAt;
    laneMs = laneMs === 0 ? tookMs / requests : laneMs * 0.8 + (tookMs / requests) * 0.2;
    return tookMs;
  }

  function free(request: Pending): void {
    running -= 1;
    request.state.tally.running -= 1;
  }

  function answered(lane: Lane, requests: readonly Pending[], answer: PackedAnswer): void {
    lastBatch = requests.length;
    modelMicros = modelMicros === 0 ? answer.modelMicros : modelMicros * 0.8 + answer.modelMicros * 0.2;
    if (requests.length > 1) {
      const mixedUp = !isOfRequests(answer, requests);
      if (mixedUp || wasRunOneByOne(answer)) stopJoining(requests[0]!);
      if (mixedUp) {
        tryAlone(requests);
        return;
      }
    }
    owner.answered(requests, answer, lane.kind);
  }

  function stopJoining({ state }: Pending): void {
    if (!state.joinsRows) return;
    state.joinsRows = false;
    state.tally.notRowWise = true;
    state.entity.onNotRowWise();
  }

  function refused(lane: Lane, requests: readonly Pending[], error: unknown): void {
    const refusal = asRefusal(error);
    if (refusal.reason === 'not-sent') {
      for (const request of requests) giveBack(request, lane, refusal);
      return;
    }
    // The fault may be of one of them alone. The lane lives, so that it may see them again.
    if (requests.length > 1 && JUDGED.has(refusal.reason)) {
      tryAlone(requests);
      return;
    }
    for (const request of requests) owner.failed(request, refusal, lane.kind);
  }

  function tryAlone(requests: readonly Pending[]): void {
    for (const request of requests) {
      if (request.phase === 'over') continue;
      request.isAlone = true;
      waitAgain(request);
      keep(request, again);
    }
  }

  function waitAgain(request: Pending): void {
    free(request);
    request.phase = 'waiting';
  }

  /** Once to another lane: the model has seen nothing of it. */
  function giveBack(request: Pending, lane: Lane, refusal: AppError): void {
    if (request.phase === 'over') return;
    if (request.wasReturned) {
      owner.failed(request, refusal, lane.kind);
      return;
    }
    request.wasReturned = true;
    waitAgain(request);
    const { fallback, queue } = request.state;
    if (fallback === undefined || queue !== self) {
      keep(request, again);
      return;
    }
    if (!request.state.entity.fallbackJoins) request.isAlone = true;
    const full = fallback.add(request);
    if (full !== undefined) owner.failed(request, full, lane.kind);
  }

  const self: LaneQueue = {
    add(request) {
      const full = whyFull(request);
      if (full !== undefined) return full;
      if (lanes.lanes.length === 0) {
        if (coldSince === undefined) {
          coldSince = owner.now();
          request.state.tally.coldStarts += 1;
        }
        lanes.wake();
        if (lanes.lanes.length === 0 && lanes.failure !== undefined) return lanes.failure;
      }
      keep(request, waiting);
      plan();
      return undefined;
    },
    remove: forget,
    release(request) {
      free(request);
      plan();
    },
    retain() {
      users += 1;
    },
    letGo() {
      users -= 1;
      if (users > 0) return false;
      stopListening();
      clearTimeout(lingering);
      clearImmediate(planned);
      return true;
    },
  };

  function whyFull({ request, state }: Pending): AppError | undefined {
    const { name, maxWaiting } = state.route.route;
    const most = lanes.lanes.length === 0 ? COLD_WAITING : maxWaiting;
    const bytes = request.body.length;
    if (waiting.size + again.size >= most.requests) return tooMany(name, `limit ${most.requests}`);
    if (waitingBytes + bytes > most.bytes) return tooMany(name, `limit ${most.bytes} bytes`);
    return owner.waitingBytes.total + bytes > owner.waitingBytes.limit
      ? tooMany(name, `limit ${owner.waitingBytes.limit} bytes for all endpoints`)
      : undefined;
  }

  /** Half of those who wait have been answered by then. */
  function retryAfterS(): number {
    if (lanes.lanes.length === 0) return COLD_RETRY_S;
    const waitingMs = ((waiting.size + again.size) * laneMs) / lanes.lanes.length;
    return Math.min(LONGEST_RETRY_S, Math.max(1, Math.ceil(waitingMs / 2 / 1000)));
  }

  function tooMany(name: string, limit: string): AppError {
    const seconds = retryAfterS();
    return new AppError(
      'LimitExceeded',
      `Too many requests wait for '${name}' (${limit}): try again in ${secondsText(seconds)}.`,
      { retryAfterS: seconds },
    );
  }

  return self;
}

const first = (requests: Set<Pending>): Pending | undefined => requests.values().next().value;

/** Reasons of lanes that have seen the batch and live. */
const JUDGED: ReadonlySet<string | undefined> = new Set([
  'model-raised',
  'input-unusable',
  'answer-unusable',
  'answer-too-large',
]);

const asRefusal = (error: unknown): AppError =>
  error instanceof AppError
    ? error
    : new AppError('Internal', 'The request could not be given to the model.', { cause: error });

function isJoinable({ input, state, isAlone }: Pending): boolean {
  return input.kind === 'columns' && input.joinKey !== undefined && state.joinsRows && !isAlone;
}

const joins = (head: Pending, other: Pending): boolean =>
  isJoinable(other) &&
  head.state.entity.signature === other.state.entity.signature &&
  keyOf(head) === keyOf(other);

const keyOf = ({ input }: Pending): string | undefined =>
  input.kind === 'columns' ? input.joinKey : undefined;

const rowsOf = ({ input }: Pending): number => (input.kind === 'columns' ? input.rows.rows : 0);

const fits = (rules: BatchRules, rows: number, bytes: number): boolean =>
  rows <= rules.maxRows && bytes <= rules.maxBytes;

function pack(requests: readonly Pending[]): PackedBatch {
  const [head] = requests as readonly [Pending];
  if (head.input.kind === 'program') return packRaw(head.request.content, head.request.body);
  const rows: ReadyRows[] = [];
  for (const { input } of requests) if (input.kind === 'columns') rows.push(input.rows);
  return packRows(head.state.entity.signature!, rows, head.input.params);
}

/** Whether every request has its own part of the answer. */
function isOfRequests(answer: PackedAnswer, requests: readonly Pending[]): boolean {
  if (answer.segments.length !== requests.length) return false;
  if (answer.kind === 'json') return answer.texts.length === requests.length;
  return requests.every((request, index) => answer.segments[index] === rowsOf(request));
}

/** Not because one of them failed, but because their rows could not be told apart. */
const wasRunOneByOne = (answer: PackedAnswer): boolean =>
  answer.ranOneByOne && (answer.kind !== 'json' || answer.failures.size === 0);
