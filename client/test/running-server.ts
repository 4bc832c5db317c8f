import { afterAll, beforeAll } from 'vitest';
import { type ServerProcess, startServer } from '../../tools/server-process.mjs';
import { SlipwayClient } from '../src/index.ts';

/** A server for the tests of one file, and a client of it. */
export function runningServer(options: { readonly args?: string[]; readonly env?: NodeJS.ProcessEnv } = {}): {
  readonly url: string;
  readonly client: SlipwayClient;
} {
  let server: ServerProcess | undefined;
  beforeAll(async () => {
    server = await startServer(options);
  });
  afterAll(async () => {
    await server?.stop();
  });
  const url = () => {
    if (server === undefined) throw new Error('the server runs while tests do');
    return server.url;
  };
  return {
    get url() {
      return url();
    },
    get client() {
      return new SlipwayClient({ baseUrl: url() });
    },
  };
}

let names = 0;
/** A name that no other test of this process takes. */
export const newName = (kind: string): string => {
  names += 1;
  return `${kind}-${names}`;
};
