import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const PAUSE_MS = 25;

/** One row of the iris: the first version of the model says 0, the second one 10. */
export const IRIS_ROW = JSON.stringify({
  dataframe_split: {
    columns: ['sepal length (cm)', 'sepal width (cm)', 'petal length (cm)', 'petal width (cm)'],
    data: [[5.1, 3.5, 1.4, 0.2]],
  },
});

export const toDo = (...what: readonly string[]): string =>
  JSON.stringify({ dataframe_split: { columns: ['do'], data: what.map((each) => [each]) } });

export interface Scored {
  readonly status: number;
  readonly text: string;
  readonly requestId: string;
  readonly entity: string;
  readonly retryAfter: string | undefined;
}

/** Asks endpoints over connections that it keeps. */
export class ScoringClient {
  readonly #agent: Agent;
  readonly #url: string;

  constructor(url: string, connections: number) {
    this.#url = url;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** Rejects when the connection breaks before the answer is there. */
  ask(endpoint: string, body: string, { timeoutMs = 120_000 } = {}): Promise<Scored> {
    return new Promise((resolve, reject) => {
      const sent = request(
        `${this.#url}/serving-endpoints/${endpoint}/invocations`,
        {
          method: 'POST',
          agent: this.#agent,
          timeout: timeoutMs,
          headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
        },
        (answer) => {
          const pieces: Buffer[] = [];
          answer.on('data', (piece: Buffer) => pieces.push(piece));
          answer.on('error', reject);
          answer.on('end', () => {
            if (!answer.complete) {
              reject(new Error('the answer broke off'));
              return;
            }
            resolve({
              status: answer.statusCode ?? 0,
              text: Buffer.concat(pieces).toString('utf8'),
              requestId: String(answer.headers['x-request-id']),
              entity: String(answer.headers['served-model-name']),
              retryAfter: answer.headers['retry-after'],
            });
          });
        },
      );
      sent.on('timeout', () => sent.destroy(new Error('no answer')));
      sent.on('error', reject);
      sent.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

export interface Load {
  readonly answered: () => number;
  /** Connections that broke before an answer had come. */
  readonly broken: () => number;
  stop(): Promise<void>;
}

/** So many callers, each of whom asks again when it was answered. One whose connection broke comes back in a moment. */
export function startLoad(
  url: string,
  options: {
    readonly endpoint: string;
    readonly body: string;
    readonly callers: number;
    onAnswer(answer: Scored): void;
  },
): Load {
  const { endpoint, body, callers, onAnswer } = options;
  const client = new ScoringClient(url, callers);
  let answered = 0;
  let broken = 0;
  let stopping = false;
  const all = Array.from({ length: callers }, async () => {
    while (!stopping) {
      let answer: Scored | undefined;
      try {
        answer = await client.ask(endpoint, body);
      } catch {
        broken += 1;
        await sleep(PAUSE_MS);
        continue;
      }
      answered += 1;
      onAnswer(answer);
      if (answer.status !== 200) await sleep(PAUSE_MS);
    }
  });
  return {
    answered: () => answered,
    broken: () => broken,
    async stop() {
      stopping = true;
      await Promise.all(all);
      client.close();
    },
  };
}
