import { Readable } from 'node:stream';
import { invalidArgument } from '../kernel/errors.ts';
import type { ResultLinks } from '../statements/result-links.ts';
import type { ResultFormat } from '../statements/results.ts';
import type { Statements } from '../statements/statements.ts';
import type { HolderOf } from './authenticate.ts';
import type { RawRoute } from './routes.ts';

const MEDIA_TYPES: Readonly<Record<ResultFormat, string>> = {
  JSON_ARRAY: 'application/json',
  ARROW_STREAM: 'application/vnd.apache.arrow.stream',
  CSV: 'text/csv',
};

/** Parts of results, for clients that follow the links of a statement's answer. */
export function statementFileRoutes({
  statements,
  links,
  holderOf,
}: {
  readonly statements: Pick<Statements, 'readPart'>;
  readonly links: ResultLinks;
  readonly holderOf: HolderOf;
}): readonly RawRoute[] {
  return [
    {
      method: 'GET',
      path: '/api/2.0/sql/statements/:id/result/files/:part',
      access: 'signed',
      description: {
        summary: 'Gives a part of the result of a statement, by a link that its answer held',
        tag: 'databricks',
        parameters: [
          { name: 'id', in: 'path', required: true, description: 'The statement.' },
          { name: 'part', in: 'path', required: true, description: 'The number of the part, from 0 on.' },
          { name: 'expires', in: 'query', required: true, description: 'When the link expires.' },
          {
            name: 'signature',
            in: 'query',
            required: true,
            description: 'What shows that the server made the link.',
          },
        ],
        answers: { 200: { description: 'The part.', types: Object.values(MEDIA_TYPES) } },
      },
      async handle(request, reply) {
        const { id, part: number } = request.params as { id: string; part: string };
        const { expires, signature } = request.query as Record<string, unknown>;
        if (!/^\d{1,9}$/.test(number) || typeof expires !== 'string' || typeof signature !== 'string')
          throw invalidArgument('The link is not whole: it has lost its number, its time or its signature.');
        const part = Number(number);
        links.verify({ statementId: id, part }, { expires, signature });
        const found = await statements.readPart(id, part);
        await holderOf(found.principalId);
        return reply
          .header('content-type', MEDIA_TYPES[found.format])
          .header('content-length', found.part.sizeBytes)
          .header('cache-control', 'private, no-store')
          .header('x-content-type-options', 'nosniff')
          .header('content-disposition', 'attachment')
          .send(Readable.from(found.bytes, { objectMode: false }));
      },
    },
  ];
}
