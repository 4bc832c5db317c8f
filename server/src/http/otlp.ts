import { isUtf8 } from 'node:buffer';
import { promisify } from 'node:util';
import { gunzip, inflate, inflateRaw } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError, invalidArgument } from '../kernel/errors.ts';
import { readOtlpJson } from '../traces/otlp-json.ts';
import { readOtlpProtobuf } from '../traces/otlp-protobuf.ts';
import { traceIdOf } from '../traces/span-content.ts';
import type { SpanLog } from '../traces/span-log.ts';
import { parseExperimentId } from '../tracking/experiment-rules.ts';
import type { Caller } from './mlflow/routes.ts';
import { experimentTarget, type Targets } from './mlflow/targets.ts';
import { requireOn } from './route-access.ts';
import type { RawCall, RawRoute, RouteDescription } from './routes.ts';
import { readWholeBody } from './whole-body.ts';

/** The largest body, as it comes and as it is unpacked: a few MB of it could otherwise unpack to gigabytes. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

const EXPERIMENT_HEADER = 'x-mlflow-experiment-id';
const RUN_HEADER = 'x-mlflow-run-id';
const PROTOBUF = 'application/x-protobuf';
const JSON_TYPE = 'application/json';

const RECEIVES: RouteDescription = {
  summary: 'Stores spans sent over OTLP/HTTP: all of a request, or none.',
  tag: 'otlp',
  parameters: [
    { name: EXPERIMENT_HEADER, in: 'header', required: true, description: 'The experiment they belong to.' },
    { name: RUN_HEADER, in: 'header', description: 'The run that made them.' },
    { name: 'content-encoding', in: 'header', description: '`gzip`, `deflate` or `identity`.' },
  ],
  body: {
    description: 'An ExportTraceServiceRequest, of up to 64 MiB when it is unpacked.',
    types: [PROTOBUF, JSON_TYPE],
  },
  answers: {
    200: {
      description: 'An empty ExportTraceServiceResponse, in the form of the request.',
      types: [PROTOBUF, JSON_TYPE],
    },
  },
};

/**
 * `POST /v1/traces`: spans over OTLP/HTTP, in protobuf or JSON, plain, gzipped or deflated. A request's spans are stored
 * all or none. Source: https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
export function otlpRoutes(spanLog: SpanLog, targets: Targets): readonly RawRoute[] {
  async function receive(request: FastifyRequest, reply: FastifyReply, caller: Caller): Promise<unknown> {
    const mediaType = (request.headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase();
    if (mediaType !== PROTOBUF && mediaType !== JSON_TYPE) {
      throw invalidArgument(
        `Invalid Content-Type: '${mediaType.slice(0, 100)}'. Expected: ${PROTOBUF} or ${JSON_TYPE}.`,
        { field: 'Content-Type' },
      );
    }
    const experimentNo = experimentOf(request);
    const body = await unpacked(
      await readWholeBody(request, MAX_BODY_BYTES, tooLarge),
      header(request, 'content-encoding'),
    );
    const received = mediaType === PROTOBUF ? readOtlpProtobuf(body) : readOtlpJson(textOf(body));
    if (received.length === 0) throw invalidArgument('Invalid OpenTelemetry format - no spans found.');
    // A trace that is there already stays in its experiment, whichever the header names.
    const traceIds = received.flatMap(({ spans }) => spans.map(({ traceId }) => traceIdOf(traceId)));
    if (!caller.access.principal.isAdmin) {
      const known = await targets.ofKnownTraces([...new Set(traceIds)]);
      requireOn(caller.access, 'experiment.edit', known);
    }
    await spanLog.log({ experimentNo, runId: header(request, RUN_HEADER), received });
    return mediaType === PROTOBUF
      ? reply.type(PROTOBUF).send(Buffer.alloc(0))
      : reply.type(JSON_TYPE).send('{}');
  }

  return [
    {
      method: 'POST',
      path: '/v1/traces',
      access: [
        {
          action: 'experiment.edit',
          target: ({ request }: RawCall) => experimentTarget(experimentOf(request)),
        },
        {
          action: 'experiment.edit',
          target: ({ request }: RawCall) => {
            const runId = header(request, RUN_HEADER);
            return runId === undefined ? [] : targets.runTarget(runId);
          },
        },
      ],
      description: RECEIVES,
      handle: receive,
    },
  ];
}

/** @throws AppError InvalidArgument where no header names the experiment. */
function experimentOf(request: FastifyRequest): number {
  const experimentId = header(request, EXPERIMENT_HEADER);
  if (experimentId !== undefined) return parseExperimentId(experimentId, EXPERIMENT_HEADER);
  throw invalidArgument(
    `Missing the header '${EXPERIMENT_HEADER}': it says which experiment the spans belong to.`,
    { field: EXPERIMENT_HEADER },
  );
}

function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

const tooLarge = () =>
  new AppError(
    'PayloadTooLarge',
    `The spans are more than ${MAX_BODY_BYTES} bytes: send them in several requests.`,
  );

const limited = { maxOutputLength: MAX_BODY_BYTES };

async function unpacked(body: Buffer, encoding: string | undefined): Promise<Buffer> {
  switch (encoding?.toLowerCase()) {
    case undefined:
    case 'identity':
      return body;
    case 'gzip':
      return unpack('gzip', () => promisify(gunzip)(body, limited));
    case 'deflate':
      // Some clients send the bare stream, without zlib's header.
      return unpack('deflate', () =>
        (body[0]! & 0x0f) === 8 && body.readUInt16BE(0) % 31 === 0
          ? promisify(inflate)(body, limited)
          : promisify(inflateRaw)(body, limited),
      );
    default:
      throw invalidArgument(
        `Unsupported Content-Encoding: ${encoding!.slice(0, 100)}. Send gzip, deflate or none.`,
        {
          field: 'Content-Encoding',
        },
      );
  }
}

async function unpack(name: string, run: () => Promise<Buffer>): Promise<Buffer> {
  try {
    return await run();
  } catch (cause) {
    if ((cause as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge();
    throw invalidArgument(`Failed to decompress ${name} payload.`, { cause });
  }
}

function textOf(body: Buffer): string {
  if (!isUtf8(body)) throw invalidArgument('Invalid OpenTelemetry format: the body is not valid UTF-8.');
  return body.toString('utf8');
}
