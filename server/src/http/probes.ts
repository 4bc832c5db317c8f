import { MLFLOW_VERSION } from './mlflow/server-facts.ts';
import type { RawRoute } from './routes.ts';

/** What probes and clients ask before anything else. */
export function probeRoutes(): readonly RawRoute[] {
  const text = (path: string, body: string): RawRoute => ({
    method: 'GET',
    path,
    privilege: 'none',
    handle: async (_request, reply) => reply.type('text/plain; charset=utf-8').send(body),
  });
  return [text('/health', 'OK'), text('/version', MLFLOW_VERSION)];
}
