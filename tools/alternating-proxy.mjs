// Passes each request to the next of several servers, so that a client never meets the same one twice in a row.
// What one server kept to itself then shows at once: as a thing that is missing, or as it was before.
import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import { pipeline } from 'node:stream/promises';

/**
 * @typedef {object} AlternatingProxy
 * @property {string} url
 * @property {() => number[]} counts the requests that each server got
 * @property {() => Promise<void>} stop
 */

/**
 * Listens on a free port of loopback. The host that the caller asked for is passed on, as links are made of it.
 * @param {readonly string[]} targets addresses of servers
 * @returns {Promise<AlternatingProxy>}
 */
export async function startAlternatingProxy(targets) {
  const counts = targets.map(() => 0);
  let turn = 0;
  const server = createServer((incoming, answer) => {
    const index = turn % targets.length;
    turn += 1;
    counts[index] = (counts[index] ?? 0) + 1;
    const target = new URL(incoming.url ?? '/', targets[index]);
    const outgoing = httpRequest({
      host: target.hostname,
      port: target.port,
      path: incoming.url,
      method: incoming.method,
      headers: incoming.headers,
    });
    outgoing.on('response', (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      // Whichever side breaks off, the other one is to see it break.
      pipeline(response, answer).catch(() => answer.destroy());
    });
    outgoing.on('error', () => answer.destroy());
    answer.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  return {
    url: `http://127.0.0.1:${address.port}`,
    counts: () => [...counts],
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
