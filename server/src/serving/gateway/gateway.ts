import type { Clock } from '../../kernel/clock.ts';
import { AppError, notFound, unavailable } from '../../kernel/errors.ts';
import type { PackedAnswer, SegmentFailure } from '../scoring/columns.ts';
import type { ReadInput } from '../scoring/read-input.ts';
import { renderAnswers } from '../scoring/render-answer.ts';
import { modelRaised, reasonOf } from '../scoring/scoring-errors.ts';
import { createEndpointCounters } from './endpoint-counters.ts';
import type {
  AnsweredRequest,
  Gateway,
  RenderFailure,
  RoutingTable,
  ScoringAnswer,
  ScoringCall,
  ScoringRequest,
} from './gateway-port.ts';
import type { LaneKind, LaneSet, Route } from './lane.ts';
import { createLaneQueue, type LaneQueue, type LaneQueueOwner } from './lane-queue.ts';
import { Pending } from './pending.ts';
import { createRouteState, type EntityState, type RouteState } from './route-state.ts';

export interface GatewayDependencies {
  readonly clock: Clock;
  /** Milliseconds of a clock that nobody sets. */
  readonly steadyMs: () => number;
  /** 32 random bits, for the traffic split of a route. */
  readonly seed: () => number;
  readonly renderFailure: RenderFailure;
  /** What a model's exception, or a bad answer, says: for the log alone. */
  readonly onModelFailure: (requestId: string, endpoint: string, error: AppError) => void;
  /** Of requests that wait, over all endpoints. */
  readonly maxWaitingBytes?: number;
  /** Hears of each request when it has been answered; undefined where nobody wants to. */
  readonly onAnswered?: ((request: AnsweredRequest) => void) | undefined;
}

const MAX_WAITING_BYTES = 512 * 2 ** 20;

export function createGateway(dependencies: GatewayDependencies): Gateway {
  const { clock, steadyMs, renderFailure, onAnswered } = dependencies;
  const counters = createEndpointCounters();
  const states = new Map<Route, RouteState>();
  const byName = new Map<string, Route>();
  const byId = new Map<string, Route>();
  const retired = new WeakSet<Route>();
  const queues = new Map<LaneSet, LaneQueue>();
  const ended = new AbortController();
  const owner: LaneQueueOwner = {
    now: steadyMs,
    signal: ended.signal,
    waitingBytes: { total: 0, limit: dependencies.maxWaitingBytes ?? MAX_WAITING_BYTES },
    answered,
    failed,
  };
  let isClosing = false;

  // ---- answers

  function answered(requests: readonly Pending[], answer: PackedAnswer, lane: LaneKind): void {
    let bodies: readonly string[];
    try {
      bodies = renderAnswers(answer);
    } catch (error) {
      for (const request of requests) failed(request, error as AppError, lane);
      return;
    }
    for (let i = 0; i < requests.length; i += 1) {
      const request = requests[i]!;
      const failure = answer.kind === 'json' ? answer.failures.get(i) : undefined;
      if (failure !== undefined) failed(request, errorOf(failure), lane);
      else
        finish(request, {
          error: undefined,
          body: bodies[i]!,
          entity: request.state.entity,
          lane,
          ignored: request.input.ignored,
        });
    }
  }

  function failed(request: Pending, error: AppError, lane: LaneKind | undefined): void {
    if (request.phase === 'over') return;
    finish(request, { error: shownError(request, error), entity: request.state.entity }, lane);
  }

  /** A model's exception may hold anything: its words go to the log, the caller gets the request's id. */
  function shownError(request: Pending, error: AppError): AppError {
    const { id, route } = request.request;
    if (error.reason === 'model-raised') {
      dependencies.onModelFailure(id, route.name, error);
      return modelRaised(id);
    }
    if (error.code === 'Internal') dependencies.onModelFailure(id, route.name, error);
    if (error.reason === 'input-unusable')
      return new AppError('InvalidArgument', error.message, { reason: reasonOf(error.details?.error) });
    if (error.reason === 'answer-too-large') return new AppError('Internal', error.message);
    if (error.reason === 'answer-unusable')
      return new AppError(
        'Internal',
        `The model's answer cannot be sent. See the endpoint's log, request ${id}.`,
      );
    return error;
  }

  function finish(request: Pending, answer: ScoringAnswer, lane?: LaneKind): void {
    if (request.phase === 'over') return;
    end(request);
    const tookMs = steadyMs() - request.arrivedAt;
    const seconds = tookMs / 1000;
    const rendered = answer.error === undefined ? undefined : renderFailure(answer.error);
    const status = rendered?.status ?? 200;
    const ranOn = answer.error === undefined ? answer.lane : lane;
    request.state.tally.answered(ranOn ?? 'none', status, seconds);
    onAnswered?.({
      request: request.request,
      entity: request.state.entity,
      lane: ranOn,
      status,
      error: answer.error,
      arrivedMs: request.timestampMs,
      waitedMs: request.sentAt === undefined ? undefined : request.sentAt - request.arrivedAt,
      tookMs,
      batchRequests: request.batchRequests,
    });
    if (status === 429 || !request.state.route.isSampled()) {
      request.done(answer);
      return;
    }
    const body = answer.error === undefined ? answer.body : rendered!.body;
    record(request, answer, { status, body, seconds });
  }

  /** The answer leaves when its row is written; in `best-effort` also when it is not. */
  function record(
    { request, state, timestampMs, done }: Pending,
    answer: ScoringAnswer,
    { status, body, seconds }: { readonly status: number; readonly body: string; readonly seconds: number },
  ): void {
    const { log, mode, samplingFraction } = state.route.route.log!;
    const written = log.append({
      requestId: request.id,
      timestampMs,
      executionUs: Math.round(seconds * 1e6),
      status,
      clientRequestId: clientRequestIdOf(request),
      requester: request.requester,
      samplingFraction,
      request: request.body,
      response: body,
      entity: state.logged,
    });
    written.then(
      () => done(answer),
      (error: unknown) =>
        done(mode === 'best-effort' ? answer : { error: asAppError(error), entity: state.entity }),
    );
  }

  /** The request takes no place any more. */
  function end(request: Pending): void {
    const { state, phase } = request;
    const { route } = state;
    request.phase = 'over';
    if (phase === 'waiting') {
      state.queue.remove(request);
      state.fallback?.remove(request);
    } else if (phase === 'running') queueOfRequest(request).release(request);
    route.open.delete(request);
    if (route.open.size === 0 && route.whenEmpty.length > 0)
      for (const resolve of route.whenEmpty.splice(0)) resolve();
  }

  // ---- deadlines

  /** One timer a route: its requests are overdue in the order in which they came. */
  function watchDeadlines(route: RouteState): void {
    if (route.timer !== undefined) return;
    const [oldest] = route.open;
    if (oldest === undefined) return;
    route.timer = setTimeout(
      () => {
        route.timer = undefined;
        const now = steadyMs();
        for (const request of route.open) {
          if (request.deadlineAt > now) break;
          failed(request, overdue(), undefined);
        }
        watchDeadlines(route);
      },
      Math.max(1, Math.ceil(oldest.deadlineAt - steadyMs())),
    );
    // Whoever waits for an answer has a connection open, and that is reason enough to live.
    route.timer.unref();
  }

  // ---- requests

  function queueOfRequest({ state, input, wasReturned }: Pending): LaneQueue {
    if (state.fallback === undefined) return state.queue;
    return wasReturned || needsOriginal(input) ? state.fallback : state.queue;
  }

  /**
   * While its body came, the route that a request was for may have been replaced: its successor answers. A route that
   * never was in the table is one that is being tried.
   */
  function currentState(route: Route): RouteState | undefined {
    const current = byId.get(route.endpointId);
    if (current !== undefined) return states.get(current);
    if (retired.has(route)) return undefined;
    const state = createRouteState(route, { counters, seed: dependencies.seed, queueOf });
    states.set(route, state);
    setImmediate(() => void retire(route));
    return state;
  }

  function refusalOf(state: RouteState | undefined, { requester, route }: ScoringRequest) {
    if (isClosing) return unavailable('The server is shutting down; try again in a moment.');
    if (state === undefined) return notFound(`There is no serving endpoint '${route.name}'.`);
    return state.refuse(requester, steadyMs()) ?? refusalOfLog(state.route);
  }

  function answer(request: ScoringRequest, done: (answer: ScoringAnswer) => void): ScoringCall {
    const state = states.get(request.route) ?? currentState(request.route);
    const refused = refusalOf(state, request);
    if (refused !== undefined) return answerAt(request, done, refused);
    const served = request.entity === undefined ? state!.next() : state!.byName.get(request.entity);
    if (served === undefined) return answerAt(request, done, noEntity(request));
    return accept(request, done, served);
  }

  function answerAt(
    request: ScoringRequest,
    done: (answer: ScoringAnswer) => void,
    error: AppError,
  ): ScoringCall {
    onAnswered?.({
      request,
      entity: undefined,
      lane: undefined,
      status: renderFailure(error).status,
      error,
      arrivedMs: clock.nowMs(),
      waitedMs: undefined,
      tookMs: 0,
      batchRequests: 0,
    });
    done({ error, entity: undefined });
    return { leave: () => undefined };
  }

  function accept(
    request: ScoringRequest,
    done: (answer: ScoringAnswer) => void,
    state: EntityState,
  ): ScoringCall {
    const arrivedAt = steadyMs();
    const timestampMs = clock.nowMs();
    state.tally.lastRequestMs = timestampMs;
    let input: ReadInput = UNREAD;
    let error: AppError | undefined;
    try {
      input = state.read(request.content, request.body);
    } catch (thrown) {
      error = asAppError(thrown);
    }
    const deadlineAt = arrivedAt + state.route.route.deadlineMs;
    const pending = new Pending(request, done, { state, input, timestampMs, arrivedAt, deadlineAt });
    state.route.open.add(pending);
    if (error === undefined) {
      const queue = queueOfRequest(pending);
      if (queue === state.fallback && !state.entity.fallbackJoins) pending.isAlone = true;
      error = queue.add(pending);
    }
    if (error !== undefined) failed(pending, error, undefined);
    else watchDeadlines(state.route);
    return {
      leave() {
        if (pending.phase !== 'over') end(pending);
      },
    };
  }

  // ---- routes

  function queueOf(lanes: LaneSet): LaneQueue {
    const queue = queues.get(lanes) ?? createLaneQueue(lanes, owner);
    queues.set(lanes, queue);
    queue.retain();
    return queue;
  }

  function put(route: Route): Promise<void> {
    const earlier = byId.get(route.endpointId);
    if (earlier !== undefined) {
      byName.delete(earlier.name);
      retired.add(earlier);
    }
    states.set(route, createRouteState(route, { counters, seed: dependencies.seed, queueOf }));
    byName.set(route.name, route);
    byId.set(route.endpointId, route);
    return retire(earlier);
  }

  function remove(endpointId: string): Promise<void> {
    const earlier = byId.get(endpointId);
    if (earlier === undefined) return Promise.resolve();
    byName.delete(earlier.name);
    byId.delete(endpointId);
    retired.add(earlier);
    return retire(earlier);
  }

  async function retire(route: Route | undefined): Promise<void> {
    const state = route === undefined ? undefined : states.get(route);
    if (route === undefined || state === undefined) return;
    await emptied(state);
    states.delete(route);
    clearTimeout(state.timer);
    for (const { entity } of state.entities) {
      dropQueue(entity.lanes);
      if (entity.fallback !== undefined) dropQueue(entity.fallback);
    }
  }

  function dropQueue(lanes: LaneSet): void {
    if (queues.get(lanes)?.letGo() === true) queues.delete(lanes);
  }

  const table: RoutingTable = {
    find: (name) => byName.get(name),
    findById: (endpointId) => byId.get(endpointId),
    list: () => [...byId.values()],
    put,
    remove,
  };

  return {
    table,
    counters,
    answer,
    async close(drainMs) {
      isClosing = true;
      const drained = Promise.all([...states.values()].map(emptied));
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, drainMs);
      });
      await Promise.race([drained, late]);
      clearTimeout(timer);
      for (const state of states.values())
        for (const request of state.open)
          failed(request, unavailable('The server is shutting down.'), undefined);
      ended.abort();
    },
  };
}

const emptied = (state: RouteState): Promise<void> =>
  state.open.size === 0
    ? Promise.resolve()
    : new Promise((resolve) => {
        state.whenEmpty.push(resolve);
      });

const UNREAD: ReadInput = { kind: 'program', ignored: undefined };

/** What a compiled model is not asked. */
const needsOriginal = (input: ReadInput): boolean =>
  input.kind === 'program' || !input.hasDefaultParams || input.isOutsideDomain;

function refusalOfLog({ log }: Route): AppError | undefined {
  return log?.mode === 'every' ? log.log.refusal : undefined;
}

const noEntity = ({ entity, route }: ScoringRequest) =>
  notFound(`The serving endpoint '${route.name}' has no served entity '${entity ?? ''}'.`);

const overdue = () => new AppError('DeadlineExceeded', 'Request processing time exceeded limit');

function errorOf({ at, message, reason }: SegmentFailure): AppError {
  switch (at) {
    case 'input':
      return new AppError('InvalidArgument', message, { reason });
    case 'model':
      return new AppError('InvalidArgument', message, { reason: 'model-raised' });
    case 'output':
      return new AppError('Internal', message, { reason: 'answer-unusable' });
    case 'limit':
      return new AppError('Internal', message, { reason: 'answer-too-large' });
  }
}

const asAppError = (error: unknown): AppError =>
  error instanceof AppError
    ? error
    : new AppError('Internal', 'Something went wrong on our side.', { cause: error });

/** The caller's own id, which few send: the body is parsed for it only where its name occurs. */
function clientRequestIdOf({ content, body }: ScoringRequest): string | undefined {
  if (content !== 'json' || !body.includes('"client_request_id"')) return undefined;
  try {
    const value = JSON.parse(body.toString('utf8')) as Record<string, unknown> | null;
    const id = value?.client_request_id;
    return typeof id === 'string' ? id : undefined;
  } catch {
    // Bodies with bare NaN have no id that we could find.
    return undefined;
  }
}
