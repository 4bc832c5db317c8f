import { pipeline, Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RunExport } from '../../tracking/run-export.ts';
import { chooseEncoding, createCompression } from '../compression.ts';
import { stringList } from '../mlflow/fields.ts';
import type { JsonObject } from '../mlflow/json.ts';
import type { Caller } from '../mlflow/routes.ts';
import type { Targets } from '../mlflow/targets.ts';
import type { RawRoute, RouteDescription } from '../routes.ts';
import { readListQuery } from './run-table.ts';

const DESCRIPTION: RouteDescription = {
  summary: 'All runs that match, as a table',
  tag: 'run-table',
  parameters: [
    {
      name: 'experiment_ids',
      in: 'query',
      required: true,
      repeated: true,
      description: 'The experiments of the runs.',
    },
    { name: 'filter', in: 'query', description: 'A filter on runs.' },
    { name: 'order_by', in: 'query', repeated: true, description: 'As for searches of runs.' },
    { name: 'view_type', in: 'query', description: 'ACTIVE_ONLY, DELETED_ONLY or ALL.' },
    {
      name: 'columns',
      in: 'query',
      repeated: true,
      description:
        'metrics.<key>, params.<key>, tags.<key> or attributes.<name>; without them all there are.',
    },
  ],
  answers: { 200: { description: 'One line a run, after one of names.', types: ['text/csv'] } },
};

/** `GET …/slipway/v1/run-table/export.csv`: all matching runs as a file, sent while it is read. */
export function runExportRoutes(exports: RunExport, targets: Targets): readonly RawRoute[] {
  async function send(request: FastifyRequest, reply: FastifyReply, caller: Caller): Promise<unknown> {
    const message = request.query as JsonObject;
    const text = await exports.csv({
      ...readListQuery(message, caller.access),
      columns: stringList(message, 'columns'),
      sees: targets.seesModel(caller.access),
    });
    reply.headers({
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': 'attachment; filename="runs.csv"',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      vary: 'accept-encoding',
    });
    const source = Readable.from(text, { objectMode: false });
    const header = request.headers['accept-encoding'];
    const encoding = chooseEncoding(Array.isArray(header) ? header.join(',') : header);
    if (encoding === undefined) return reply.send(source);
    const compression = createCompression(encoding);
    // An error of the source ends the file before its end, which the reader notices.
    pipeline(source, compression, () => undefined);
    return reply.header('content-encoding', encoding).send(compression);
  }
  return ['/api/', '/ajax-api/'].map((prefix) => ({
    method: 'GET',
    path: `${prefix}slipway/v1/run-table/export.csv`,
    access: 'filtered',
    description: DESCRIPTION,
    handle: send,
  }));
}
