import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** What may stand in a log line and a header as it came: long enough for UUIDs and trace contexts. */
const SANE = /^[\w.:+/=@-]{1,128}$/;

/**
 * The id of each request: one that this process gives once, so that nobody can give a request the id of another; and
 * behind a slash the caller's own (`X-Request-Id`), so that its logs and ours can be read side by side.
 */
export function createRequestIds(): (request?: IncomingMessage) => string {
  const prefix = randomBytes(4).toString('hex');
  let requests = 0;
  return (request) => {
    requests += 1;
    const id = `${prefix}-${requests}`;
    const given = request?.headers['x-request-id'];
    return typeof given === 'string' && SANE.test(given) ? `${id}/${given}` : id;
  };
}
