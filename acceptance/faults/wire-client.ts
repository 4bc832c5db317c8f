import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const ANSWER_TIMEOUT_MS = 20_000;
const PAUSE_MS = 25;
const API = '/api/2.0/mlflow';

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** What went wrong before a request succeeded, by kind: `503`, `ECONNRESET`… */
export type Refusals = Map<string, number>;

/** One caller with one connection, which sends a request again until it is answered, as MLflow's clients do. */
export class WireClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #url: string;
  readonly #refusals: Refusals;

  constructor(url: string, refusals: Refusals = new Map()) {
    this.#url = url;
    this.#refusals = refusals;
  }

  /** One attempt. Rejects when the connection breaks. `body` goes as JSON, for GET as a query string. */
  send(method: string, path: string, body: Record<string, unknown>): Promise<Answer> {
    const query = method === 'GET' ? `?${new URLSearchParams(body as Record<string, string>)}` : '';
    const payload = method === 'GET' ? '' : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const sent = request(
        `${this.#url}${API}/${path}${query}`,
        {
          method,
          agent: this.#agent,
          timeout: ANSWER_TIMEOUT_MS,
          headers: {
            'content-type': 'application/json',
            ...(payload !== '' && { 'content-length': Buffer.byteLength(payload) }),
          },
        },
        (answer) => readAnswer(answer).then(resolve, reject),
      );
      sent.on('timeout', () => sent.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })));
      sent.on('error', reject);
      sent.end(payload);
    });
  }

  /** Sends until the answer is 200. A refusal other than 503 is an error: nobody sends that again. */
  async post(path: string, body: Record<string, unknown>): Promise<Record<string, unknown>> {
    const deadline = Date.now() + 60_000;
    while (Date.now() < deadline) {
      try {
        const answer = await this.send('POST', path, body);
        if (answer.status === 200) return answer.body;
        this.#count(String(answer.status));
        if (answer.status !== 503)
          throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === undefined) throw error;
        this.#count(code);
      }
      await sleep(PAUSE_MS);
    }
    throw new Error(`${path}: no success within a minute`);
  }

  async get(path: string, query: Record<string, string>): Promise<Record<string, unknown>> {
    const answer = await this.send('GET', path, query);
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  close(): void {
    this.#agent.destroy();
  }

  #count(kind: string): void {
    this.#refusals.set(kind, (this.#refusals.get(kind) ?? 0) + 1);
  }
}

async function readAnswer(answer: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return {
    status: answer.statusCode ?? 0,
    body: JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>,
  };
}
