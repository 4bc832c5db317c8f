import { type Connection, openConnection, prepareRequest } from '../load/connection.ts';

const API = '/api/2.0/mlflow';

/** Sends one request and returns the parsed answer. @throws when the status is not 200. */
export async function call(connection: Connection, request: Buffer): Promise<unknown> {
  const { status, body } = await connection.exchange(request, { keepBody: true });
  if (status !== 200) {
    const line = request.subarray(0, request.indexOf('\r')).toString();
    throw new Error(`${line} was answered ${status}: ${body.subarray(0, 500).toString()}`);
  }
  return JSON.parse(body.toString());
}

export const post = (connection: Connection, path: string, body: object): Promise<unknown> =>
  call(connection, prepareRequest('POST', `${API}/${path}`, JSON.stringify(body)));

/** Does `work` for the numbers 0 … `count` - 1 on several connections at once. */
export async function inParallel(
  port: number,
  count: number,
  work: (connection: Connection, index: number) => Promise<void>,
  connections = 16,
): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: Math.min(connections, count) }, async () => {
      const connection = openConnection(port);
      try {
        for (let index = next++; index < count; index = next++) await work(connection, index);
      } finally {
        connection.close();
      }
    }),
  );
}
