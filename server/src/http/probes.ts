import { MLFLOW_VERSION } from './mlflow/server-facts.ts';
import type { RawRoute } from './routes.ts';

/** What probes and clients ask before anything else. */
export function probeRoutes(): readonly RawRoute[] {
  const text = (path: string, body: string, summary: string): RawRoute => ({
    method: 'GET',
    path,
    access: 'open',
    description: {
      summary,
      tag: 'probes',
      answers: { 200: { description: `Such as \`${body}\`.`, types: ['text/plain'] } },
    },
    handle: async (_request, reply) => reply.type('text/plain; charset=utf-8').send(body),
  });
  return [
    text('/health', 'OK', 'Whether the server answers.'),
    text('/version', MLFLOW_VERSION, 'The version of MLflow whose protocol this is.'),
  ];
}
