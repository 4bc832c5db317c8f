import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { compose } from '../compose.ts';
import { readConfig } from '../config.ts';

it('closes at once although somebody is connected who asks nothing', async () => {
  const home = mkdtempSync(join(tmpdir(), 'slipway-close-'));
  const program = await compose(readConfig(['--home', home, '--log-level', 'silent'], {}));
  await program.server.listen({ port: 0, host: '127.0.0.1' });
  const { port } = program.server.server.address() as AddressInfo;
  const silent = connect(port, '127.0.0.1');
  await once(silent, 'connect');
  const accepted = await fetch(`http://127.0.0.1:${port}/health`);
  expect(accepted.status).toBe(200);
  const ended = once(silent, 'close');
  const startedAt = performance.now();
  await program.close();
  expect(performance.now() - startedAt).toBeLessThan(5000);
  await ended;
  rmSync(home, { recursive: true });
});
