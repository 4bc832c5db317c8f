import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { notFound, unavailable } from '../../kernel/errors.ts';
import type { Gateway } from '../../serving/gateway/gateway-port.ts';
import { type RenderedFailure, renderScoringFailure } from './answers.ts';
import { callScoring } from './scoring-call.ts';

export interface ScoringServerOptions {
  readonly gateway: Gateway;
  /** The one endpoint that is served. */
  readonly endpoint: string;
  /** What `/version` says: the MLflow that the model's environment has. */
  readonly version: () => string;
  /** Whether anything lives that can answer; whoever watches over the program asks `/ping`. */
  readonly isReady: () => boolean;
}

type Look = Pick<RenderedFailure, 'status' | 'body'>;

const NOT_READY: Look = renderScoringFailure(unavailable('No process with the model lives at the moment.'));

/**
 * The addresses of MLflow's own scoring server, answered as it does, for programs that serve one model to whoever reaches
 * them: no identities, no other address.
 */
export function createScoringListener(options: ScoringServerOptions): RequestListener {
  const { gateway, endpoint } = options;
  const health = (): Look => (options.isReady() ? { status: 200, body: '\n' } : NOT_READY);
  const looks: Readonly<Record<string, () => Look>> = {
    '/ping': health,
    '/health': health,
    '/version': () => ({ status: 200, body: options.version() }),
  };

  async function invoke(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const route = gateway.table.find(endpoint);
    if (route === undefined) {
      request.resume();
      const { status, body } = renderScoringFailure(notFound('No model is served yet.'));
      send(response, status, body);
      return;
    }
    const answer = await callScoring(request, response, {
      gateway,
      route,
      entity: undefined,
      requester: undefined,
    });
    const length = Buffer.byteLength(answer.body);
    // With its length the answer leaves in one write.
    response.writeHead(answer.status, {
      ...answer.headers,
      'content-type': answer.contentType,
      'content-length': length,
    });
    response.end(answer.body);
  }

  return (request, response) => {
    const { method = '', url = '' } = request;
    const path = url.split('?', 1)[0]!;
    const look = looks[path];
    if (path === '/invocations' && method === 'POST') {
      void invoke(request, response);
      return;
    }
    request.resume();
    if (look === undefined && path !== '/invocations') send(response, 404, '{"detail":"Not Found"}');
    else if (look !== undefined && method === 'GET') {
      const { status, body } = look();
      send(response, status, body);
    } else {
      response.setHeader('allow', look === undefined ? 'POST' : 'GET');
      send(response, 405, method === 'HEAD' ? '' : '{"detail":"Method Not Allowed"}');
    }
  };
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}
