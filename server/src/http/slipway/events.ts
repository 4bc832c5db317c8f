import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Access } from '../../governance/access.ts';
import { AppError, invalidArgument } from '../../kernel/errors.ts';
import type { Journal, RecordedChange } from '../../live/journal.ts';
import { mayNameCatalog, securableOf } from '../../registry/model-names.ts';
import { parseExperimentId } from '../../tracking/experiment-rules.ts';
import { stringList } from '../mlflow/fields.ts';
import type { JsonObject } from '../mlflow/json.ts';
import type { Caller } from '../mlflow/routes.ts';
import { experimentOn } from '../mlflow/targets.ts';
import type { ReadModelName } from '../model-access.ts';
import type { RawRoute, RouteDescription } from '../routes.ts';

const HEARTBEAT_MS = 15_000;
/** How long whoever has lost their credentials goes on listening at most. */
const JUDGED_EVERY_MS = 1000;
const RETRY_MS = 1000;
const MAX_STREAMS = 2000;
/** A reader that is this far behind is let go: it comes back and resumes. */
const MAX_BEHIND_BYTES = 1024 * 1024;

const STREAMS: RouteDescription = {
  summary: 'Tells changes as they happen, as server-sent events, until the reader leaves.',
  tag: 'slipway',
  parameters: [
    {
      name: 'experiment_ids',
      in: 'query',
      repeated: true,
      description: 'Whose changes; everything’s without it.',
    },
    {
      name: 'last-event-id',
      in: 'header',
      description: 'The number of the last event that was seen: the stream goes on after it.',
    },
  ],
  answers: {
    200: {
      description:
        'Events: their number (`id`), kind (`event`), and `{experiment_id, subject, keys}` as JSON (`data`).',
      types: ['text/event-stream'],
    },
  },
};

export interface LiveStreams {
  readonly routes: readonly RawRoute[];
  /** Ends every stream: their readers come back to whoever answers then, and resume. */
  end(): void;
}

/**
 * `GET /ajax-api/2.0/slipway/events?experiment_ids=1&experiment_ids=2`: server-sent events, each with the number to
 * resume from (`Last-Event-ID`), its kind as the event's name, and `{experiment_id, subject, keys}` as data. Without
 * `experiment_ids` everything is told.
 */
export function createLiveStreams(journal: Journal, readModelName: ReadModelName): LiveStreams {
  const streams = new Set<ServerResponse>();

  /** Asked for every change anew: rights come and go while somebody listens. */
  function isVisible({ kind, experimentNo, subject }: RecordedChange, access: Access): boolean {
    if (kind === 'reset') return true;
    if (experimentNo !== undefined)
      return access.decide('experiment.read', experimentOn(experimentNo)) === 'allowed';
    const name = readModelName(subject);
    // It may lie in a catalog that another process has just made, which this one does not know yet.
    if (access.catchUp !== undefined && mayNameCatalog(name)) return access.visibleModels() === 'all';
    return access.decide('model.see', securableOf(name)) === 'allowed';
  }

  async function stream(request: FastifyRequest, reply: FastifyReply, caller: Caller): Promise<void> {
    const experiments = stringList(request.query as JsonObject, 'experiment_ids').map((id) =>
      parseExperimentId(id),
    );
    const after = parseLastEventId(request);
    if (streams.size >= MAX_STREAMS) {
      throw new AppError('LimitExceeded', `There are ${MAX_STREAMS} live streams already: try again later.`);
    }
    const wanted = (change: RecordedChange) =>
      (experiments.length === 0 ||
        change.experimentNo === undefined ||
        experiments.includes(change.experimentNo)) &&
      isVisible(change, caller.access);
    const socket = reply.raw;
    const write = (text: string) => {
      socket.write(text);
      if (socket.writableLength > MAX_BEHIND_BYTES) socket.destroy();
    };
    const render = (changes: readonly RecordedChange[]) => changes.filter(wanted).map(renderChange).join('');
    const send = (text: string) => {
      if (text !== '') write(text);
    };
    const { missed, position, end } = await journal.subscribe(
      {
        onChanges: (changes) => send(render(changes)),
        // Its reader comes back, and resumes after the last that was sent.
        onLost: () => socket.end(),
      },
      after,
    );
    let first: string;
    try {
      // Before the position is told: whoever could not be told what they missed must ask for it again.
      first = render(missed);
    } catch (error) {
      end();
      throw error;
    }
    reply.hijack();
    streams.add(socket);
    const heartbeat = setInterval(() => write(': still here\n\n'), HEARTBEAT_MS);
    const judging = setInterval(() => {
      request.judgeAgain?.().catch((error: unknown) => {
        // While the database is away nothing is told, and nobody's rights are known.
        if (!(error instanceof AppError) || error.code !== 'Unavailable') socket.end();
      });
    }, JUDGED_EVERY_MS);
    socket.on('close', () => {
      clearInterval(heartbeat);
      clearInterval(judging);
      end();
      streams.delete(socket);
    });
    socket.writeHead(200, {
      ...(reply.getHeaders() as OutgoingHttpHeaders),
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      // Proxies of the nginx kind hold answers back otherwise.
      'x-accel-buffering': 'no',
    });
    write(`retry: ${RETRY_MS}\nid: ${position}\n\n`);
    send(first);
  }

  return {
    routes: ['/api/2.0/slipway/events', '/ajax-api/2.0/slipway/events'].map((path) => ({
      method: 'GET',
      path,
      access: 'filtered',
      description: STREAMS,
      handle: stream,
    })),
    end() {
      for (const socket of streams) socket.end();
    },
  };
}

function renderChange(change: RecordedChange): string {
  const data = JSON.stringify({
    ...(change.experimentNo !== undefined && { experiment_id: String(change.experimentNo) }),
    ...(change.subject !== '' && { subject: change.subject }),
    ...(change.keys.length > 0 && { keys: change.keys }),
  });
  return `id: ${change.changeNo}\nevent: ${change.kind}\ndata: ${data}\n\n`;
}

function parseLastEventId(request: FastifyRequest): number | undefined {
  const text = request.headers['last-event-id'];
  if (text === undefined || text === '') return undefined;
  if (typeof text !== 'string' || !/^\d{1,15}$/.test(text)) {
    throw invalidArgument('Last-Event-ID is a number that an event of this stream had.', {
      field: 'Last-Event-ID',
    });
  }
  return Number(text);
}
